import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { offsetOf, pageOfRows } from '../../platform/mlflow/index.js'
import type { Metric } from './model.js'
import { checkRunExists } from './run-store.js'
import { RunId, Text } from './schema.js'

export interface MetricHistory {
  readonly metrics: readonly Metric[]
  readonly next_page_token?: string
}

/**
 * The points of a metric, by time or by step; all of them without `max_results`. A metric without points is empty.
 * Throws `run_not_found`, `page_token_invalid`.
 */
export const getMetricHistory = readVerb({
  name: 'tracking.get_metric_history',
  permission: 'runs.read',
  input: RunId.extend({
    metric_key: Text,
    order: z.enum(['time', 'step']).default('time'),
    max_results: z.number().int().min(1).optional(),
    page_token: z.string().optional(),
  }),
  async run({ ctx, input }): Promise<MetricHistory> {
    const offset = offsetOf(input.page_token)
    const size = input.max_results ?? Number.MAX_SAFE_INTEGER
    const order = input.order === 'time' ? sql`timestamp_ms, step` : sql`step, timestamp_ms`
    const { rows } = await sql<PointRow>`
      select timestamp_ms, step, value, is_nan
      from metrics where run_id = ${input.run_id} and key = ${input.metric_key}
      order by ${order}, value, is_nan limit ${Math.min(size + 1, Number.MAX_SAFE_INTEGER)} offset ${offset}
    `.execute(ctx.db)
    if (rows.length === 0) await checkRunExists(ctx, input.run_id)
    const { page, nextPageToken } = pageOfRows(rows, { offset, size })
    const metrics = page.map((row) => toMetric(input.metric_key, row))
    return nextPageToken === undefined ? { metrics } : { metrics, next_page_token: nextPageToken }
  },
})

interface PointRow {
  readonly timestamp_ms: number
  readonly step: number
  readonly value: number
  readonly is_nan: boolean
}

function toMetric(key: string, { value, is_nan, timestamp_ms, step }: PointRow): Metric {
  return { key, value: is_nan ? 'NaN' : value, timestamp: timestamp_ms, step }
}
