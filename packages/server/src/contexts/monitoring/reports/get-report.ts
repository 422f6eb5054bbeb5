import {
  FabriqueError,
  type MonitorReport,
  type MonitorReportDetail,
  type ReportColumn,
  type ReportComparison,
  ReportQuery,
} from '@fabrique/contract'
import type { EvidentlyReport } from '@fabrique/ml/monitoring'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { isAfter, pageOf, readVerb, type VerbContext } from '../../../platform/index.js'
import { grantedAll, language } from '../model.js'
import { renderDriftReport } from '../report/render-report.js'
import { sideName } from '../report/side-name.js'
import {
  type ReportDocument,
  readDocument,
  toColumns,
  toMetrics,
  toMultivariate,
  toSegments,
} from '../runs/report-document.js'
import { findMonitor, type ReportRow, toReport } from '../store.js'

/** Reports that the actor may see, newest first. The token of a page is the id of the last one shown. Throws `page_token_invalid`. */
export const listMonitorReports = readVerb({
  name: 'monitoring.list_monitor_reports',
  permission: 'monitors.read',
  input: ReportQuery.extend({ language }),
  async run({ ctx, input }): Promise<{ items: MonitorReport[]; next_page_token?: string }> {
    const { monitor, project, model, state, page_token: token } = input
    const conditions: RawBuilder<SqlBool>[] = [grantedAll(ctx.actor, sql`models`)]
    if (monitor !== undefined) {
      await findMonitor(ctx, monitor)
      conditions.push(sql`monitor = ${monitor}`)
    }
    if (project !== undefined) conditions.push(sql`project = ${project}`)
    if (model !== undefined) conditions.push(sql`model = ${model}`)
    if (state !== undefined) conditions.push(sql`state = ${state}`)
    if (token !== undefined) {
      const { rows } = await sql<{ id: string; at: Date }>`
        select id, at from monitor_reports where id = ${token}`.execute(ctx.db)
      const [last] = rows
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token })
      conditions.push(isAfter('at', last))
    }
    const { rows } = await sql<ReportRow>`
      select * from monitor_reports where ${sql.join(conditions, sql` and `)}
      order by at desc, id desc limit ${input.limit + 1}
    `.execute(ctx.db)
    const { shown, next } = pageOf(rows, input.limit)
    return { items: shown.map((row) => toReport(row, input.language)), ...next }
  },
})

const OneReport = z.object({ report: z.string(), language })

/** A report with its columns and figures. Throws `drift_report_not_found`. */
export const getMonitorReport = readVerb({
  name: 'monitoring.get_monitor_report',
  permission: 'monitors.read',
  input: OneReport,
  run: async ({ ctx, input }): Promise<MonitorReportDetail> => {
    const row = await findReport(ctx, input.report)
    return detailOf(await documentOfRow(ctx, row), row, input.language)
  },
})

/** The report as one page of HTML. Throws `drift_report_not_found`. */
export const getMonitorReportHtml = readVerb({
  name: 'monitoring.get_monitor_report_html',
  permission: 'monitors.read',
  input: OneReport,
  async run({ ctx, input }): Promise<string> {
    const row = await findReport(ctx, input.report)
    const document = await documentOfRow(ctx, row)
    const { reference, current, sentence, monitor, at } = toReport(row, input.language)
    const nothing = { en: sentence, fr: sentence }
    const report = document?.report ?? {
      mode: row.mode,
      referenceRows: reference?.rows ?? 0,
      currentRows: current?.rows ?? 0,
      columns: [],
      tested: 0,
      drifted: 0,
      share: null,
      shareMin: null,
      datasetDrift: null,
      broken: 0,
      why: nothing,
    }
    return renderDriftReport({
      report: { ...report, why: nothing },
      distributions: new Map(Object.entries(document?.distributions ?? {})),
      reference: sideName(reference, input.language),
      current: `${monitor}, ${at.slice(0, 16).replace('T', ' ')} UTC · ${sideName(current, input.language)}`,
      language: input.language,
      verdict: verdicts[row.state],
      figures: document === undefined ? [] : toMetrics(document.figures, input.language),
      ...(document?.segments === undefined ? {} : { segments: toSegments(document.segments, input.language) }),
      ...(document?.multivariate === undefined
        ? {}
        : { multivariate: toMultivariate(document.multivariate, input.language) }),
    })
  },
})

const verdicts = {
  ok: 'calm',
  warning: 'drift',
  alarm: 'drift',
  not_enough_data: 'unknown',
  failed: 'unknown',
} as const

/** The report in the form of Evidently. Throws `drift_report_not_found`. */
export const getEvidentlyReport = readVerb({
  name: 'monitoring.get_evidently_report',
  permission: 'monitors.read',
  input: z.object({ report: z.string() }),
  async run({ ctx, input }): Promise<EvidentlyReport> {
    const row = await findReport(ctx, input.report)
    const document = await documentOfRow(ctx, row)
    const columns = document?.report.columns ?? []
    // Loaded at use: it comes with all that estimates performance.
    const { evidentlyDataDrift, evidentlyFigures } = await import('@fabrique/ml/monitoring')
    const drift = evidentlyDataDrift(columns, {
      includeTests: true,
      ...(row.share_min === null ? {} : { driftShare: row.share_min }),
    })
    const figures = evidentlyFigures(document?.figures ?? [])
    return { metrics: [...drift.metrics, ...figures.metrics], tests: [...drift.tests, ...figures.tests] }
  },
})

/** A report beside an earlier one. Throws `drift_report_not_found`. */
export const compareMonitorReports = readVerb({
  name: 'monitoring.compare_monitor_reports',
  permission: 'monitors.read',
  input: OneReport.extend({ before: z.string() }),
  async run({ ctx, input }): Promise<ReportComparison> {
    const [one, other] = [await findReport(ctx, input.before), await findReport(ctx, input.report)]
    const before = detailOf(await documentOfRow(ctx, one), one, input.language)
    const after = detailOf(await documentOfRow(ctx, other), other, input.language)
    const known = new Map(before.columns.map((column) => [column.name, column]))
    const names = [...new Set([...after.columns, ...before.columns].map(({ name }) => name))]
    const own = new Map(after.columns.map((column) => [column.name, column]))
    return {
      before: toReport(one, input.language),
      after: toReport(other, input.language),
      columns: names.map((name) => {
        const [from, to] = [known.get(name), own.get(name)]
        return {
          name,
          change: changeOf(from, to),
          ...(from === undefined ? {} : { before: withoutHistogram(from) }),
          ...(to === undefined ? {} : { after: withoutHistogram(to) }),
        }
      }),
    }
  },
})

function changeOf(
  from: ReportColumn | undefined,
  to: ReportColumn | undefined,
): ReportComparison['columns'][number]['change'] {
  if (from === undefined) return 'only_after'
  if (to === undefined) return 'only_before'
  if (from.drift !== true && to.drift === true) return 'began'
  if (from.drift === true && to.drift === false) return 'ended'
  return from.method === to.method ? 'same' : 'other_method'
}

function withoutHistogram({ histogram: _, ...column }: ReportColumn): Omit<ReportColumn, 'histogram'> {
  return column
}

function detailOf(document: ReportDocument | undefined, row: ReportRow, tongue: 'en' | 'fr'): MonitorReportDetail {
  return {
    ...toReport(row, tongue),
    columns: document === undefined ? [] : toColumns(document, tongue),
    metrics: document === undefined ? [] : toMetrics(document.figures, tongue),
    ...(document?.segments === undefined ? {} : { segments: toSegments(document.segments, tongue) }),
    ...(document?.multivariate === undefined ? {} : { multivariate: toMultivariate(document.multivariate, tongue) }),
  }
}

async function findReport(ctx: VerbContext, id: string): Promise<ReportRow> {
  const { rows } = await sql<ReportRow>`
    select * from monitor_reports where id = ${id} and ${grantedAll(ctx.actor, sql`models`)}`.execute(ctx.db)
  const [row] = rows
  if (row === undefined) throw new FabriqueError('drift_report_not_found', { report: id })
  return row
}

async function documentOfRow(ctx: VerbContext, { sha256 }: ReportRow): Promise<ReportDocument | undefined> {
  return sha256 === null ? undefined : readDocument(ctx, sha256)
}
