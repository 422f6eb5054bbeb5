import { z } from 'zod'
import { Timestamp } from '../common.js'
import { ReportMetric } from './checks.js'
import { ColumnRole, DriftColumnState, ReportColumn } from './columns.js'

/** What of a column stood in one report. */
export const ColumnPoint = z.object({
  report_id: z.string(),
  at: Timestamp,
  state: DriftColumnState,
  method: z.string().nullable(),
  score: z.number().nullable(),
  threshold: z.number().nullable(),
  drift: z.boolean().nullable(),
  missing_share: z.number().nullable().meta({ description: 'Of the current rows' }),
})

export type ColumnPoint = z.infer<typeof ColumnPoint>

/** The columns of a monitor over its newest reports, oldest point first. */
export const MonitorTrends = z
  .object({ columns: z.array(z.object({ name: z.string(), role: ColumnRole, points: z.array(ColumnPoint) })) })
  .meta({ id: 'MonitorTrends' })
export type MonitorTrends = z.infer<typeof MonitorTrends>

export const ColumnTrend = z
  .object({
    name: z.string(),
    role: ColumnRole,
    points: z.array(ColumnPoint),
    newest: ReportColumn.optional().meta({ description: 'As in the newest report that has it' }),
  })
  .meta({ id: 'ColumnTrend' })
export type ColumnTrend = z.infer<typeof ColumnTrend>

export const TrendQuery = z.object({
  reports: z.coerce.number().int().min(1).max(400).default(30).meta({ description: 'How many of the newest' }),
})

/** The figures of a monitor over its newest reports, oldest point first. */
export const MetricTrends = z
  .object({
    metrics: z.array(
      z.object({
        kind: ReportMetric.shape.kind,
        metric: z.string(),
        column: z.string().optional(),
        min: z.number().optional(),
        max: z.number().optional(),
        points: z.array(
          z.object({
            report_id: z.string(),
            at: Timestamp,
            value: z.number().nullable(),
            low: z.number().optional(),
            high: z.number().optional(),
            rows: z.number().int(),
            state: ReportMetric.shape.state,
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'MetricTrends' })
export type MetricTrends = z.infer<typeof MetricTrends>
