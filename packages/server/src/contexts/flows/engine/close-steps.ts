import type { Db } from '../../../platform/index.js'
import type { FlowFailure } from './model.js'
import { query } from './statements.js'
import { failureText } from './step-states.js'
import { storedAttempt } from './step-writes.js'

const isHeld =
  '(step.child_run is not null or step.job is not null or step.approval is not null or step.wake_at is not null)'

// A step that was held waits on: what it waits for did not die with the worker.
const interrupt = `
  update flow_steps as step set
    state_type = case when ${isHeld} then 'PAUSED' else 'SCHEDULED' end,
    state_name = case when ${isHeld} then 'Suspended' else 'Resuming' end,
    earlier_attempts = case when ${isHeld} then step.earlier_attempts
      else step.earlier_attempts || ${storedAttempt('$2::text', '$3::jsonb')} end
  where run_id = any($1::text[]) and state_type = 'RUNNING' and ended_at is null`

/** The running attempts of runs that go on later are over; their steps are not. */
export const interruptSteps = (tx: Db, runs: readonly string[], state: 'crashed' | 'cancelled', error?: FlowFailure) =>
  query(tx, interrupt, [runs, state, error === undefined ? null : failureText(error)])

const close = `
  update flow_steps set
    state_type = case when state_type = 'RUNNING' then $2 else 'CANCELLED' end,
    state_name = case when state_type = 'RUNNING' then $3 else 'Cancelled' end,
    ended_at = clock_timestamp(), error = coalesce(error, $4::json)
  where run_id = any($1::text[]) and ended_at is null`

/** Ends what is open of runs that are over. */
export const closeSteps = (tx: Db, runs: readonly string[], state: 'CRASHED' | 'CANCELLED', error?: FlowFailure) =>
  query(tx, close, [
    runs,
    state,
    state === 'CRASHED' ? 'Crashed' : 'Cancelled',
    error === undefined ? null : failureText(error),
  ])

const reopen = `
  update flow_steps as step set state_type = 'SCHEDULED', state_name = 'AwaitingRetry', ended_at = null, wake_at = null, child_run = null,
    job = null, approval = null,
    earlier_attempts = step.earlier_attempts
      || ${storedAttempt(`case when state_name = 'TimedOut' then 'timed_out' when state_type = 'FAILED' then 'failed' else 'cancelled' end`, 'step.error::jsonb')}
  where run_id = $1 and (ended_at is null or state_type <> 'COMPLETED') and attempts > 0 and state_name <> 'AwaitingRetry'`

/** For another attempt of the whole run: what is done stays, the rest is begun anew. */
export const reopenSteps = (tx: Db, run: string) => query(tx, reopen, [run])
