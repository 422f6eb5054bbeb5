import {
  type ColumnPoint,
  type ColumnRole,
  type ColumnTrend,
  FabriqueError,
  type MetricTrends,
  type MonitorTrends,
  type ReportMetric,
  TrendQuery,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../../platform/index.js'
import { grantedAll, language } from '../model.js'
import { readDocument, toColumns } from '../runs/report-document.js'
import { findMonitor } from '../store.js'

interface PointRow {
  readonly report_id: string
  readonly at: Date
  readonly name: string
  readonly role: ColumnRole
  readonly state: ColumnPoint['state']
  readonly method: string | null
  readonly score: number | null
  readonly threshold: number | null
  readonly drift: boolean | null
  readonly missing_share: number | null
}

const newestReports = (ctx: VerbContext, monitor: string, count: number) => sql`
  select id, at, sha256 from monitor_reports
  where monitor = ${monitor} and not ad_hoc and state <> 'failed' and ${grantedAll(ctx.actor, sql`models`)}
  order by at desc, id desc limit ${count}`

async function selectPoints(
  ctx: VerbContext,
  { monitor, reports, column }: { readonly monitor: string; readonly reports: number; readonly column?: string },
): Promise<readonly PointRow[]> {
  const { rows } = await sql<PointRow>`
    select r.id as report_id, r.at, c.name, c.role, c.state, c.method, c.score, c.threshold, c.drift, c.missing_share
    from (${newestReports(ctx, monitor, reports)}) r join monitor_columns c on c.report_id = r.id
    ${column === undefined ? sql`` : sql`where c.name = ${column}`}
    order by r.at, r.id, c.position
  `.execute(ctx.db)
  return rows
}

const toPoint = ({ report_id, at, name: _, role: __, ...point }: PointRow): ColumnPoint => ({
  report_id,
  at: at.toISOString(),
  ...point,
})

/** All columns over the newest reports; those of the newest one first, in its order. Throws `monitor_not_found`. */
export const getMonitorTrends = readVerb({
  name: 'monitoring.get_monitor_trends',
  permission: 'monitors.read',
  input: TrendQuery.extend({ monitor: z.string() }),
  async run({ ctx, input }): Promise<MonitorTrends> {
    await findMonitor(ctx, input.monitor)
    const rows = await selectPoints(ctx, input)
    const newest = rows.at(-1)?.report_id
    const order = [...rows.filter(({ report_id }) => report_id === newest), ...rows]
    const columns = new Map<string, { name: string; role: ColumnRole; points: ColumnPoint[] }>()
    for (const { name, role } of order) if (!columns.has(name)) columns.set(name, { name, role, points: [] })
    for (const row of rows) columns.get(row.name)?.points.push(toPoint(row))
    return { columns: [...columns.values()] }
  },
})

/** One column over the newest reports, with its distributions in the newest that has it. Throws `monitor_not_found`, `invalid_request`. */
export const getMonitorColumn = readVerb({
  name: 'monitoring.get_monitor_column',
  permission: 'monitors.read',
  input: TrendQuery.extend({ monitor: z.string(), column: z.string(), language }),
  async run({ ctx, input }): Promise<ColumnTrend> {
    const { monitor, column } = input
    await findMonitor(ctx, monitor)
    const rows = await selectPoints(ctx, input)
    const last = rows.at(-1)
    if (last === undefined) {
      const reason = `none of the newest reports of ${monitor} has a column ${JSON.stringify(column)}`
      const reason_fr = `aucun des derniers rapports de ${monitor} n’a de colonne ${JSON.stringify(column)}`
      throw new FabriqueError('invalid_request', { field: 'column', reason, reason_fr }, { field: 'column' })
    }
    const { rows: reports } = await sql<{ sha256: string | null }>`
      select sha256 from monitor_reports where id = ${last.report_id}`.execute(ctx.db)
    const sha256 = reports[0]?.sha256
    const document = sha256 == null ? undefined : await readDocument(ctx, sha256)
    const newest =
      document === undefined ? undefined : toColumns(document, input.language).find(({ name }) => name === column)
    return {
      name: column,
      role: last.role,
      points: rows.map(toPoint),
      ...(newest === undefined ? {} : { newest }),
    }
  },
})

interface MetricRow {
  readonly report_id: string
  readonly at: Date
  readonly kind: ReportMetric['kind']
  readonly metric: string
  readonly column_name: string | null
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly row_count: number
  readonly min: number | null
  readonly max: number | null
  readonly state: ReportMetric['state']
}

/** Quality and performance over the newest reports; bounds are those of the newest one. Throws `monitor_not_found`. */
export const getMonitorMetrics = readVerb({
  name: 'monitoring.get_monitor_metrics',
  permission: 'monitors.read',
  input: TrendQuery.extend({ monitor: z.string() }),
  async run({ ctx, input }): Promise<MetricTrends> {
    await findMonitor(ctx, input.monitor)
    const { rows } = await sql<MetricRow>`
      select r.id as report_id, r.at, m.kind, m.metric, m.column_name, m.value, m.low, m.high, m.row_count, m.min, m.max, m.state
      from (${newestReports(ctx, input.monitor, input.reports)}) r join monitor_metrics m on m.report_id = r.id
      order by r.at, r.id, m.position
    `.execute(ctx.db)
    const found = new Map<string, MetricTrends['metrics'][number]>()
    for (const row of rows) {
      const { kind, metric, column_name, min, max } = row
      const key = JSON.stringify([kind, metric, column_name])
      const points = found.get(key)?.points ?? []
      points.push({
        report_id: row.report_id,
        at: row.at.toISOString(),
        value: row.value,
        ...(row.low === null ? {} : { low: row.low }),
        ...(row.high === null ? {} : { high: row.high }),
        rows: row.row_count,
        state: row.state,
      })
      found.set(key, {
        kind,
        metric,
        ...(column_name === null ? {} : { column: column_name }),
        ...(min === null ? {} : { min }),
        ...(max === null ? {} : { max }),
        points,
      })
    }
    return { metrics: [...found.values()] }
  },
})
