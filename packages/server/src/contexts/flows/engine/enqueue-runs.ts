import type { Db } from '../../../platform/index.js'
import { expectRoom, type RunToEnqueue } from './enqueue-run.js'
import { recordStates } from './record-states.js'
import { notifyWorkers, query } from './statements.js'

/** What runs that are asked for together have in common. */
export type CommonOfRuns = Pick<RunToEnqueue, 'project' | 'flow' | 'params' | 'origin'> &
  Required<Pick<RunToEnqueue, 'originOf' | 'priority' | 'requestedBy' | 'reason' | 'tags'>> & {
    readonly requestedAt: Date
  }

/** What each of them has of its own. */
export interface OneOfRuns {
  readonly id: string
  readonly scheduledFor: Date
  readonly readyAt: Date
  readonly idempotencyKey: string
}

const insert = `
  insert into flow_runs (project, flow, state_type, state_name, params, origin, origin_of, priority, requested_at, requested_by, reason, tags,
    id, scheduled_for, ready_at, idempotency_key)
  select $1, $2, 'SCHEDULED', 'Scheduled', $3, $4, $5, $6, $7, $8, $9, $10, one.*
  from unnest($11::text[], $12::timestamptz[], $13::timestamptz[], $14::text[]) as one
  on conflict do nothing returning id`

/**
 * Asks for thousands of runs in a few statements, in the transaction of the caller. Gives those that are new: a key has one run. Throws
 * `flow_runs_full`.
 */
export async function enqueueRuns(
  tx: Db,
  common: CommonOfRuns,
  runs: readonly OneOfRuns[],
): Promise<ReadonlySet<string>> {
  const rows = await query<{ id: string }>(tx, insert, [
    common.project,
    common.flow,
    JSON.stringify(common.params),
    common.origin,
    common.originOf,
    common.priority,
    common.requestedAt,
    common.requestedBy,
    common.reason,
    common.tags,
    runs.map(({ id }) => id),
    runs.map(({ scheduledFor }) => scheduledFor),
    runs.map(({ readyAt }) => readyAt),
    runs.map(({ idempotencyKey }) => idempotencyKey),
  ])
  await expectRoom(tx)
  const ids = rows.map(({ id }) => id)
  await recordStates(tx, ids)
  if (ids.length > 0) await notifyWorkers(tx, 'ready')
  return new Set(ids)
}
