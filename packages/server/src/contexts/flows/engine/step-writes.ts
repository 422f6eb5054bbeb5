import type { Db } from '../../../platform/index.js'
import { releaseSlots } from '../schedules/limits.js'
import { idempotencyKey } from './begin-again.js'
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

/** Writes of the sessions of a worker: all steps of its runs that begin or end at the same time share one statement and its commit. */
export interface StepWrites {
  /** Begins a step that has no row yet; false where it has one. */
  begin(step: NewStep): Promise<boolean>
  end(step: EndedStep): Promise<void>
  /** Ends a step that holds slots of limits, or whose result is kept for equal inputs. */
  endSpecial(step: EndedStep, cache: StepToBegin['cache']): Promise<void>
}

/** Of an attempt that is over while its step is not: to be added to the earlier ones. */
export const storedAttempt = (state: string, error: string) => `
  jsonb_strip_nulls(jsonb_build_object('attempt', step.attempts, 'worker', step.worker_id, 'started_at', step.attempt_started_at,
    'ended_at', coalesce(step.ended_at, clock_timestamp()), 'state', ${state}, 'error', ${error}))`

// The share lock lets no other worker take a run over before what is written here is committed, and waits for one that does. One statement
// for both: two at once, each with its lock of the same run, would cost the database more than what they write.
const writeSteps = `
  with beginning as (
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::text[])
      with ordinality as given (run_id, worker_id, epoch, name, kind, map, position, after, place)
  ), ending as (
    select * from unnest($9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
      $18::timestamptz[]) with ordinality
      as given (run_id, worker_id, epoch, name, attempt_state, state_type, state_name, result, error, retry_at, place)
  ), held as (
    select id, worker_id, epoch from flow_runs where id = any($1::text[] || $9::text[]) order by id for share
  ), to_begin as (
    select beginning.* from beginning join held
      on held.id = beginning.run_id and held.worker_id = beginning.worker_id and held.epoch = beginning.epoch
  ), to_end as (
    select ending.* from ending join held
      on held.id = ending.run_id and held.worker_id = ending.worker_id and held.epoch = ending.epoch
  ), begun as (
    insert into flow_steps (run_id, name, kind, map, position, state_type, state_name, attempts, worker_id, started_at,
      attempt_started_at, after)
    select run_id, name, kind, map, position, 'RUNNING', 'Running', 1, worker_id, clock_timestamp(), clock_timestamp(),
      array(select json_array_elements_text(after::json))
    from to_begin
    on conflict do nothing returning key
  ), ended as (
    update flow_steps as step set
      state_type = case when retry_at is null then to_end.state_type else 'SCHEDULED' end,
      state_name = case when retry_at is null then to_end.state_name else 'AwaitingRetry' end,
      ended_at = case when retry_at is null then clock_timestamp() end,
      wake_at = retry_at,
      result = case when retry_at is null then to_end.result end,
      error = to_end.error::json,
      earlier_attempts = case when retry_at is null then step.earlier_attempts
        else step.earlier_attempts || ${storedAttempt('to_end.attempt_state', 'to_end.error::jsonb')} end
    from to_end
    where step.key = to_end.run_id || ':' || to_end.name and step.state_type in ('RUNNING', 'PAUSED')
  )
  select array(select place::integer from to_begin) as begins, array(select place::integer from to_end) as ends,
    array(select key from begun) as new_keys`

const keepResult = `
  insert into flow_cache (key, result, made_by, made_at, expires_at)
  values ($1, $2, $3, clock_timestamp(), clock_timestamp() + $4 * interval '1 ms')
  on conflict (key) do update set result = excluded.result, made_by = excluded.made_by, made_at = excluded.made_at,
    expires_at = excluded.expires_at`

/** Keeps a result for equal inputs. */
export const cacheResult = (db: Db, key: string, result: string, madeBy: string, expiresMs: number) =>
  query(db, keepResult, [key, result, madeBy, expiresMs])

/** Places count from 1, among the steps that begin, and among those that end; here are those whose claim holds. */
interface WrittenRow {
  readonly begins: readonly number[]
  readonly ends: readonly number[]
  readonly new_keys: readonly string[]
}

interface Written {
  readonly isClaimed: boolean
  /** Of one that begins: whether it had no row. */
  readonly isNew: boolean
}

/** Gives what became of each, in its order. */
async function writeAll(db: Db, begins: readonly NewStep[], ends: readonly EndedStep[]) {
  const states = ends.map(({ end }) => stateOfEnd(end))
  const [row] = await query<WrittenRow>(db, writeSteps, [
    ...claimColumns(begins.map(({ claim }) => claim)),
    begins.map(({ step }) => step.name),
    begins.map(({ step }) => step.kind),
    begins.map(({ step }) => step.map ?? null),
    begins.map(({ position }) => position),
    begins.map(({ step }) => JSON.stringify(step.after ?? [])),
    ...claimColumns(ends.map(({ claim }) => claim)),
    ends.map(({ name }) => name),
    ends.map(({ end }) => end.kind),
    states.map(({ type }) => type),
    states.map(({ name }) => name),
    ends.map(({ end }) => (end.kind === 'completed' ? end.result : null)),
    ends.map(({ end }) => (end.kind === 'completed' ? null : failureText(end.failure))),
    ends.map(({ retryAt }) => retryAt ?? null),
  ])
  const claimed = { begins: new Set(row?.begins), ends: new Set(row?.ends) }
  const newKeys = new Set(row?.new_keys)
  return {
    begun: begins.map(({ claim: { run }, step }, at): Written => {
      return { isClaimed: claimed.begins.has(at + 1), isNew: newKeys.has(idempotencyKey(run, step.name)) }
    }),
    ended: ends.map((_, at): Written => ({ isClaimed: claimed.ends.has(at + 1), isNew: false })),
  }
}

type StepWrite = { readonly begins: NewStep } | { readonly ends: EndedStep }

export function openStepWrites(db: Db): StepWrites {
  const write = groupWrites(async (writes: readonly StepWrite[]) => {
    const begins = writes.flatMap((one) => ('begins' in one ? one.begins : []))
    const ends = writes.flatMap((one) => ('ends' in one ? one.ends : []))
    const { begun, ended } = await writeAll(db, begins, ends)
    const [nextBegun, nextEnded] = [begun.values(), ended.values()]
    return writes.map((one) => ('begins' in one ? nextBegun : nextEnded).next().value)
  })
  return {
    async begin(step) {
      const written = await write({ begins: step })
      if (written?.isClaimed !== true) throw takenOver(step.claim.run)
      return written.isNew
    },
    async end(step) {
      const written = await write({ ends: step })
      if (written?.isClaimed !== true) throw takenOver(step.claim.run)
    },
    endSpecial: (step, cache) =>
      transact(db, async (tx) => {
        await holdClaim(tx, step.claim)
        await writeAll(tx, [], [step])
        await releaseSlots(tx, { run: step.claim.run, step: step.name })
        if (cache !== undefined && step.end.kind === 'completed') {
          await cacheResult(tx, cache.key, step.end.result, step.claim.run, cache.expiresMs)
        }
      }),
  }
}
