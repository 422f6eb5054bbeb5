import {
  FabriqueError,
  type Finding,
  type Language,
  type Monitor,
  type MonitorDefinition,
  type MonitorReport,
  type MonitorState,
  type ReportAction,
  type ReportMultivariate,
  type ReportSegment,
  type ReportSide,
} from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import { type StoredError, tellStoredError } from '../jobs/index.js'
import { datasetOf, grantedAll, grantedOne } from './model.js'

export interface MonitorRow {
  readonly name: string
  readonly project: string
  readonly model: string | null
  readonly dataset: string | null
  readonly source: 'project' | 'api'
  readonly definition: unknown
  readonly enabled: boolean
  readonly removed_at: Date | null
  readonly next_at: Date | null
  readonly seen_snapshot: string | null
  readonly created_at: Date
  readonly created_by: string
  readonly updated_at: Date
}

export interface ReportRow {
  readonly id: string
  readonly monitor: string
  readonly project: string
  readonly model: string | null
  readonly at: Date
  readonly origin: MonitorReport['origin']
  readonly ad_hoc: boolean
  readonly state: MonitorState
  readonly sentence: unknown
  readonly mode: MonitorReport['mode']
  readonly reference: unknown
  readonly current: unknown
  readonly rows_min: number
  readonly tested: number
  readonly drifted: number
  readonly broken: number
  readonly columns_total: number
  readonly share: number | null
  readonly share_min: number | null
  readonly violated: number
  readonly parts: unknown
  readonly worst_column: string | null
  readonly actions: unknown
  readonly error: unknown
  readonly job_id: string
  readonly requested_by: string
  readonly duration_ms: number
  readonly sha256: string | null
}

/** What lists tell of a report beside its columns; absent of what nobody asked for. */
export type PartsOfReport = Pick<
  MonitorReport,
  'multivariate_drift' | 'performance_falls' | 'segments_fallen' | 'segments_undecided'
>

/** The same as they are kept, with what the next report has to settle. */
export interface StoredParts extends PartsOfReport {
  readonly unsettled?: readonly UnsettledPart[]
}

/** A part of a report that was found bad, and has not been decided since. */
export type UnsettledPart =
  | { readonly part: 'multivariate'; readonly method: ReportMultivariate['method'] }
  | { readonly part: 'whole' }
  | ({ readonly part: 'segment' } & Pick<ReportSegment, 'column' | 'segment' | 'from' | 'below'>)

/** An action of a report as it is kept: why in both languages. */
export type StoredAction = Omit<ReportAction, 'why'> & { readonly why?: Said }

export function toReport(row: ReportRow, language: Language): MonitorReport {
  const reference = fromJsonb<ReportSide | null>(row.reference)
  const current = fromJsonb<ReportSide | null>(row.current)
  const { unsettled: _, ...parts } = fromJsonb<StoredParts | null>(row.parts) ?? {}
  return {
    id: row.id,
    monitor: row.monitor,
    project: row.project,
    ...(row.model === null ? {} : { model: row.model }),
    at: row.at.toISOString(),
    origin: row.origin,
    ad_hoc: row.ad_hoc,
    state: row.state,
    sentence: fromJsonb<Said>(row.sentence)[language],
    mode: row.mode,
    ...(reference === null ? {} : { reference }),
    ...(current === null ? {} : { current }),
    rows_min: row.rows_min,
    tested: row.tested,
    drifted: row.drifted,
    broken: row.broken,
    columns_total: row.columns_total,
    share: row.share,
    share_min: row.share_min,
    violated: row.violated,
    ...parts,
    ...(row.worst_column === null ? {} : { worst_column: row.worst_column }),
    actions: fromJsonb<readonly StoredAction[]>(row.actions).map((action) => toAction(action, language)),
    ...(row.error === null ? {} : { error: tellStoredError(fromJsonb<StoredError>(row.error), language) }),
    job_id: row.job_id,
    requested_by: row.requested_by,
    duration_ms: row.duration_ms,
  }
}

export function toAction({ why, ...action }: StoredAction, language: Language): ReportAction {
  return why === undefined ? action : { ...action, why: why[language] }
}

/** Throws `monitor_not_found`, also of one that the actor may not see. `lock` keeps others from changing it. */
export async function findMonitor(ctx: VerbContext, name: string, lock = false): Promise<MonitorRow> {
  const { rows } = await sql<MonitorRow>`
    select * from monitors where name = ${name} and ${grantedOne(ctx.actor, sql`model`)} ${lock ? sql`for update` : sql``}
  `.execute(ctx.db)
  const [row] = rows
  if (row === undefined) throw new FabriqueError('monitor_not_found', { monitor: name })
  return row
}

export const definitionOf = ({ definition }: Pick<MonitorRow, 'definition'>): MonitorDefinition =>
  fromJsonb<MonitorDefinition>(definition)

export interface WrittenMonitor {
  readonly project: string
  readonly definition: MonitorDefinition
  readonly source: MonitorRow['source']
  readonly enabled: boolean
  readonly nextAt: Date | undefined
}

/** Writes a monitor as a whole; one that is there keeps who made it when. */
export async function putMonitorRow(ctx: VerbContext, written: WrittenMonitor): Promise<void> {
  const { project, definition, source, enabled, nextAt } = written
  const now = ctx.clock.now()
  await sql`
    insert into monitors (name, project, model, dataset, source, definition, enabled, next_at, created_at, created_by, updated_at)
    values (${definition.name}, ${project}, ${definition.model ?? null}, ${datasetOf(definition) ?? null}, ${source},
      ${JSON.stringify(definition)}, ${enabled}, ${nextAt ?? null}, ${now}, ${ctx.actor.id}, ${now})
    on conflict (name) do update set project = excluded.project, model = excluded.model, dataset = excluded.dataset,
      source = excluded.source, definition = excluded.definition, enabled = excluded.enabled, removed_at = null,
      next_at = excluded.next_at, error = null, updated_at = excluded.updated_at
  `.execute(ctx.db)
}

interface ShownRow extends MonitorRow {
  readonly last: unknown
  readonly state_since: Date | null
  readonly findings: number
  readonly open_job: string | null
}

export interface MonitorSearch {
  readonly conditions: readonly RawBuilder<SqlBool>[]
  readonly limit: number
}

/** Monitors with what they came to last, by name. */
export async function selectMonitors(
  ctx: VerbContext,
  { conditions, limit }: MonitorSearch,
  language: Language,
): Promise<readonly Monitor[]> {
  const where = sql.join([grantedOne(ctx.actor, sql`m.model`), ...conditions], sql` and `)
  const { rows } = await sql<ShownRow>`
    select m.*, to_jsonb(r) as last, since.at as state_since, coalesce(f.count, 0)::int as findings, j.id as open_job
    from monitors m
    left join lateral (
      select * from monitor_reports where monitor = m.name and not ad_hoc and ${grantedAll(ctx.actor, sql`models`)}
      order by at desc, id desc limit 1
    ) r on true
    left join lateral (
      select min(s.at) as at from monitor_reports s where s.monitor = m.name and not s.ad_hoc and s.at > coalesce(
        (select max(o.at) from monitor_reports o where o.monitor = m.name and not o.ad_hoc and o.state <> r.state), '-infinity')
    ) since on r.id is not null
    left join lateral (
      select count(*) from findings where monitor = m.name and state <> 'resolved'
    ) f(count) on true
    left join lateral (
      select id from jobs where kind = 'monitors.run' and subject = 'monitors/' || m.name and state in ('queued', 'running') limit 1
    ) j on true
    where ${where} order by m.name limit ${limit}
  `.execute(ctx.db)
  return rows.map((row) => toMonitor(row, language))
}

function toMonitor(row: ShownRow, language: Language): Monitor {
  const last = fromJsonb<(Omit<ReportRow, 'at'> & { readonly at: string }) | null>(row.last)
  const report = last === null ? undefined : toReport({ ...last, at: new Date(last.at) }, language)
  return {
    name: row.name,
    project: row.project,
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.dataset === null ? {} : { dataset: row.dataset }),
    definition: definitionOf(row),
    source: row.source,
    enabled: row.enabled && row.removed_at === null,
    ...(report === undefined ? {} : { state: report.state, last_report: report }),
    ...(row.state_since === null ? {} : { state_since: row.state_since.toISOString() }),
    open_findings: row.findings,
    ...(row.next_at === null || !row.enabled || row.removed_at !== null ? {} : { next_at: row.next_at.toISOString() }),
    ...(row.open_job === null ? {} : { job_id: row.open_job }),
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    updated_at: row.updated_at.toISOString(),
  }
}

export interface FindingRow {
  readonly id: string
  readonly monitor: string
  readonly project: string
  readonly model: string | null
  readonly severity: Finding['severity']
  readonly state: Finding['state']
  readonly sentence: unknown
  readonly blocks_promotion: boolean
  readonly reports: number
  readonly report_id: string
  readonly last_report_id: string
  readonly opened_at: Date
  readonly last_at: Date
  readonly acknowledged_at: Date | null
  readonly acknowledged_by: string | null
  readonly resolved_at: Date | null
  readonly resolved_by: string | null
  readonly note: string
}

export function toFinding(row: FindingRow, language: Language): Finding {
  return {
    id: row.id,
    monitor: row.monitor,
    project: row.project,
    ...(row.model === null ? {} : { model: row.model }),
    severity: row.severity,
    state: row.state,
    sentence: fromJsonb<Said>(row.sentence)[language],
    blocks_promotion: row.blocks_promotion,
    reports: row.reports,
    report_id: row.report_id,
    last_report_id: row.last_report_id,
    opened_at: row.opened_at.toISOString(),
    last_at: row.last_at.toISOString(),
    ...(row.acknowledged_at === null ? {} : { acknowledged_at: row.acknowledged_at.toISOString() }),
    ...(row.acknowledged_by === null ? {} : { acknowledged_by: row.acknowledged_by }),
    ...(row.resolved_at === null ? {} : { resolved_at: row.resolved_at.toISOString() }),
    ...(row.resolved_by === null ? {} : { resolved_by: row.resolved_by }),
    note: row.note,
  }
}
