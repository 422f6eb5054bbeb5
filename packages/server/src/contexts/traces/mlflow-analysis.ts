import { defineMlflowEndpoints, type MlflowParams, missingValue, unlessEmpty } from '../../platform/mlflow/index.js'
import { correlateFilters } from './filter-correlation.js'
import { queryTraceMetrics } from './trace-metrics.js'

const versions = ['3.0'] as const
const views = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const
const aggregations = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const

function experimentIdsOf(params: MlflowParams): string[] {
  const ids = [...params.texts('experiment_ids')]
  if (ids.length === 0) throw missingValue('experiment_ids')
  return ids
}

function requiredChoice<Name extends string>(params: MlflowParams, name: string, names: readonly Name[]): Name {
  const found = params.choice(name, names)
  if (found === undefined) throw missingValue(params.pathOf(name))
  return found
}

const wireDouble = (value: number) => (Number.isNaN(value) ? 'NaN' : value)

export const analysisEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'traces/metrics',
    versions,
    handle: async ({ ctx, params }) => {
      const asked = params.objects('aggregations')
      if (asked.length === 0) throw missingValue('aggregations')
      const points = await queryTraceMetrics({
        ctx,
        input: {
          experiment_ids: experimentIdsOf(params),
          view: requiredChoice(params, 'view_type', views),
          metric: params.requiredText('metric_name'),
          aggregations: asked.map((aggregation) => ({
            type: requiredChoice(aggregation, 'aggregation_type', aggregations),
            percentile: aggregation.double('percentile_value'),
          })),
          dimensions: [...params.texts('dimensions')],
          filters: [...params.texts('filters')],
          interval_seconds: params.integer('time_interval_seconds') || undefined,
          start_ms: params.integer('start_time_ms'),
          end_ms: params.integer('end_time_ms'),
          max_results: params.integer('max_results') || undefined,
        },
      })
      return { data_points: unlessEmpty(points) }
    },
  },
  {
    method: 'POST',
    path: 'traces/calculate-filter-correlation',
    versions,
    handle: async ({ ctx, params }) => {
      const found = await correlateFilters({
        ctx,
        input: {
          experiment_ids: experimentIdsOf(params),
          filter1: params.requiredText('filter_string1'),
          filter2: params.requiredText('filter_string2'),
          base_filter: params.text('base_filter'),
        },
      })
      return { ...found, npmi: wireDouble(found.npmi), npmi_smoothed: wireDouble(found.npmi_smoothed) }
    },
  },
])
