import type { RunStreamMessage } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/index.js'

/** Which runs a stream follows. */
export type FeedScope =
  | { readonly kind: 'runs'; readonly runIds: readonly string[] }
  | { readonly kind: 'experiment'; readonly experimentId: string }

/** A moment of the database: every transaction before `tx` had ended, and all that it wrote can be seen. */
export interface Horizon {
  readonly tx: string
  readonly ms: number
}

export async function readHorizon(db: Db): Promise<Horizon> {
  const { rows } = await sql<Horizon>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as tx, (extract(epoch from clock_timestamp()) * 1000)::bigint as ms
  `.execute(db)
  return rows[0] ?? { tx: '0', ms: 0 }
}

export interface ChangedSeries {
  readonly id: number
  readonly tx: string
  readonly run_id: string
  readonly key: string
  readonly last_value: number
  readonly last_is_nan: boolean
  readonly last_step: number
  readonly last_ms: number
  readonly point_count: number
}

/** A transaction may be as old as this when it commits, and notes a run as active every few seconds only. */
const activityLagMs = 600_000
const pageSize = 2000

/**
 * Series that a transaction changed since the horizon, in pages. Those of the named runs; without names those of the runs of
 * the experiment that were active since.
 */
export async function* changedSeries(
  db: Db,
  { scope, since, runIds }: { readonly scope: FeedScope; readonly since: Horizon; readonly runIds?: readonly string[] },
): AsyncGenerator<readonly ChangedSeries[]> {
  let from = { tx: since.tx, id: 0 }
  while (true) {
    const { rows } = await sql<ChangedSeries>`
      select s.id, s.changed_tx::text as tx, s.run_id, s.key, s.last_value, s.last_is_nan, s.last_step, s.last_ms, s.point_count
      from metric_series s
      where ${runCondition(scope, since, runIds)} and (s.changed_tx, s.id) > (${from.tx}::text::xid8, ${from.id}::bigint)
      order by s.changed_tx, s.id limit ${pageSize}
    `.execute(db)
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    from = { tx: last.tx, id: last.id }
  }
}

function runCondition(scope: FeedScope, since: Horizon, runIds: readonly string[] | undefined): RawBuilder<boolean> {
  const named = scope.kind === 'runs' ? scope.runIds : runIds
  if (named !== undefined) return sql`s.run_id = any(${named}::text[])`
  return sql`s.run_id in (
    select a.run_id from metric_activity a
    where a.experiment_id = ${scope.kind === 'experiment' ? scope.experimentId : '0'}::bigint and a.touched_ms > ${since.ms - activityLagMs}
  )`
}

/** One message for each run. */
export function metricMessages(series: readonly ChangedSeries[]): readonly RunStreamMessage[] {
  const runs = new Map<string, Extract<RunStreamMessage, { kind: 'metrics' }>>()
  for (const { run_id, key, last_value, last_is_nan, last_step, last_ms, point_count } of series) {
    const message = runs.get(run_id) ?? { kind: 'metrics', run_id, metrics: {} }
    runs.set(run_id, message)
    message.metrics[key] = {
      value: last_is_nan ? 'NaN' : last_value,
      step: last_step,
      timestamp_ms: last_ms,
      count: point_count,
    }
  }
  return [...runs.values()]
}
