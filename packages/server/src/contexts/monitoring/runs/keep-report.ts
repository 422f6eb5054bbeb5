import { FabriqueError, type MonitorReport, type ReportSide } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import type { StoredError } from '../../jobs/index.js'
import { markErased, recordLineage } from '../../lineage/index.js'
import { isAside, modelsOf, type RunPlan } from '../model.js'
import type { UnsettledPart } from '../store.js'
import { act, type MonitorTools } from './act.js'
import { partsOf, type ReportDocument, worstColumn } from './report-document.js'
import { tellUnsettled, unsettledBefore, unsettledOf } from './unsettled.js'

/** What a run came to, before it is kept. */
export interface RunOutcome {
  readonly plan: RunPlan
  readonly job: string
  readonly origin: MonitorReport['origin']
  readonly requestedBy: string
  readonly state: MonitorReport['state']
  readonly sentence: Said
  readonly reference: ReportSide | undefined
  readonly current: ReportSide | undefined
  readonly document: ReportDocument | undefined
  readonly sha256: string | undefined
  readonly error: StoredError | undefined
  readonly durationMs: number
}

/** A report that was kept. */
export interface KeptReport {
  readonly id: string
  readonly state: MonitorReport['state']
}

/**
 * Writes a report, its figures and what follows from it, in one transaction; from a comparison of other sides nothing does. Of a run that was begun again after a kill there is one report,
 * and each action is done once. Throws `monitor_not_found` where it was deleted meanwhile.
 */
export const keepReport = changeVerb({
  name: 'monitoring.keep_report',
  permission: 'monitors.run',
  input: z.object({ outcome: z.custom<RunOutcome>(), tools: z.custom<MonitorTools>() }),
  async run({ ctx, input: { outcome, tools }, record, unchanged }): Promise<KeptReport> {
    const { plan, state } = outcome
    const { monitor, project, definition } = plan
    const aside = isAside(plan)
    // One report of a monitor after another: their actions see each other.
    const { rows: monitors } = await sql`select from monitors where name = ${monitor} for update`.execute(ctx.db)
    if (monitors.length === 0) throw new FabriqueError('monitor_not_found', { monitor })
    const kept = await ofJob(ctx, outcome.job)
    if (kept !== undefined) {
      unchanged()
      return kept
    }
    const id = ctx.ids.prefixed('drift')
    const models = modelsOf(definition.model, [outcome.reference, outcome.current])
    const unsettled = aside ? [] : unsettledOf(outcome.document, await unsettledBefore(ctx, monitor))
    const sentence = aside
      ? withoutConsequence(outcome.sentence)
      : state === 'ok' && unsettled.length > 0
        ? tellUnsettled(outcome.sentence, unsettled)
        : outcome.sentence
    await insertReport(ctx, { id, models, unsettled }, { ...outcome, sentence })
    await insertFigures(ctx, id, outcome.document)
    const { model } = definition
    const report = { id, monitor, project, model, state, sentence, models, isUnsettled: unsettled.length > 0 }
    const actions = aside ? [] : await act(ctx, { report, definition, tools, record })
    if (actions.length > 0) {
      await sql`update monitor_reports set actions = ${JSON.stringify(actions)} where id = ${id}`.execute(ctx.db)
    }
    await tellLineage(ctx, id, outcome)
    await forgetOldReports(ctx, monitor, aside)
    const { tested = 0, drifted = 0 } = outcome.document?.report ?? {}
    const dataset = outcome.current?.dataset
    await record({
      subject: `monitors/${monitor}`,
      event: 'drift_report.finished',
      payload: {
        project,
        monitor,
        report_id: id,
        state,
        tested,
        drifted,
        ...(aside ? { ad_hoc: true } : {}),
        ...(model === undefined ? {} : { model }),
        ...(dataset === undefined ? {} : { dataset }),
      },
      reason: sentence.en.slice(0, 500),
    })
    return { id, state }
  },
})

const withoutConsequence = ({ en, fr }: Said): Said => ({
  en: `${en}; nothing follows from it: this run compared other sides than those of the monitor`,
  fr: `${fr}\u202f; rien ne s’ensuit\u202f: ce passage a comparé d’autres côtés que ceux du moniteur`,
})

/** No cool-down is as long. */
const longAgo = ({ clock }: VerbContext) => new Date(clock.now().getTime() - 400 * 86_400_000)

/** Those on other sides and the monitor's own are kept apart: many of the one push out none of the other. */
async function forgetOldReports(ctx: VerbContext, monitor: string, aside: boolean): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    delete from monitor_reports where id in (
      select id from monitor_reports where monitor = ${monitor} and ad_hoc = ${aside}
      order by at desc, id desc offset ${limit('monitoring.reports_kept')}
    ) returning id
  `.execute(ctx.db)
  // What was done counts for the cool-down; what was not is told by its report.
  await sql`
    delete from monitor_actions a where a.monitor = ${monitor} and (a.at < ${longAgo(ctx)} or a.detail ->> 'outcome' <> 'done'
      and not exists (select from monitor_reports r where r.id = a.report_id))
  `.execute(ctx.db)
  await sql`
    delete from findings where id in (
      select id from findings where monitor = ${monitor} and state = 'resolved'
      order by opened_at desc, id desc offset ${limit('monitoring.reports_kept')}
    )
  `.execute(ctx.db)
  await markErased(
    ctx,
    rows.map(({ id }) => ({ kind: 'drift_report' as const, id })),
  )
}

/** The report of a job that was done before; undefined where there is none. */
export async function ofJob(ctx: VerbContext, job: string): Promise<KeptReport | undefined> {
  const { rows } = await sql<KeptReport>`select id, state from monitor_reports where job_id = ${job}`.execute(ctx.db)
  return rows[0]
}

interface Inserted {
  readonly id: string
  readonly models: readonly string[]
  readonly unsettled: readonly UnsettledPart[]
}

async function insertReport(
  ctx: VerbContext,
  { id, models, unsettled }: Inserted,
  { plan, document, ...outcome }: RunOutcome,
): Promise<void> {
  const { monitor, project, definition } = plan
  const report = document?.report
  const violated = document?.figures.filter(({ state }) => state === 'violated').length ?? 0
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
  await sql`
    insert into monitor_reports (id, monitor, project, model, at, origin, ad_hoc, state, sentence, mode, reference, current, rows_min, tested,
      drifted, broken, columns_total, share, share_min, violated, parts, worst_column, actions, error, job_id, models, requested_by, duration_ms,
      sha256)
    values (${id}, ${monitor}, ${project}, ${definition.model ?? null}, ${ctx.clock.now()}, ${outcome.origin}, ${isAside(plan)}, ${outcome.state},
      ${json(outcome.sentence)}, ${definition.mode}, ${json(outcome.reference)}, ${json(outcome.current)}, ${definition.rows_min},
      ${report?.tested ?? 0}, ${report?.drifted ?? 0}, ${report?.broken ?? 0}, ${report?.columns.length ?? 0}, ${report?.share ?? null},
      ${report?.shareMin ?? null}, ${violated},
      ${json(partsOf(document, unsettled))}, ${document === undefined ? null : (worstColumn(document) ?? null)}, '[]',
      ${json(outcome.error)}, ${outcome.job}, ${[...models]}::text[], ${outcome.requestedBy}, ${outcome.durationMs},
      ${outcome.sha256 ?? null})
  `.execute(ctx.db)
}

async function insertFigures(ctx: VerbContext, id: string, document: ReportDocument | undefined): Promise<void> {
  if (document === undefined) return
  const columns = document.report.columns.slice(0, limit('monitoring.trend_columns_max')).map((column) => {
    const rows = column.currentRows + column.missing.current
    return {
      name: column.name,
      role: document.roles[column.name] ?? 'feature',
      state: column.state,
      method: column.method,
      score: column.score,
      threshold: column.threshold,
      drift: column.drift,
      missing_share: rows === 0 ? null : column.missing.current / rows,
    }
  })
  await sql`
    insert into monitor_columns (report_id, position, name, role, state, method, score, threshold, drift, missing_share)
    select ${id}, c.place - 1, c.name, c.role, c.state, c.method, c.score, c.threshold, c.drift, c.missing_share
    from rows from (jsonb_to_recordset(${JSON.stringify(columns)}::jsonb) as (name text, role text, state text, method text,
      score double precision, threshold double precision, drift boolean, missing_share double precision))
      with ordinality as c(name, role, state, method, score, threshold, drift, missing_share, place)
  `.execute(ctx.db)
  await sql`
    insert into monitor_metrics (report_id, position, kind, metric, column_name, value, low, high, row_count, min, max, severity, state)
    select ${id}, m.place - 1, m.kind, m.metric, m."column", m.value, m.low, m.high, m.rows, m.min, m.max, m.severity, m.state
    from rows from (jsonb_to_recordset(${JSON.stringify(document.figures)}::jsonb) as (kind text, metric text, "column" text,
      value double precision, low double precision, high double precision, rows bigint, min double precision, max double precision,
      severity text, state text))
      with ordinality as m(kind, metric, "column", value, low, high, rows, min, max, severity, state, place)
  `.execute(ctx.db)
}

/** What was compared, as far as it is still there. */
async function tellLineage(ctx: VerbContext, id: string, { plan, reference, current }: RunOutcome): Promise<void> {
  const to = { kind: 'drift_report' as const, id }
  const snapshots = [reference, current].flatMap((side) =>
    side?.snapshot_id === undefined || side.dataset === undefined
      ? []
      : [
          {
            kind: 'snapshot' as const,
            id: side.snapshot_id,
            label: side.dataset,
            project: side.project,
            keep: true as const,
          },
        ],
  )
  const froms = [...new Map(snapshots.map((thing) => [thing.id, thing])).values()]
  if (froms.length === 0) return
  const detail = { monitor: plan.monitor, project: plan.project }
  await recordLineage(ctx, {
    things: [...froms, { ...to, label: plan.monitor, project: plan.project, detail }],
    steps: froms.map(({ kind, id: from }) => ({ from: { kind, id: from }, to, relation: 'compared' })),
  })
}
