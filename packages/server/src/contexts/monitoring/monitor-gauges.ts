import { MonitorState } from '@fabrique/contract'
import { sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'
import { limit } from '../../kernel/index.js'
import { sharedLook, type VerbContext } from '../../platform/index.js'

interface ReportRow {
  readonly monitor: string
  readonly state: MonitorState
  readonly at: Date
  readonly drifted: number
}

interface ColumnRow {
  readonly monitor: string
  readonly name: string
  readonly method: string
  readonly score: number
  readonly threshold: number
}

interface MetricRow {
  readonly monitor: string
  readonly kind: string
  readonly metric: string
  readonly value: number
}

interface FindingsRow {
  readonly monitor: string
  readonly severity: string
  readonly count: number
}

/**
 * Adds the newest report of each monitor to what Prometheus reads: its state, the scores of its columns, its figures, and the findings that are
 * open. Columns are bounded by `monitoring.gauge_columns_max` of a monitor and `monitoring.gauge_series_max` of all.
 */
export function addMonitorGauges(ctx: VerbContext, registry: Registry): void {
  const { clock, log } = ctx
  const collect = sharedLook({ clock, log, what: 'monitors', everyMs: limit('metrics.work_refresh_ms') }, () =>
    fill(ctx, gauges),
  )
  const gaugeOf = (name: string, help: string, labelNames: readonly string[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry], collect })
  const ofColumn = ['monitor', 'column', 'method']
  const gauges: Gauges = {
    score: gaugeOf('fabrique_drift_score', 'Score of a column in the newest report of a monitor.', ofColumn),
    threshold: gaugeOf('fabrique_drift_threshold', 'What the score of the column is compared with.', ofColumn),
    state: gaugeOf('fabrique_monitor_state', '1 for the state of the newest report of a monitor, 0 for the others.', [
      'monitor',
      'state',
    ]),
    at: gaugeOf(
      'fabrique_monitor_report_timestamp_seconds',
      'When the newest report of a monitor was made, in seconds since 1970.',
      ['monitor'],
    ),
    drifted: gaugeOf('fabrique_monitor_drifted_columns', 'Columns that drift in the newest report of a monitor.', [
      'monitor',
    ]),
    metric: gaugeOf(
      'fabrique_monitor_metric',
      'Quality and performance of all columns together in the newest report of a monitor, by kind and name.',
      ['monitor', 'kind', 'metric'],
    ),
    findings: gaugeOf('fabrique_findings_open', 'Findings that are not resolved.', ['monitor', 'severity']),
  }
}

type Gauges = Readonly<Record<'score' | 'threshold' | 'state' | 'at' | 'drifted' | 'metric' | 'findings', Gauge>>

const newest = sql`
  select distinct on (r.monitor) r.id, r.monitor, r.state, r.at, r.drifted
  from monitor_reports r join monitors m on m.name = r.monitor where m.removed_at is null and not r.ad_hoc
  order by r.monitor, r.at desc, r.id desc`

async function fill({ db }: VerbContext, gauges: Gauges): Promise<void> {
  const reports = await sql<ReportRow>`${newest}`.execute(db)
  const columns = await sql<ColumnRow>`
    select n.monitor, c.name, c.method, c.score, c.threshold from (${newest}) n join monitor_columns c on c.report_id = n.id
    where c.position < ${limit('monitoring.gauge_columns_max')} and c.score is not null and c.threshold is not null
    order by c.position, n.monitor limit ${limit('monitoring.gauge_series_max')}
  `.execute(db)
  const metrics = await sql<MetricRow>`
    select n.monitor, m.kind, m.metric, m.value from (${newest}) n join monitor_metrics m on m.report_id = n.id
    where m.value is not null and m.column_name is null limit ${limit('monitoring.gauge_series_max')}
  `.execute(db)
  const findings = await sql<FindingsRow>`
    select monitor, severity, count(*)::float8 as count from findings where state <> 'resolved' group by monitor, severity
  `.execute(db)
  for (const gauge of Object.values(gauges)) gauge.reset()
  for (const { monitor, state, at, drifted } of reports.rows) {
    for (const one of MonitorState.options) gauges.state.set({ monitor, state: one }, one === state ? 1 : 0)
    gauges.at.set({ monitor }, at.getTime() / 1000)
    gauges.drifted.set({ monitor }, drifted)
  }
  for (const { monitor, name: column, method, score, threshold } of columns.rows) {
    gauges.score.set({ monitor, column, method }, score)
    gauges.threshold.set({ monitor, column, method }, threshold)
  }
  for (const { monitor, kind, metric, value } of metrics.rows) gauges.metric.set({ monitor, kind, metric }, value)
  for (const { monitor, severity, count } of findings.rows) gauges.findings.set({ monitor, severity }, count)
}
