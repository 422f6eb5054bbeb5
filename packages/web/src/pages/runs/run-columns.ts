import type { RunColumn as KnownColumn, Run } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'

export const columnKinds = ['general', 'metric', 'param', 'tag'] as const
export type ColumnKind = (typeof columnKinds)[number]

/** Which figure of a metric a column shows. */
export const aggregates = ['last', 'min', 'max', 'mean'] as const
export type Aggregate = (typeof aggregates)[number]

/** A column of the table. Its id stands in addresses: `status`, `params.depth`, `metrics.loss`, `min(metrics.loss)`. */
export interface RunColumn {
  readonly id: string
  readonly kind: ColumnKind
  readonly key: string
  readonly label: string
  readonly aggregate: Aggregate
  readonly isNumber: boolean
  /** What the server filters and orders by, without direction; undefined where it cannot. */
  readonly expression: string | undefined
}

const generalExpressions = {
  status: 'attributes.status',
  name: 'attributes.run_name',
  started: 'attributes.start_time',
  duration: 'attributes.duration',
  user: 'attributes.user_id',
  id: 'attributes.run_id',
  ended: 'attributes.end_time',
} as const
export type GeneralColumn = keyof typeof generalExpressions
const generalIds = Object.keys(generalExpressions) as readonly GeneralColumn[]

/** A key as the filter language takes it: as it is, or quoted. */
export function quoteKey(key: string): string {
  if (/^[\p{L}\p{N}_]+$/u.test(key)) return key
  return key.includes('`') ? `"${key}"` : `\`${key}\``
}

export const generalColumn = (id: GeneralColumn, t: Catalogue): RunColumn => ({
  id,
  kind: 'general',
  key: id,
  label: t.runs[id],
  aggregate: 'last',
  isNumber: id === 'duration',
  expression: generalExpressions[id],
})

export function paramColumn(key: string, isNumber: boolean): RunColumn {
  const expression = `params.${quoteKey(key)}`
  return { id: `params.${key}`, kind: 'param', key, label: key, aggregate: 'last', isNumber, expression }
}

export function tagColumn(key: string): RunColumn {
  const expression = `tags.${quoteKey(key)}`
  return { id: `tags.${key}`, kind: 'tag', key, label: key, aggregate: 'last', isNumber: false, expression }
}

export function metricColumn(key: string, aggregate: Aggregate, t: Catalogue): RunColumn {
  const plain = `metrics.${quoteKey(key)}`
  return {
    id: aggregate === 'last' ? `metrics.${key}` : `${aggregate}(metrics.${key})`,
    kind: 'metric',
    key,
    label: aggregate === 'last' ? key : `${key} (${t.runs.aggregates[aggregate]})`,
    aggregate,
    isNumber: true,
    expression: aggregate === 'last' ? plain : `${aggregate}(${plain})`,
  }
}

const isNumberText = (text: string) => text.trim() !== '' && Number.isFinite(Number(text))

/** Everything a column can be made from: what the experiment is known to have. */
export interface ColumnSource {
  readonly known: readonly KnownColumn[]
  readonly t: Catalogue
}

/** The column of an id, or undefined where no run has it. */
export function columnOf(id: string, { known, t }: ColumnSource): RunColumn | undefined {
  const general = generalIds.find((each) => each === id)
  if (general !== undefined) return generalColumn(general, t)
  const match = /^(?:(min|max|mean)\((metrics\.[\s\S]+)\)|((?:metrics|params|tags)\.[\s\S]+))$/.exec(id)
  const plain = match?.[2] ?? match?.[3]
  if (plain === undefined) return undefined
  const dot = plain.indexOf('.')
  const kind = { metrics: 'metric', params: 'param', tags: 'tag' }[plain.slice(0, dot)]
  const found = known.find((column) => column.kind === kind && column.key === plain.slice(dot + 1))
  if (found === undefined) return undefined
  return knownColumn(found, t, aggregates.find((each) => each === match?.[1]) ?? 'last')
}

export function knownColumn(column: KnownColumn, t: Catalogue, aggregate: Aggregate = 'last'): RunColumn {
  if (column.kind === 'metric') return metricColumn(column.key, aggregate, t)
  if (column.kind === 'tag') return tagColumn(column.key)
  return paramColumn(column.key, column.values.length > 0 && column.values.every(isNumberText))
}

const defaultGeneral = ['status', 'name', 'started', 'duration', 'user'] as const
const defaultParams = 3
const defaultMetrics = 3
const machineMetric = /^system\//

/** What is shown before anything is chosen: what every run has, the parameters that vary, the metrics most runs have. */
export function defaultColumnIds(known: readonly KnownColumn[]): readonly string[] {
  const byUse = (first: KnownColumn, second: KnownColumn) =>
    second.run_count - first.run_count || second.distinct_count - first.distinct_count
  const params = known.filter(({ kind, distinct_count }) => kind === 'param' && distinct_count > 1).sort(byUse)
  const metrics = known.filter(({ kind, key }) => kind === 'metric' && !machineMetric.test(key)).sort(byUse)
  return [
    ...defaultGeneral,
    ...metrics.slice(0, defaultMetrics).map(({ key }) => `metrics.${key}`),
    ...params.slice(0, defaultParams).map(({ key }) => `params.${key}`),
  ]
}

type MetricFigure = number | 'NaN' | 'Infinity' | '-Infinity'

/** The figure of a metric that a column shows. Without statistics, as of runs that go on, the newest value stands in. */
export function metricFigure(run: Run, key: string, aggregate: Aggregate): MetricFigure | undefined {
  const metric = run.metrics[key]
  if (metric === undefined) return undefined
  return aggregate === 'last' ? metric.value : (metric[aggregate] ?? metric.value)
}

/** The value of a column as people would copy it. */
export function cellValue(run: Run, column: RunColumn): string | number | undefined {
  switch (column.kind) {
    case 'metric':
      return metricFigure(run, column.key, column.aggregate)
    case 'param':
      return run.params[column.key]
    case 'tag':
      return run.tags[column.key]
    case 'general':
      return generalValue(run, column.key)
  }
}

function generalValue(run: Run, key: string): string | number | undefined {
  switch (key) {
    case 'status':
      return run.status
    case 'name':
      return run.name
    case 'started':
      return run.started_at
    case 'ended':
      return run.ended_at
    case 'duration':
      return run.duration_ms
    case 'user':
      return run.user
    default:
      return run.id
  }
}

/** Names of the fields a search has to send for these columns. */
export function fieldsOf(columns: readonly RunColumn[]) {
  const keys = (kind: ColumnKind) => [...new Set(columns.filter((c) => c.kind === kind).map(({ key }) => key))].sort()
  return { params: keys('param'), metrics: keys('metric'), tags: keys('tag') }
}

/** What people call a run: its name, or the beginning of its id. */
export const runLabel = (run: Pick<Run, 'id' | 'name'>): string => (run.name === '' ? run.id.slice(0, 8) : run.name)
