import type { FlowRun, FlowStateType, FlowWait, Json, Language } from '@fabrique/contract'
import { sql } from 'kysely'
import type { Db } from '../../../platform/index.js'
import type { FlowFailure } from '../engine/model.js'
import { type DueRun, explainWaits } from './explain-waits.js'
import { toldFailure } from './told-failure.js'

/** A row of `flow_runs`, with its counts of steps. */
export interface RunRow {
  readonly id: string
  readonly project: string
  readonly flow: string
  readonly version: string | null
  readonly state_type: FlowStateType
  readonly state_name: string
  readonly wait: FlowWait | null
  readonly waits_for_limit: string | null
  readonly params: Readonly<Record<string, Json>> | null
  readonly origin: FlowRun['origin']
  readonly origin_of: string | null
  readonly model: string | null
  readonly priority: number
  readonly attempt: number
  readonly take_overs: number
  readonly scheduled_for: Date
  readonly requested_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  readonly worker_id: string | null
  readonly requested_by: string
  readonly reason: string
  readonly tags: readonly string[]
  readonly error: FlowFailure | null
  /** For how long a worker could have taken it; null where none can. */
  readonly due_ms: number | null
  readonly steps_done: number
  readonly steps_total: number
}

/** Columns of `flow_runs run`; `params` are left out where the condition says so. */
export const runColumns = (leavesOut = sql`false`) => sql`
  run.id, run.project, run.flow, run.version, run.state_type, run.state_name, run.wait, run.waits_for_limit,
  case when not ${leavesOut} then run.params end as params, run.origin, run.origin_of, run.model, run.priority, run.attempt,
  run.take_overs, run.scheduled_for, run.requested_at, run.started_at, run.ended_at, run.worker_id, run.requested_by, run.reason,
  run.tags, run.error,
  case when run.ready_at <= clock_timestamp() then (extract(epoch from clock_timestamp() - run.ready_at) * 1000)::float8 end as due_ms`

/** Counts of the steps of `run`; items of maps are not counted. */
export const stepCounts = sql`
  lateral (
    select count(step.ended_at)::integer as steps_done, count(*)::integer as steps_total
    from flow_steps step where step.run_id = run.id and step.map is null
  ) as counts`

const isDue = (row: RunRow): row is RunRow & DueRun => row.state_type === 'SCHEDULED' && row.due_ms !== null

/** Runs as they are told: with what those wait for that a worker could have taken by now. */
export async function describeRuns(db: Db, rows: readonly RunRow[], language: Language): Promise<FlowRun[]> {
  const waits = await explainWaits(db, rows.filter(isDue))
  return rows.map((row) => describeRun(row, waits.get(row.id), language))
}

interface Explained {
  readonly name: string
  readonly wait: FlowWait | undefined
}

function describeRun(row: RunRow, explained: Explained | undefined, language: Language): FlowRun {
  const wait = explained?.wait ?? storedWait(row)
  return {
    id: row.id,
    project: row.project,
    flow: row.flow,
    ...(row.version === null ? {} : { version: row.version }),
    state: { type: row.state_type, name: explained?.name ?? row.state_name },
    ...(wait === undefined || row.ended_at !== null ? {} : { wait }),
    params: row.params ?? {},
    ...(row.params === null ? { params_left_out: true } : {}),
    origin: row.origin,
    ...(row.origin_of === null ? {} : { origin_of: row.origin_of }),
    ...(row.model === null ? {} : { model: row.model }),
    priority: row.priority,
    attempt: row.attempt,
    take_overs: row.take_overs,
    scheduled_for: row.scheduled_for.toISOString(),
    requested_at: row.requested_at.toISOString(),
    ...(row.started_at === null ? {} : { started_at: row.started_at.toISOString() }),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
    ...(row.worker_id === null ? {} : { worker: row.worker_id }),
    requested_by: row.requested_by,
    reason: row.reason,
    tags: [...row.tags],
    steps_done: row.steps_done,
    steps_total: row.steps_total,
    ...(row.error === null ? {} : { error: toldFailure(row.error, language) }),
  }
}

function storedWait({ wait, waits_for_limit }: RunRow): FlowWait | undefined {
  if (wait === null) return waits_for_limit === null ? undefined : { kind: 'limit', what: waits_for_limit }
  // The database writes moments with its offset.
  return wait.until === undefined ? wait : { ...wait, until: new Date(wait.until).toISOString() }
}
