import {
  type Language,
  type Monitor,
  type MonitorReport,
  type MonitorReportDetail,
  type ReportMetric,
  type ReportSegments,
  routePath,
  routes,
} from '@fabrique/contract'
import pc from 'picocolors'
import { z } from 'zod'
import { apiClient } from '../../client/index.js'
import { downloadFile } from '../download-file.js'
import { followJob } from '../follow-job.js'
import { formatCount, formatMoment } from '../format.js'
import { monitorMessages } from '../monitor-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  return { language, client: apiClient({ url: serverUrl(flags), language }), texts: monitorMessages(language) }
}

/** Four digits; powers of ten of what is very small, whose zeros would be wider than a terminal. */
function digits(value: number, language: Language): string {
  if (value === 0 || Math.abs(value) >= 1e-4)
    return new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(value)
  const text = value.toExponential(1)
  return language === 'fr' ? text.replace('.', ',') : text
}

/** Lists monitors with what they came to last. */
export async function monitorLs(
  flags: AskFlags & { readonly project?: string; readonly model?: string },
): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { project, model } = flags
  const query = {
    ...(project === undefined ? {} : { project }),
    ...(model === undefined ? {} : { model }),
    limit: 1000,
  }
  const { items } = await client.call(routes.listMonitors, { query })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.noMonitors}\n`)
    return
  }
  const header = [texts.monitor, texts.project, texts.watches, texts.state, texts.last, texts.next, texts.findings]
  const rows = items.map((one) => [
    one.name,
    one.project,
    one.model ?? one.dataset ?? '',
    stateOf(one, language),
    one.last_report === undefined ? '' : formatMoment(one.last_report.at, language),
    one.next_at === undefined ? '' : formatMoment(one.next_at, language),
    one.open_findings === 0 ? '' : formatCount(one.open_findings, language),
  ])
  process.stdout.write(table(header, rows, [6]))
}

function stateOf({ state, enabled }: Monitor, language: Language): string {
  const texts = monitorMessages(language)
  if (!enabled) return pc.dim(texts.off)
  return state === undefined ? pc.dim(texts.never) : coloured(state, texts.states[state])
}

function coloured(state: MonitorReport['state'], text: string): string {
  if (state === 'alarm' || state === 'failed') return pc.red(text)
  return state === 'warning' || state === 'not_enough_data' ? pc.yellow(text) : text
}

interface RunFlags extends AskFlags {
  readonly reason: string
  readonly follow?: boolean
}

const RunResult = z.object({ report_id: z.string() })

/** Runs a monitor and shows its report; status 1 unless all is well. */
export async function monitorRun(monitor: string, flags: RunFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const job = await client.call(routes.runMonitor, { params: { monitor }, body: { reason: flags.reason } })
  if (flags.follow === false) {
    if (flags.json === true) printJson(job)
    else process.stdout.write(`${texts.asked(job.id)}\n`)
    return
  }
  const done = await followJob(client, job, { language, quiet: flags.json })
  const { report_id: report } = RunResult.parse(done.result)
  const detail = await client.call(routes.getMonitorReport, { params: { report } })
  if (flags.json === true) printJson(detail)
  else process.stdout.write(await describe(detail, language))
  if (detail.state !== 'ok') process.exitCode = 1
}

/** Lists reports, newest first. */
export async function driftLs(
  flags: AskFlags & { readonly monitor?: string; readonly model?: string; readonly limit?: string },
): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const { monitor, model, limit = '20' } = flags
  const query = { ...(monitor === undefined ? {} : { monitor }), ...(model === undefined ? {} : { model }), limit }
  const { items } = await client.call(routes.listMonitorReports, { query })
  if (flags.json === true) return printJson(items)
  if (items.length === 0) {
    process.stdout.write(`${texts.noReports}\n`)
    return
  }
  const rows = items.map(({ id, monitor: name, at, state, ad_hoc: isAdHoc, sentence }) => [
    id,
    name,
    formatMoment(at, language),
    isAdHoc ? `${texts.states[state]}, ${texts.adHoc}` : coloured(state, texts.states[state]),
    sentence.length > 80 ? `${sentence.slice(0, 79)}…` : sentence,
  ])
  process.stdout.write(table([texts.report, texts.monitor, texts.at, texts.state, texts.sentence], rows))
}

/** Shows one report; also as a page, or in the form of Evidently. */
export async function driftShow(
  report: string,
  flags: AskFlags & { readonly html?: string; readonly evidently?: boolean },
): Promise<void> {
  const { client, language, texts } = setUp(flags)
  if (flags.evidently === true) return printJson(await client.call(routes.getEvidentlyReport, { params: { report } }))
  const detail = await client.call(routes.getMonitorReport, { params: { report } })
  if (flags.html !== undefined) {
    const address = new URL(routePath(routes.getMonitorReportHtml, { report }), client.url)
    address.searchParams.set('language', language)
    await downloadFile(address, flags.html)
    if (flags.json !== true) process.stderr.write(`${texts.written(flags.html)}\n`)
  }
  if (flags.json === true) return printJson(detail)
  process.stdout.write(await describe(detail, language))
}

async function describe(report: MonitorReportDetail, language: Language): Promise<string> {
  const { resultOf } = await import('@fabrique/ml/drift')
  const texts = monitorMessages(language)
  const head = `${pc.bold(report.monitor)}  ${report.id}  ${formatMoment(report.at, language)}  ${coloured(report.state, texts.states[report.state])}\n${report.sentence}\n`
  const columns = report.columns.map((column) => [
    column.name,
    column.type,
    column.method ?? '',
    column.score === null ? '' : digits(column.score, language),
    column.threshold === null ? '' : digits(column.threshold, language),
    column.drift === true ? pc.red(resultOf(column, language)) : resultOf(column, language),
    `${formatCount(column.reference_rows, language)} / ${formatCount(column.current_rows, language)}`,
  ])
  const header = [texts.column, texts.type, texts.method, texts.score, texts.threshold, texts.result, texts.rows]
  const figures = report.metrics.map((one) => figureRow(one, language))
  const together = (report.multivariate ?? []).map(({ method, score, threshold, drift, state }) => [
    texts.multivariate[method],
    score === null ? '' : digits(score, language),
    threshold === null ? '' : digits(threshold, language),
    drift === true ? pc.red(texts.decided.drift) : drift === false ? texts.decided.calm : texts.undecided[state],
  ])
  const actions = report.actions.map(({ do: what, outcome, flow, why, until }) => [
    flow === undefined ? texts.actions[what] : `${texts.actions[what]} ${flow}`,
    texts.outcomes[outcome],
    why ?? (until === undefined ? '' : formatMoment(until, language)),
  ])
  return [
    head,
    ...(columns.length === 0 ? [] : [table(header, columns, [3, 4, 6])]),
    ...(together.length === 0
      ? []
      : [table([texts.together, texts.score, texts.threshold, texts.result], together, [1, 2])]),
    ...(figures.length === 0 ? [] : [table([texts.metric, texts.score, texts.bound, texts.result], figures, [1, 2])]),
    ...(report.segments === undefined ? [] : [segmentTable(report.segments, language)]),
    ...(actions.length === 0 ? [] : [table([texts.action, texts.outcome, ''], actions)]),
  ].join('\n')
}

/** The whole, then the segments that are worst; the page and the JSON have all. */
function segmentTable({ metric, whole, segments }: ReportSegments, language: Language): string {
  const texts = monitorMessages(language)
  const number = (value: number | null) => (value === null ? '' : digits(value, language))
  const row = (title: string, { state, falls, now, before, labelled }: ReportSegments['whole']) => [
    title,
    falls === true ? pc.red(texts.decided.worse) : falls === false ? texts.decided.calm : texts.undecided[state],
    number(now),
    number(before),
    formatCount(labelled, language),
  ]
  const rows = [row(texts.whole, whole), ...segments.slice(0, segmentsShown).map((one) => row(one.title, one))]
  const left = segments.length - segmentsShown
  const more = left > 0 ? `${texts.moreSegments(formatCount(left, language))}\n` : ''
  return `${table([texts.segment, texts.result, metric, texts.before, texts.rows], rows, [2, 3, 4])}${more}`
}

const segmentsShown = 20

function figureRow({ metric, column, kind, value, min, max, state }: ReportMetric, language: Language): string[] {
  const texts = monitorMessages(language)
  const bounds = [
    ...(min === undefined ? [] : [`≥ ${digits(min, language)}`]),
    ...(max === undefined ? [] : [`≤ ${digits(max, language)}`]),
  ]
  const told = texts.figureStates[state]
  return [
    `${metric}${column === undefined ? '' : ` (${column})`}${kind === 'estimated_performance' ? ' ~' : ''}`,
    value === null ? '' : digits(value, language),
    bounds.join(' '),
    state === 'violated' ? pc.red(told) : told,
  ]
}
