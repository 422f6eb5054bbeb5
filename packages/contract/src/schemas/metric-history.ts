import { z } from 'zod'
import { Timestamp } from './common.js'

/** Where the history of metrics is read from, and whether it can be. */
export const MetricSource = z
  .object({
    kind: z.enum(['fabrique', 'prometheus']),
    state: z.enum(['ok', 'away']),
    reason: z.string().optional().meta({ description: 'Why it is away' }),
  })
  .meta({ id: 'MetricSource' })
export type MetricSource = z.infer<typeof MetricSource>

/** A counter only grows and is read as a rate; a histogram is read by its quantiles. */
export const MetricKind = z.enum(['counter', 'gauge', 'histogram'])
export type MetricKind = z.infer<typeof MetricKind>

/** A metric with the values that its labels have had. */
export const RecordedMetric = z
  .object({
    name: z.string(),
    kind: MetricKind,
    series: z.number().int().meta({ description: 'Series of it, buckets counted as one' }),
    labels: z.record(z.string(), z.array(z.string())).meta({ description: 'At most 100 values of each' }),
  })
  .meta({ id: 'RecordedMetric' })
export type RecordedMetric = z.infer<typeof RecordedMetric>

export const RecordedMetrics = z
  .object({
    source: MetricSource,
    items: z.array(RecordedMetric),
    left_out: z.number().int().meta({ description: 'Series beyond the limit, which are not kept' }),
  })
  .meta({ id: 'RecordedMetrics' })
export type RecordedMetrics = z.infer<typeof RecordedMetrics>

/** What is told of each step: of a gauge its mean, least or greatest value; of a counter what it grew by, also by second. */
export const MetricReading = z.enum(['value', 'min', 'max', 'rate', 'increase', 'quantile'])
export type MetricReading = z.infer<typeof MetricReading>

const name = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/, 'must be the name of a metric')

export const MetricsQuery = z.object({
  name,
  labels: z
    .string()
    .max(2000)
    .default('')
    .meta({ description: 'Series with these labels only, as handler=/predict,method=POST; \\, stands for a comma' }),
  from: Timestamp.optional().meta({ description: 'An hour before the end without' }),
  to: Timestamp.optional().meta({ description: 'Now without' }),
  step_s: z.coerce.number().int().min(1).max(86_400).optional().meta({ description: 'Chosen by the range without' }),
  read: MetricReading.optional().meta({
    description: 'Without: the mean value of a gauge, the rate of a counter, a quantile of a histogram',
  }),
  quantile: z.coerce.number().min(0).max(1).default(0.95),
  aggregate: z.enum(['none', 'sum', 'avg', 'min', 'max']).default('none').meta({ description: 'Over series' }),
  by: z.string().max(500).default('').meta({ description: 'Labels that stay apart where series are put together' }),
})
export type MetricsQuery = z.infer<typeof MetricsQuery>

export const MetricsExportQuery = MetricsQuery.extend({
  format: z.enum(['csv', 'csv-fr']).default('csv').meta({ description: 'csv-fr is for French Excel' }),
})

export const MetricLines = z
  .object({
    source: MetricSource,
    name: z.string(),
    kind: MetricKind,
    read: MetricReading,
    step_s: z.number().int(),
    kept_s: z.number().int().meta({ description: 'Seconds between the moments that are kept of this time' }),
    times: z.array(z.number()).meta({ description: 'Beginnings of the steps, in seconds since 1970' }),
    items: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        values: z.array(z.number().nullable()).meta({ description: 'One for each step; null where nothing is known' }),
      }),
    ),
    left_out: z.number().int().meta({ description: 'Lines beyond the limit' }),
  })
  .meta({ id: 'MetricLines' })
export type MetricLines = z.infer<typeof MetricLines>
