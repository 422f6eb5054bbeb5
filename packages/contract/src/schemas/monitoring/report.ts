import { z } from 'zod'
import { PageQuery, pageOf, Slug, Timestamp } from '../common.js'
import { ReportAction } from './actions.js'
import { ReportMetric } from './checks.js'
import { ReportColumn } from './columns.js'
import { DriftMode } from './definition.js'
import { ReportMultivariate } from './multivariate.js'
import { ReportSegments } from './segments.js'
import { ReportSide } from './sides.js'
import { MonitorState } from './state.js'

/** A report without its columns, as lists have it. */
export const MonitorReport = z
  .object({
    id: z.string().meta({ description: 'drift_…' }),
    monitor: z.string(),
    project: z.string(),
    model: z.string().optional(),
    at: Timestamp,
    origin: z.enum(['schedule', 'snapshot', 'manual', 'flow']),
    ad_hoc: z.boolean().meta({
      description: 'It compared other rows than those of the monitor: its state is not that of the monitor',
    }),
    state: MonitorState,
    sentence: z.string(),
    mode: DriftMode,
    reference: ReportSide.optional().meta({ description: 'Absent where the run failed before it was known' }),
    current: ReportSide.optional(),
    rows_min: z.number().int(),
    tested: z.number().int(),
    drifted: z.number().int(),
    broken: z.number().int(),
    columns_total: z.number().int(),
    share: z.number().nullable(),
    share_min: z.number().nullable(),
    violated: z.number().int().meta({ description: 'Checks whose bound does not hold' }),
    multivariate_drift: z.boolean().nullable().optional().meta({
      description: 'Columns together, where they are looked at; null where nothing could be decided',
    }),
    performance_falls: z.boolean().nullable().optional().meta({
      description: 'Of a monitor with segments: all rows together; null where nothing could be decided',
    }),
    segments_fallen: z.number().int().optional().meta({ description: 'Segments in which the model does worse' }),
    segments_undecided: z.number().int().optional().meta({
      description: 'Segments of which is not known whether the model does worse',
    }),
    worst_column: z.string().optional(),
    actions: z.array(ReportAction),
    error: z
      .object({ code: z.string(), message: z.string(), hint: z.string() })
      .optional()
      .meta({ description: 'Of a run that failed' }),
    job_id: z.string().optional(),
    requested_by: z.string(),
    duration_ms: z.number(),
  })
  .meta({ id: 'MonitorReport' })
export type MonitorReport = z.infer<typeof MonitorReport>

export const MonitorReportDetail = MonitorReport.extend({
  columns: z.array(ReportColumn).meta({ description: 'Prediction and target first, then the drifted, by severity' }),
  metrics: z.array(ReportMetric),
  segments: ReportSegments.optional().meta({ description: 'Of a monitor with segments, where there are predictions' }),
  multivariate: z.array(ReportMultivariate).optional().meta({ description: 'Of a monitor that asks for it' }),
}).meta({ id: 'MonitorReportDetail' })
export type MonitorReportDetail = z.infer<typeof MonitorReportDetail>

export const ReportQuery = PageQuery.extend({
  monitor: Slug.optional(),
  project: Slug.optional(),
  model: z.string().min(1).max(250).optional(),
  state: MonitorState.optional(),
})
export const MonitorReportPage = pageOf('MonitorReport', MonitorReport)

/** Two reports side by side: columns in the order of the second. */
export const ReportComparison = z
  .object({
    before: MonitorReport,
    after: MonitorReport,
    columns: z.array(
      z.object({
        name: z.string(),
        change: z.enum(['same', 'began', 'ended', 'other_method', 'only_before', 'only_after']).meta({
          description: 'began: it drifts now and did not; ended: the other way round',
        }),
        before: ReportColumn.omit({ histogram: true }).optional(),
        after: ReportColumn.omit({ histogram: true }).optional(),
      }),
    ),
  })
  .meta({ id: 'ReportComparison' })
export type ReportComparison = z.infer<typeof ReportComparison>
