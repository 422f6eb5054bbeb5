import type { FlowAttempt, FlowStateType, FlowStep, Json, Language } from '@fabrique/contract'
import { sql } from 'kysely'
import type { Db } from '../../../platform/index.js'
import { idempotencyKey } from '../engine/begin-again.js'
import type { FlowFailure, StoredAttempt } from '../engine/model.js'
import { toldFailure } from './told-failure.js'

/** A row of `flow_steps`. */
export interface StepRow {
  readonly run_id: string
  readonly name: string
  readonly kind: FlowStep['kind']
  readonly map: string | null
  readonly position: number
  readonly state_type: FlowStateType
  readonly state_name: string
  readonly attempts: number
  readonly worker_id: string | null
  readonly started_at: Date | null
  readonly attempt_started_at: Date | null
  readonly ended_at: Date | null
  readonly earlier_attempts: readonly StoredAttempt[]
  readonly after: readonly string[]
  readonly child_run: string | null
  readonly job: string | null
  readonly approval: NonNullable<FlowStep['approval']> | null
  readonly progress: { readonly done: number; readonly total?: number } | null
  readonly taken_from: string | null
  /** JSON text; null where there is none, or it is too large for where it is shown. */
  readonly result: string | null
  readonly is_left_out: boolean
  readonly error: FlowFailure | null
  /** Of a map: its items so far. */
  readonly items_done: number | null
  readonly items_total: number | null
}

/** Results that lists of steps show; a larger one is shown with its step alone. */
const resultShownBytes = 10_000

/** Columns of `flow_steps step`, with the counts of the items of a map. */
export const stepColumns = (results: 'small' | 'all') => {
  const isLeftOut =
    results === 'all' ? sql`false` : sql`coalesce(octet_length(step.result) > ${resultShownBytes}, false)`
  return sql`
    step.run_id, step.name, step.kind, step.map, step.position, step.state_type, step.state_name, step.attempts, step.worker_id,
    step.started_at, step.attempt_started_at, step.ended_at, step.earlier_attempts, step.after, step.child_run, step.job,
    step.approval, step.progress, step.taken_from, step.error,
    ${isLeftOut} as is_left_out, case when not ${isLeftOut} then step.result end as result,
    items.done as items_done, items.total as items_total`
}

/** Counts of the items of `step`, where it is a map. */
export const itemCounts = sql`
  left join lateral (
    select count(item.ended_at)::integer as done, count(*)::integer as total
    from flow_steps item where item.run_id = step.run_id and item.map = step.name
  ) as items on step.kind = 'map'`

/** The newest attempts of a step that are shown. */
const attemptsShown = 100

export function describeStep(row: StepRow, language: Language): FlowStep {
  const attempts = attemptsOf(row, language)
  const progress = progressOf(row)
  return {
    name: row.name,
    kind: row.kind,
    ...(row.map === null ? {} : { map: row.map }),
    state: { type: row.state_type, name: row.state_name },
    // A result that was taken over keeps the key under which its step had its effect.
    idempotency_key: idempotencyKey(row.taken_from ?? row.run_id, row.name),
    position: row.position,
    attempts: attempts.slice(-attemptsShown),
    ...(row.started_at === null ? {} : { started_at: row.started_at.toISOString() }),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
    after: [...row.after],
    ...(row.child_run === null ? {} : { child_run: row.child_run }),
    ...(row.job === null ? {} : { job: row.job }),
    ...(progress === undefined ? {} : { progress }),
    ...(row.approval === null ? {} : { approval: approvalOf(row.approval) }),
    ...(row.taken_from === null ? {} : { taken_from: row.taken_from }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as Json }),
    ...(row.is_left_out ? { result_left_out: true } : {}),
    ...(row.error === null ? {} : { error: toldFailure(row.error, language) }),
  }
}

const moment = (text: string) => new Date(text).toISOString()

function approvalOf(approval: NonNullable<StepRow['approval']>): NonNullable<FlowStep['approval']> {
  const { until, decided_at } = approval
  return {
    ...approval,
    ...(until === undefined ? {} : { until: moment(until) }),
    ...(decided_at === undefined ? {} : { decided_at: moment(decided_at) }),
  }
}

/** Of a map: how many of its items are over, of as many as it said or as have begun. */
function progressOf({ progress, items_done, items_total }: StepRow): FlowStep['progress'] {
  if (items_done === null || items_total === null) return progress ?? undefined
  return { done: items_done, total: Math.max(items_total, progress?.total ?? 0) }
}

function attemptsOf(row: StepRow, language: Language): FlowAttempt[] {
  const earlier = row.earlier_attempts.map(
    ({ error, ...attempt }): FlowAttempt => ({
      ...attempt,
      started_at: moment(attempt.started_at),
      ended_at: moment(attempt.ended_at),
      ...(error === undefined ? {} : { error: toldFailure(error, language) }),
    }),
  )
  const isTold = row.earlier_attempts.some(({ attempt }) => attempt === row.attempts)
  if (row.attempts === 0 || isTold || row.attempt_started_at === null) return earlier
  return [
    ...earlier,
    {
      attempt: row.attempts,
      worker: row.worker_id ?? '',
      started_at: row.attempt_started_at.toISOString(),
      ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
      state: attemptState(row),
      ...(row.error === null ? {} : { error: toldFailure(row.error, language) }),
    },
  ]
}

function attemptState({ state_type, state_name }: StepRow): FlowAttempt['state'] {
  switch (state_type) {
    case 'COMPLETED':
      return 'completed'
    case 'FAILED':
      return state_name === 'TimedOut' ? 'timed_out' : 'failed'
    case 'CANCELLED':
      return 'cancelled'
    case 'CRASHED':
      return 'crashed'
    default:
      return 'running'
  }
}

/** The steps of these names. */
export async function readSteps(db: Db, run: string, names: readonly string[], results: 'small' | 'all') {
  const { rows } = await sql<StepRow>`
    select ${stepColumns(results)} from flow_steps step ${itemCounts}
    where step.key = any(${names.map((name) => idempotencyKey(run, name))}::text[]) order by step.position
  `.execute(db)
  return rows
}
