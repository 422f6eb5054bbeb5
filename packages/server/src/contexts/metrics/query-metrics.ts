import { FabriqueError, type MetricLines, MetricsExportQuery, MetricsQuery } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { type Cell, csvLine, frenchCsv, plainCsv, type RunExport } from '../tracking/index.js'
import { askInput, awayBy } from './list-metrics.js'
import { questionOf } from './question.js'
import { readHistory } from './read-history.js'
import { type AskPrometheus, readPrometheus } from './read-prometheus.js'
import { type Line, timesOf } from './steps.js'

/** One metric, step by step. A Prometheus that is away is a state, no failure. Throws `metric_not_recorded`, `metrics_too_wide`, `invalid_request`. */
export const queryMetrics = readVerb({
  name: 'metrics.query_metrics',
  permission: 'status.read',
  input: MetricsQuery.extend({ ask: askInput }),
  run: ({ ctx, input: { ask, ...query } }): Promise<MetricLines> => read(ctx, query, ask),
})

async function read(ctx: VerbContext, query: MetricsQuery, ask: AskPrometheus | undefined): Promise<MetricLines> {
  const question = questionOf(query, ctx.clock.now())
  const { name, steps, level } = question
  const about = { name, step_s: steps.seconds }
  const kind = ask === undefined ? 'fabrique' : 'prometheus'
  try {
    const found = ask === undefined ? await readHistory(ctx, question) : await readPrometheus(ask, question, ctx.actor)
    const shown = mostFirst(found.lines).slice(0, limit('metrics.query_lines_max'))
    return {
      ...about,
      source: { kind, state: 'ok' },
      kind: found.kind,
      read: found.read,
      kept_s: ask === undefined ? level : steps.seconds,
      times: timesOf(steps),
      items: shown.map(({ labels, values }) => ({ labels, values: [...values] })),
      left_out: found.lines.length - shown.length,
    }
  } catch (error) {
    const source = awayBy(error)
    return { ...about, source, kind: 'gauge', read: 'value', kept_s: steps.seconds, times: [], items: [], left_out: 0 }
  }
}

/** Where not all are drawn, those with the greatest values are; then by their labels. */
function mostFirst(lines: readonly Line[]): readonly Line[] {
  const most = ({ values }: Line) => values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  const named = (line: Line) => JSON.stringify(line.labels)
  return [...lines].sort((left, right) => most(right) - most(left) || (named(left) < named(right) ? -1 : 1))
}

/** The same as a table: a line for each step, a column for each series. Throws `prometheus_away` as well. */
export const exportMetrics = readVerb({
  name: 'metrics.export_metrics',
  permission: 'status.read',
  input: MetricsExportQuery.extend({ ask: askInput }),
  async run({ ctx, input: { ask, format, ...query } }): Promise<RunExport> {
    const found = await read(ctx, query, ask)
    if (found.source.state === 'away') throw new FabriqueError('prometheus_away', { reason: found.source.reason ?? '' })
    const dialect = format === 'csv-fr' ? frenchCsv : plainCsv
    const head = ['time', ...found.items.map(({ labels }) => titleOf(found.name, labels))]
    const lines = function* () {
      yield dialect.start +
        csvLine(
          head.map((text): Cell => ({ kind: 'text', text })),
          dialect,
        )
      for (const [at, seconds] of found.times.entries()) {
        const values = found.items.map(({ values: own }) => valueCell(own[at]))
        yield csvLine([{ kind: 'moment', iso: new Date(seconds * 1000).toISOString() }, ...values], dialect)
      }
    }
    return { mediaType: 'text/csv; charset=utf-8', fileName: `${found.name}.csv`, parts: asParts(lines()) }
  },
})

/** A series as Prometheus writes it. */
function titleOf(name: string, labels: Readonly<Record<string, string>>): string {
  const told = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return told.length === 0 ? name : `${name}{${told.join(',')}}`
}

const valueCell = (value: number | null | undefined): Cell =>
  value === null || value === undefined ? undefined : { kind: 'value', text: String(value) }

async function* asParts(lines: Iterable<string>): AsyncGenerator<string> {
  let part = ''
  for (const line of lines) {
    part += line
    if (part.length < partChars) continue
    yield part
    part = ''
  }
  if (part !== '') yield part
}

const partChars = 65_536
