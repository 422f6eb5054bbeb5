import type { Db } from '../../../platform/index.js'
import { releaseSlots } from '../schedules/limits.js'
import { type Claim, claimColumns, holdClaim, takenOver } from './claim.js'
import { groupWrites } from './group-writes.js'
import type { StepEnd, StepToBegin } from './model.js'
import { query, transact } from './statements.js'
import { failureText, stateOfEnd } from './step-states.js'

export interface NewStep {
  readonly claim: Claim
  readonly step: StepToBegin
  readonly position: number
}

export interface EndedStep {
  readonly claim: Claim
  readonly name: string
  readonly end: StepEnd
  readonly retryAt?: Date
}

/** Writes of the sessions of a worker: steps of all its runs that begin or end at the same time share a statement and its commit. */
export interface StepWrites {
  /** Begins a step that has no row yet; false where it has one. */
  begin(step: NewStep): Promise<boolean>
  end(step: EndedStep): Promise<void>
  /** Ends a step that holds slots of limits, or whose result is kept for equal inputs. */
  endSpecial(step: EndedStep, cache: StepToBegin['cache']): Promise<void>
}

// The share lock lets no other worker take a run over before what is written here is committed, and waits for one that does.
const held = `
  held as (
    select id, worker_id, epoch from flow_runs where id = any($1::text[]) order by id for share
  )`

const beginSteps = `
  with given as (
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[])
      with ordinality as given (run_id, worker_id, epoch, name, kind, map, position, after, place)
  ), ${held}, claimed as (
    select given.* from given join held
      on held.id = given.run_id and held.worker_id = given.worker_id and held.epoch = given.epoch
  ), written as (
    insert into flow_steps (run_id, name, kind, map, position, state_type, state_name, attempts, worker_id, started_at,
      attempt_started_at, after)
    select run_id, name, kind, map, position, 'RUNNING', 'Running', 1, worker_id, clock_timestamp(), clock_timestamp(),
      array(select json_array_elements_text(after::json))
    from claimed
    on conflict do nothing returning run_id, name
  )
  select claimed.place is not null as is_claimed, written.name is not null as is_new
  from given left join claimed using (place) left join written on written.run_id = given.run_id and written.name = given.name
  order by place`

/** Of an attempt that is over while its step is not: to be added to the earlier ones. */
export const storedAttempt = (state: string, error: string) => `
  jsonb_strip_nulls(jsonb_build_object('attempt', step.attempts, 'worker', step.worker_id, 'started_at', step.attempt_started_at,
    'ended_at', coalesce(step.ended_at, clock_timestamp()), 'state', ${state}, 'error', ${error}))`

const endSteps = `
  with given as (
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
      $10::timestamptz[]) with ordinality
      as given (run_id, worker_id, epoch, name, attempt_state, state_type, state_name, result, error, retry_at, place)
  ), ${held}, claimed as (
    select given.* from given join held
      on held.id = given.run_id and held.worker_id = given.worker_id and held.epoch = given.epoch
  ), written as (
    update flow_steps as step set
      state_type = case when retry_at is null then claimed.state_type else 'SCHEDULED' end,
      state_name = case when retry_at is null then claimed.state_name else 'AwaitingRetry' end,
      ended_at = case when retry_at is null then clock_timestamp() end,
      wake_at = retry_at,
      result = case when retry_at is null then claimed.result end,
      error = claimed.error::json,
      earlier_attempts = case when retry_at is null then step.earlier_attempts
        else step.earlier_attempts || ${storedAttempt('claimed.attempt_state', 'claimed.error::jsonb')} end
    from claimed
    where step.key = claimed.run_id || ':' || claimed.name and step.state_type in ('RUNNING', 'PAUSED')
    returning step.run_id
  )
  select claimed.place is not null as is_claimed, (select count(*) from written) as written
  from given left join claimed using (place) order by place`

const keepResult = `
  insert into flow_cache (key, result, made_by, made_at, expires_at)
  values ($1, $2, $3, clock_timestamp(), clock_timestamp() + $4 * interval '1 ms')
  on conflict (key) do update set result = excluded.result, made_by = excluded.made_by, made_at = excluded.made_at,
    expires_at = excluded.expires_at`

/** Keeps a result for equal inputs. */
export const cacheResult = (db: Db, key: string, result: string, madeBy: string, expiresMs: number) =>
  query(db, keepResult, [key, result, madeBy, expiresMs])

async function endAll(db: Db, steps: readonly EndedStep[]): Promise<readonly boolean[]> {
  const states = steps.map(({ end }) => stateOfEnd(end))
  const rows = await query<{ is_claimed: boolean }>(db, endSteps, [
    ...claimColumns(steps.map(({ claim }) => claim)),
    steps.map(({ name }) => name),
    steps.map(({ end }) => end.kind),
    states.map(({ type }) => type),
    states.map(({ name }) => name),
    steps.map(({ end }) => (end.kind === 'completed' ? end.result : null)),
    steps.map(({ end }) => (end.kind === 'completed' ? null : failureText(end.failure))),
    steps.map(({ retryAt }) => retryAt ?? null),
  ])
  return rows.map(({ is_claimed }) => is_claimed)
}

export function openStepWrites(db: Db): StepWrites {
  const begin = groupWrites(async (steps: readonly NewStep[]) => {
    const rows = await query<{ is_claimed: boolean; is_new: boolean }>(db, beginSteps, [
      ...claimColumns(steps.map(({ claim }) => claim)),
      steps.map(({ step }) => step.name),
      steps.map(({ step }) => step.kind),
      steps.map(({ step }) => step.map ?? null),
      steps.map(({ position }) => position),
      steps.map(({ step }) => JSON.stringify(step.after ?? [])),
    ])
    return rows
  })
  const end = groupWrites((steps: readonly EndedStep[]) => endAll(db, steps))
  return {
    async begin(step) {
      const { is_claimed, is_new } = await begin(step)
      if (!is_claimed) throw takenOver(step.claim.run)
      return is_new
    },
    async end(step) {
      if (!(await end(step))) throw takenOver(step.claim.run)
    },
    endSpecial: (step, cache) =>
      transact(db, async (tx) => {
        await holdClaim(tx, step.claim)
        await endAll(tx, [step])
        await releaseSlots(tx, { run: step.claim.run, step: step.name })
        if (cache !== undefined && step.end.kind === 'completed') {
          await cacheResult(tx, cache.key, step.end.result, step.claim.run, cache.expiresMs)
        }
      }),
  }
}
