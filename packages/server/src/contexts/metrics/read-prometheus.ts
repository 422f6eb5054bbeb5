import type { MetricKind, MetricReading } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import type { Actor } from '../../platform/index.js'
import { isRecorded } from './model.js'
import { type Question, readingOf } from './question.js'
import type { Found } from './read-history.js'
import { type Labels, timesOf } from './steps.js'

/** Asks a Prometheus. Every failure is a `PrometheusAway`. */
export type AskPrometheus = (path: string, params: URLSearchParams) => Promise<unknown>

/** Prometheus does not answer, or not as it should; the message is for people. */
export class PrometheusAway extends Error {}

const Reply = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.unknown() }),
  z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string() }),
])

/** @param address of PROMETHEUS_URL; may hold a name, a password and a path */
export function openPrometheus(address: string): AskPrometheus {
  const base = new URL(address)
  const { username, password } = base
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  base.username = ''
  base.password = ''
  const root = base.href.replace(/\/+$/, '')
  return async (path, params) => {
    try {
      const reply = await fetch(`${root}/api/v1/${path}`, {
        method: 'POST',
        body: params,
        redirect: 'error',
        headers: username === '' ? {} : { authorization: `Basic ${login}` },
        signal: AbortSignal.timeout(limit('metrics.prometheus_ms')),
      })
      const parsed = Reply.safeParse(JSON.parse(await textOf(reply)))
      if (!parsed.success) throw new PrometheusAway(`its answer with status ${reply.status} is none of Prometheus`)
      if (parsed.data.status === 'error') throw new PrometheusAway(parsed.data.error)
      return parsed.data.data
    } catch (error) {
      if (error instanceof PrometheusAway) throw error
      throw new PrometheusAway(reasonOf(error), { cause: error })
    }
  }
}

async function textOf(reply: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of reply.body ?? []) {
    bytes += part.byteLength
    if (bytes > limit('metrics.prometheus_bytes_max'))
      throw new PrometheusAway(`its answer has more than ${bytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${limit('metrics.prometheus_ms') / 1000} s`
  if (error instanceof SyntaxError) return 'its answer is no JSON'
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}

export interface NamedSeries {
  readonly name: string
  readonly labels: Labels
  readonly kind: Exclude<MetricKind, 'histogram'>
}

const SeriesList = z.array(z.record(z.string(), z.string()))
const Matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(
    z.object({
      metric: z.record(z.string(), z.string()),
      values: z.array(z.tuple([z.number(), z.string()])),
    }),
  ),
})

/** What it has of Fabrique and of machines, of the last hour. Its names tell the kinds. */
export async function seriesOfPrometheus(
  ask: AskPrometheus,
  { models }: Actor,
  now: Date,
): Promise<readonly NamedSeries[]> {
  const end = now.getTime() / 1000
  const found = await ask(
    'series',
    new URLSearchParams({
      'match[]': selector('', ['__name__=~"(fabrique|http|node|process|nodejs)_.+"'], models),
      start: String(end - 3600),
      end: String(end),
      limit: String(seriesMax),
    }),
  )
  return parse(SeriesList, found).flatMap(({ __name__: name = '', ...labels }) =>
    isRecorded(name) ? [{ name, labels, kind: kindOf(name) }] : [],
  )
}

const seriesMax = 20_000
const kindOf = (name: string) => (/_(total|count|sum|bucket)$/.test(name) ? 'counter' : 'gauge')

/** The same question as of the own history. Throws `PrometheusAway`, `invalid_request`. */
export async function readPrometheus(ask: AskPrometheus, question: Question, { models }: Actor): Promise<Found> {
  const { steps, name } = question
  const own = kindOf(name)
  const kind: MetricKind = own === 'gauge' && (await hasBuckets(ask, question)) ? 'histogram' : own
  const read = readingOf(kind, question)
  const times = timesOf(steps)
  const asked = new URLSearchParams({
    query: expressionOf({ ...question, read }, kind, models),
    // A value of Prometheus is of the time before its moment: that of a step stands at its end.
    start: String(steps.from + steps.seconds),
    end: String(steps.from + steps.count * steps.seconds),
    step: String(steps.seconds),
  })
  const { result } = parse(Matrix, await ask('query_range', asked))
  const lines = result.map(({ metric: { __name__: _, ...labels }, values }) => {
    const byTime = new Map(values.map(([at, value]) => [Math.round(at - steps.seconds), Number(value)]))
    return { labels, values: times.map((at) => finite(byTime.get(at))) }
  })
  return { kind, read, lines }
}

const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null)

async function hasBuckets(ask: AskPrometheus, { name, steps }: Question): Promise<boolean> {
  const params = { 'match[]': `${name}_bucket`, start: String(steps.from), limit: '1' }
  return parse(SeriesList, await ask('series', new URLSearchParams(params))).length > 0
}

function parse<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const parsed = schema.safeParse(data)
  if (parsed.success) return parsed.data
  throw new PrometheusAway('its answer has another form than that of Prometheus 2')
}

/** What is looked for: series of a name with some labels, of the models that may be looked at. */
function selector(name: string, given: readonly string[], models: ReadonlySet<string> | undefined): string {
  const matchers = [...given]
  if (models !== undefined) {
    const list = [...models].map((model) => model.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    matchers.push(`model=~${JSON.stringify(['', ...list].join('|'))}`)
  }
  return `${name}{${matchers.join(',')}}`
}

/** Shorter than two scrapes there is no rate. */
const windowSecondsMin = 30

/** The question in the language of Prometheus. */
export function expressionOf(
  { name, labels, steps, read, quantile, aggregate, by }: Question & { readonly read: MetricReading },
  kind: MetricKind,
  models?: ReadonlySet<string>,
): string {
  const part = kind !== 'histogram' ? name : read === 'quantile' ? `${name}_bucket` : `${name}_count`
  const wanted = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  const window = `[${Math.max(steps.seconds, kind === 'gauge' ? 0 : windowSecondsMin)}s]`
  const ranged = `${selector(part, wanted, models)}${window}`
  const list = by.join(', ')
  if (read === 'quantile') {
    const inner = `rate(${ranged})`
    const summed = aggregate === 'none' ? inner : `sum by (${[...by, 'le'].join(', ')}) (${inner})`
    return `histogram_quantile(${quantile}, ${summed})`
  }
  const told = `${functions[read]}(${ranged})`
  return aggregate === 'none' ? told : `${aggregate} by (${list}) (${told})`
}

const functions = {
  value: 'avg_over_time',
  min: 'min_over_time',
  max: 'max_over_time',
  rate: 'rate',
  increase: 'increase',
} as const
