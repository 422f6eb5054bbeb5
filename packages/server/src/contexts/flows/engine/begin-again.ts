import type { Json } from '@fabrique/contract'
import type { Db } from '../../../platform/index.js'
import { takeSlots } from '../schedules/limits.js'
import { type Claim, holdClaim } from './claim.js'
import type { BegunStep, HeldStep, StepToBegin } from './model.js'
import { query, transact } from './statements.js'
import { type EndedRow, endOfRow } from './step-states.js'

/** The answer to the wish to begin a step, and whether a limit lets it wait. */
export type BegunOrLimited = { readonly begun: BegunStep; readonly isLimited?: true }

interface StepRow extends EndedRow {
  readonly attempts: number
  readonly ended_at: Date | null
  readonly wake_at: Date | null
  readonly must_wait: boolean
  readonly child_run: string | null
  readonly job: string | null
  readonly approval: StoredApproval | null
}

/** As the row keeps it; the decision is written by whoever takes it. */
export interface StoredApproval {
  readonly until?: string
  readonly decision?: 'approved' | 'rejected'
  readonly decided_by?: string
  readonly values?: Readonly<Record<string, Json>>
  readonly comment?: string
}

const findStep = `
  select name, state_type, state_name, attempts, ended_at, wake_at, coalesce(wake_at > clock_timestamp(), false) as must_wait,
    child_run, job, approval, result, error
  from flow_steps where key = $1 for update`

const findResult = 'select result, made_by from flow_cache where key = $1 and expires_at > clock_timestamp()'

const writeStep = `
  insert into flow_steps as step (run_id, name, kind, map, position, state_type, state_name, attempts, worker_id, started_at,
    attempt_started_at, after, ended_at, result, taken_from)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp(), clock_timestamp(), $10::text[],
    case when $11::text is not null then clock_timestamp() end, $11, $12)
  on conflict (key) do update set state_type = excluded.state_type, state_name = excluded.state_name,
    attempts = step.attempts + excluded.attempts, worker_id = excluded.worker_id, attempt_started_at = excluded.attempt_started_at,
    ended_at = excluded.ended_at, result = excluded.result, taken_from = excluded.taken_from, wake_at = null, error = null,
    progress = null, child_run = null, job = null, approval = null
  returning attempts`

const goOn = `update flow_steps set state_type = 'RUNNING', state_name = 'Running', worker_id = $2 where key = $1`

export const idempotencyKey = (run: string, step: string) => `${run}:${step}`

/**
 * Begins a step that may have a row already, takes slots of limits, or may have its result from the cache. One that runs already was
 * begun by this claim, and the answer was lost.
 */
export function beginAgain(db: Db, claim: Claim, step: StepToBegin, position: number): Promise<BegunOrLimited> {
  const key = idempotencyKey(claim.run, step.name)
  return transact(db, async (tx): Promise<BegunOrLimited> => {
    await holdClaim(tx, claim)
    const [row] = await query<StepRow>(tx, findStep, [key])
    if (row !== undefined) {
      if (row.ended_at !== null) return { begun: { kind: 'finished', end: endOfRow(row) } }
      const begun = { kind: 'begun', attempt: row.attempts, idempotencyKey: key } as const
      if (row.state_type === 'RUNNING') return { begun: { ...begun, ...heldOf(row) } }
      if (row.state_type === 'PAUSED') {
        await query(tx, goOn, [key, claim.worker])
        return { begun: { ...begun, ...heldOf(row) } }
      }
      if (row.must_wait && row.wake_at !== null) {
        return { begun: { kind: 'waiting', wait: { kind: 'moment', until: row.wake_at } } }
      }
    }
    const write = (type: string, name: string, attempts: number, result?: string, madeBy?: string) =>
      query<{ attempts: number }>(tx, writeStep, [
        claim.run,
        step.name,
        step.kind,
        step.map ?? null,
        position,
        type,
        name,
        attempts,
        claim.worker,
        step.after ?? [],
        result ?? null,
        madeBy ?? null,
      ])
    if (step.cache !== undefined) {
      const [known] = await query<{ result: string; made_by: string }>(tx, findResult, [step.cache.key])
      if (known !== undefined) {
        await write('COMPLETED', 'Cached', 0, known.result, known.made_by)
        return { begun: { kind: 'finished', end: { kind: 'completed', result: known.result } } }
      }
    }
    if (step.limits !== undefined && step.limits.length > 0) {
      const slots = await takeSlots(tx, { run: claim.run, step: step.name, limits: step.limits })
      if (!slots.taken) {
        await write('SCHEDULED', 'AwaitingConcurrencySlot', 0)
        const { limit, until } = slots
        const wait = until === undefined ? ({ kind: 'limit', limit } as const) : ({ kind: 'moment', until } as const)
        return { begun: { kind: 'waiting', wait }, isLimited: true }
      }
    }
    const [written] = await write('RUNNING', 'Running', 1)
    return { begun: { kind: 'begun', attempt: written?.attempts ?? 1, idempotencyKey: key } }
  })
}

function heldOf({ wake_at, child_run, job, approval }: StepRow): { readonly held?: HeldStep } {
  if (wake_at === null && child_run === null && job === null && approval === null) return {}
  return {
    held: {
      ...(wake_at === null ? {} : { wakeAt: wake_at }),
      ...(child_run === null ? {} : { childRun: child_run }),
      ...(job === null ? {} : { job }),
      ...(approval === null ? {} : { approval: approvalOf(approval) }),
    },
  }
}

function approvalOf({ until, decision, decided_by, values, comment }: StoredApproval) {
  return {
    ...(until === undefined ? {} : { until: new Date(until) }),
    ...(decision === undefined ? {} : { decision }),
    ...(decided_by === undefined ? {} : { decidedBy: decided_by }),
    ...(values === undefined ? {} : { values }),
    ...(comment === undefined ? {} : { comment }),
  }
}
