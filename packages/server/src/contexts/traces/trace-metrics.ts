import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { type Comparison, filterError, invalidValue, parseFilter } from '../../platform/mlflow/index.js'
import { checkedPageSize } from './checks.js'
import { traceMetadata } from './model.js'
import { Int64, Text } from './schema.js'
import { inExperiments, withFilterErrors } from './search-traces.js'
import { traceCondition } from './trace-columns.js'
import { type Condition, textCondition } from './trace-sql.js'

export type MetricView = 'TRACES' | 'SPANS' | 'ASSESSMENTS'
const aggregationTypes = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const
type AggregationType = (typeof aggregationTypes)[number]

interface MetricSpec {
  readonly value: RawBuilder<unknown>
  readonly aggregations: readonly AggregationType[]
  readonly dimensions: readonly string[]
}

const statistics: readonly AggregationType[] = ['AVG', 'MIN', 'MAX', 'PERCENTILE']
const sums: readonly AggregationType[] = ['SUM', ...statistics]

/** Metadata are texts of clients: what is not a count there is no value, never a failure. */
const tokens = (key: string): MetricSpec => ({
  value: sql`substring(t.metadata ->> ${traceMetadata.tokenUsage}::text from ${`"${key}"\\s*:\\s*(\\d{1,15})`})::float8`,
  aggregations: sums,
  dimensions: ['trace_name'],
})
const tokenColumn = (column: string): MetricSpec => ({
  value: sql`${sql.ref(`t.${column}`)}::float8`,
  aggregations: sums,
  dimensions: ['trace_name'],
})
const cost = (key: string): MetricSpec => ({
  value: sql`(s.cost ->> ${key}::text)::float8`,
  aggregations: sums,
  dimensions: ['span_model_name', 'span_model_provider'],
})

const metrics: Readonly<Record<MetricView, Readonly<Record<string, MetricSpec>>>> = {
  TRACES: {
    trace_count: { value: sql.ref('t.id'), aggregations: ['COUNT'], dimensions: ['trace_name', 'trace_status'] },
    session_count: {
      value: sql`distinct t.session_id`,
      aggregations: ['COUNT'],
      dimensions: [],
    },
    latency: { value: sql`t.execution_ms::float8`, aggregations: statistics, dimensions: ['trace_name'] },
    input_tokens: tokenColumn('input_tokens'),
    output_tokens: tokenColumn('output_tokens'),
    total_tokens: tokenColumn('total_tokens'),
    cache_read_input_tokens: tokens('cache_read_input_tokens'),
    cache_creation_input_tokens: tokens('cache_creation_input_tokens'),
  },
  SPANS: {
    span_count: {
      value: sql.ref('s.span_id'),
      aggregations: ['COUNT'],
      dimensions: ['span_name', 'span_type', 'span_status', 'span_model_name', 'span_model_provider'],
    },
    latency: {
      value: sql`((s.end_ns - s.start_ns) / 1000000)::float8`,
      aggregations: statistics,
      dimensions: ['span_name', 'span_status'],
    },
    input_cost: cost('input_cost'),
    output_cost: cost('output_cost'),
    total_cost: cost('total_cost'),
  },
  ASSESSMENTS: {
    assessment_count: {
      value: sql.ref('a.id'),
      aggregations: ['COUNT'],
      dimensions: ['assessment_name', 'assessment_value'],
    },
    assessment_value: { value: sql.ref('a.number_value'), aggregations: statistics, dimensions: ['assessment_name'] },
  },
}

const dimensionColumns: Readonly<Record<string, string>> = {
  trace_name: 't.name',
  trace_status: 't.state',
  span_name: 's.name',
  span_type: 's.type',
  span_status: 's.status',
  span_model_name: 's.model',
  span_model_provider: 's.model_provider',
  assessment_name: 'a.name',
  assessment_value: 'a.value',
}

const sources: Readonly<Record<MetricView, RawBuilder<unknown>>> = {
  TRACES: sql`traces t`,
  SPANS: sql`traces t join trace_spans s on s.trace_id = t.id`,
  ASSESSMENTS: sql`traces t join trace_assessments a on a.trace_id = t.id and a.is_valid`,
}

export interface MetricPoint {
  readonly metric_name: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

const Query = z.object({
  experiment_ids: z.array(Text),
  view: z.enum(['TRACES', 'SPANS', 'ASSESSMENTS']),
  metric: Text,
  aggregations: z
    .array(z.object({ type: z.enum(aggregationTypes), percentile: z.number().min(0).max(100).optional() }))
    .min(1)
    .max(20),
  dimensions: z.array(Text).max(5).default([]),
  filters: z.array(Text).max(50).default([]),
  interval_seconds: z.number().int().min(1).max(1e9).optional(),
  start_ms: Int64.optional(),
  end_ms: Int64.optional(),
  max_results: z.number().int().default(1000),
})
type Query = z.output<typeof Query>

const resultsMax = 10_000

/**
 * Counts, sums, means and percentiles over the traces of experiments, their spans or assessments, by dimensions and
 * intervals of time. Throws `mlflow_invalid_value`, `filter_invalid`.
 */
export const queryTraceMetrics = readVerb({
  name: 'traces.query_trace_metrics',
  permission: 'traces.read',
  input: Query,
  async run({ ctx, input }): Promise<readonly MetricPoint[]> {
    const size = checkedPageSize(input.max_results, resultsMax)
    const spec = checkedSpec(input)
    const groups = groupsOf(input)
    const values = input.aggregations.map(
      ({ type, percentile }, index) =>
        sql`${aggregation(type, spec.value, percentile)} as ${sql.ref(`value_${index}`)}`,
    )
    const conditions = [inExperiments(input.experiment_ids), ...timeConditions(input), ...filterConditions(input)]
    // What has no value or lacks a dimension is in no group, and takes no place in the page.
    const present = spec.aggregations.includes('COUNT') ? [] : [sql<boolean>`${spec.value} is not null`]
    const given = groups.map(({ column }) => sql<boolean>`${column} is not null`)
    const { rows } = await withFilterErrors(() =>
      sql<Record<string, string | number | null>>`
        select ${sql.join([...groups.map(({ column, alias }) => sql`${column} as ${sql.ref(alias)}`), ...values])}
        from ${sources[input.view]} where ${sql.join([...conditions, ...present, ...given], sql` and `)}
        ${groups.length === 0 ? sql`` : sql`group by ${sql.join(groups.map((_, index) => sql.lit(index + 1)))} order by ${sql.join(groups.map((_, index) => sql.lit(index + 1)))}`}
        limit ${size}
      `.execute(ctx.db),
    )
    return rows.flatMap((row) => toPoint(row, input, groups))
  },
})

function checkedSpec(input: Query): MetricSpec {
  const known = metrics[input.view]
  const spec = Object.hasOwn(known, input.metric) ? known[input.metric] : undefined
  if (spec === undefined) {
    throw invalidValue('metric_name', input.metric, `metric_name must be one of ${Object.keys(known).join(', ')}`)
  }
  for (const { type, percentile } of input.aggregations) {
    if (!spec.aggregations.includes(type)) {
      const reason = `Found invalid aggregation_type(s). Supported aggregation types: ${spec.aggregations.join(', ')}`
      throw invalidValue('aggregations', type, reason)
    }
    if ((type === 'PERCENTILE') !== (percentile !== undefined)) {
      throw invalidValue(
        'aggregations',
        percentile ?? null,
        'Percentile value is required for PERCENTILE aggregation, and only there',
      )
    }
  }
  for (const dimension of input.dimensions) {
    if (!spec.dimensions.includes(dimension)) {
      const reason = `Found invalid dimension(s). Supported dimensions: ${spec.dimensions.join(', ')}`
      throw invalidValue('dimensions', dimension, reason)
    }
  }
  const { start_ms, end_ms, interval_seconds } = input
  if (interval_seconds !== undefined && (start_ms === undefined || end_ms === undefined)) {
    const reason = 'start_time_ms and end_time_ms are required if time_interval_seconds is set'
    throw invalidValue('time_interval_seconds', interval_seconds, reason)
  }
  return spec
}

const timeBucket = 'time_bucket'

function groupsOf({ view, dimensions, interval_seconds }: Query) {
  const ms = view === 'SPANS' ? sql`(s.start_ns / 1000000)` : sql`t.request_ms`
  const width = (interval_seconds ?? 1) * 1000
  const buckets =
    interval_seconds === undefined
      ? []
      : [{ alias: timeBucket, column: sql`(floor(${ms}::float8 / ${sql.lit(width)}) * ${sql.lit(width)})` }]
  const columns = [...new Set(dimensions)].map((dimension) => ({
    alias: dimension,
    column: sql.ref(dimensionColumns[dimension] ?? ''),
  }))
  return [...buckets, ...columns]
}

function timeConditions({ view, metric, start_ms, end_ms }: Query): readonly Condition[] {
  // Costs count at the time of the span, all else at that of the trace.
  const ms = view === 'SPANS' && metric.endsWith('_cost') ? sql`(s.start_ns / 1000000)` : sql`t.request_ms`
  return [
    ...(start_ms === undefined ? [] : [sql<boolean>`${ms} >= ${start_ms}`]),
    ...(end_ms === undefined ? [] : [sql<boolean>`${ms} <= ${end_ms}`]),
  ]
}

function filterConditions({ view, filters }: Query): readonly Condition[] {
  return filters.flatMap((filter) => parseFilter(filter).map((comparison) => filterCondition(view, comparison)))
}

/** `trace.status`, `trace.tag.x`, `trace.metadata.x`, `span.name`, `assessment.name` and the like. */
function filterCondition(view: MetricView, comparison: Comparison): Condition {
  const { column } = comparison
  if (column.entity === 'span' || column.entity === 'assessment') {
    const needed = column.entity === 'span' ? 'SPANS' : 'ASSESSMENTS'
    if (view !== needed) {
      throw filterError(
        comparison.text,
        `Filtering by ${column.entity} is only supported for ${needed} view type, got ${view}`,
      )
    }
    const keys = column.entity === 'span' ? ['name', 'status', 'type'] : ['name', 'type']
    if (!keys.includes(column.key)) throw filterError(comparison.text, `Valid keys are ${keys.join(', ')}`)
    const isKind = column.entity === 'assessment' && column.key === 'type'
    const name = `${column.entity === 'span' ? 's' : 'a'}.${isKind ? 'kind' : column.key}`
    return textCondition(sql.ref(name), comparison)
  }
  const match = /^(tag|metadata)\.(.+)$/s.exec(column.key)
  const [, entity, key] = match ?? []
  const renamed =
    column.entity === 'trace' && entity !== undefined && key !== undefined
      ? { ...comparison, column: { entity, key } }
      : comparison
  return traceCondition({ kind: 'comparison', comparison: renamed })
}

function aggregation(type: AggregationType, value: RawBuilder<unknown>, percentile = 0): RawBuilder<unknown> {
  if (type === 'COUNT') return sql`count(${value})::float8`
  if (type === 'PERCENTILE') {
    return sql`percentile_cont(${percentile / 100}::float8) within group (order by ${value})`
  }
  return sql`${sql.raw(type.toLowerCase())}(${value})::float8`
}

/** As Python writes the number: `P50.0`, `P99.9`. */
function labelOf({ type, percentile }: Query['aggregations'][number]): string {
  if (type !== 'PERCENTILE' || percentile === undefined) return type
  return `P${Number.isInteger(percentile) ? percentile.toFixed(1) : percentile}`
}

function toPoint(
  row: Readonly<Record<string, string | number | null>>,
  input: Query,
  groups: readonly { readonly alias: string }[],
): readonly MetricPoint[] {
  const dimensions = groups.map(({ alias }) => {
    const value = row[alias] ?? ''
    return [alias, alias === timeBucket ? bucketText(Number(value)) : String(value)] as const
  })
  const values = input.aggregations.flatMap((asked, index) => {
    const value = row[`value_${index}`]
    return typeof value === 'number' ? [[labelOf(asked), value] as const] : []
  })
  if (values.length === 0) return []
  return [{ metric_name: input.metric, dimensions: Object.fromEntries(dimensions), values: Object.fromEntries(values) }]
}

const bucketText = (ms: number) =>
  Math.abs(ms) > 8.64e15 ? String(ms) : new Date(ms).toISOString().replace(/(\.\d+)?Z$/, '+00:00')
