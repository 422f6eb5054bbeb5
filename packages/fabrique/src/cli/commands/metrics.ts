import { pipeline } from 'node:stream/promises'
import { FabriqueError, type Language, type MetricReading, type MetricSource, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { parseDuration } from '../../sdk/parse-duration.js'
import { downloadFile, openDownload } from '../download-file.js'
import { formatBytes, formatCount } from '../format.js'
import { metricMessages } from '../metric-messages.js'
import { printJson } from '../print-json.js'
import { printable } from '../printable.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'

export interface MetricFlags extends AskFlags {
  readonly labels?: string
  readonly last?: string
  readonly from?: string
  readonly to?: string
  readonly step?: string
  readonly read?: MetricReading
  readonly quantile?: string
  readonly aggregate?: 'sum' | 'avg' | 'min' | 'max'
  readonly by?: string
}

function setUp(flags: AskFlags) {
  const language = terminalLanguage(flags.lang, process.env)
  const url = serverUrl(flags)
  return { language, url, client: apiClient({ url, language }), texts: metricMessages(language) }
}

/** Lists metrics with their labels. */
export async function metricsLs(flags: AskFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const found = await client.call(routes.listRecordedMetrics)
  refuseAway(found.source)
  if (flags.json === true) return printJson(found)
  if (found.items.length === 0) {
    process.stdout.write(`${texts.none}\n`)
    return
  }
  const rows = found.items.map(({ name, kind, series, labels }) => [
    name,
    texts.kinds[kind],
    formatCount(series, language),
    Object.keys(labels).join(', '),
  ])
  process.stdout.write(table([texts.metric, texts.kind, texts.series, texts.labels], rows, [2]))
  if (found.left_out > 0) process.stdout.write(`${pc.yellow('!')} ${texts.leftOut(found.left_out)}\n`)
}

function refuseAway({ state, reason = '' }: MetricSource): void {
  if (state === 'away') throw new FabriqueError('prometheus_away', { reason })
}

/** Shows the series of a metric: first to last, and between. */
export async function metricsQuery(metric: string, flags: MetricFlags): Promise<void> {
  const { client, language, texts } = setUp(flags)
  const found = await client.call(routes.queryMetrics, { query: queryOf(metric, flags) })
  refuseAway(found.source)
  if (flags.json === true) return printJson(found)
  const head = `${pc.bold(found.name)}  ${found.read}  ${pc.dim(texts.steps(found.times.length, found.step_s))}\n`
  const rows = found.items.map(({ labels, values }) => {
    const known = values.filter((value) => value !== null)
    const figures = [known.at(-1), Math.min(...known), mean(known), Math.max(...known)]
    return [printable(titleOf(labels)), ...figures.map((value) => figureOf(value, language))]
  })
  const none = rows.length === 0 ? `${texts.noValues}\n` : ''
  const header = [texts.line, texts.last, texts.least, texts.mean, texts.greatest]
  const shown = rows.length === 0 ? '' : table(header, rows, [1, 2, 3, 4])
  const more = found.left_out === 0 ? '' : `${pc.dim(texts.moreLines(found.left_out))}\n`
  process.stdout.write(`${head}${none}${shown}${more}`)
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const titleOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

const figureOf = (value: number | undefined, language: Language) =>
  value === undefined || !Number.isFinite(value)
    ? ''
    : new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(value)

/** Writes the same as CSV. */
export async function metricsExport(
  metric: string,
  flags: MetricFlags & { readonly format: string; readonly out?: string },
): Promise<void> {
  const { url, language, texts } = setUp(flags)
  const address = new URL(routes.exportMetrics.path, url)
  for (const [name, value] of Object.entries({ ...queryOf(metric, flags), format: flags.format })) {
    address.searchParams.set(name, String(value))
  }
  if (flags.out === undefined) {
    await pipeline(await openDownload(address), process.stdout, { end: false })
    return
  }
  const bytes = await downloadFile(address, flags.out)
  if (flags.json === true) printJson({ out: flags.out, bytes })
  else process.stdout.write(`${pc.green('✔')} ${texts.written(flags.out, formatBytes(bytes, language))}\n`)
}

function queryOf(name: string, flags: MetricFlags) {
  const { labels, from, to, read, quantile, aggregate, by, last = '1h' } = flags
  const end = to === undefined ? new Date() : new Date(to)
  const start = from ?? new Date(end.getTime() - secondsOf('--last', last) * 1000)
  return {
    name,
    from: momentOf('--from', start),
    ...(to === undefined ? {} : { to: momentOf('--to', to) }),
    ...(flags.step === undefined ? {} : { step_s: Math.max(1, Math.round(secondsOf('--step', flags.step))) }),
    ...(labels === undefined ? {} : { labels }),
    ...(read === undefined ? {} : { read }),
    ...(quantile === undefined ? {} : { quantile }),
    ...(aggregate === undefined ? {} : { aggregate }),
    ...(by === undefined ? {} : { by }),
  }
}

function refuse(field: string, reason: string, reason_fr: string): never {
  throw new FabriqueError('invalid_request', { field, reason, reason_fr }, { field })
}

function secondsOf(flag: string, text: string): number {
  const seconds = parseDuration(text)
  if (seconds === undefined || seconds <= 0) {
    refuse(flag, metricMessages('en').durationExpected, metricMessages('fr').durationExpected)
  }
  return seconds
}

function momentOf(flag: string, moment: string | Date): string {
  const at = new Date(moment)
  if (Number.isNaN(at.getTime())) refuse(flag, 'a moment in ISO 8601', 'un instant en ISO 8601')
  return at.toISOString()
}
