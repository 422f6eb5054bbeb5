import { z } from 'zod'
import { ColumnName } from '../common.js'
import { MonitorSeverity } from './state.js'

/** Measures of the quality of the current rows. */
export const qualityMetrics = [
  'rows',
  'missing_share',
  'empty_columns',
  'constant_columns',
  'duplicate_rows_share',
  'new_values_share',
  'out_of_range_share',
] as const

/** A bound that a figure has to hold. What cannot be computed holds no bound and breaks none: it is told as not computed. */
export const MonitorCheck = z
  .strictObject({
    kind: z.enum(['quality', 'performance', 'estimated_performance']),
    metric: z
      .string()
      .min(1)
      .max(100)
      .meta({
        description: `Of quality ${qualityMetrics.join(', ')}; of performance the names of trainings, as roc_auc or rmse; of an estimate accuracy, f1, roc_auc, mae or rmse`,
      }),
    column: ColumnName.optional().meta({ description: 'Of quality: one column only; all together without' }),
    min: z.number().optional(),
    max: z.number().optional(),
    severity: MonitorSeverity.default('alarm'),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, { path: ['min'], message: 'give min, max or both' })
  .meta({ id: 'MonitorCheck' })
export type MonitorCheck = z.output<typeof MonitorCheck>

/** A figure with its bound, where a check gives it one. */
export const ReportMetric = z
  .object({
    kind: z.enum(['quality', 'performance', 'estimated_performance']),
    metric: z.string(),
    column: z.string().optional(),
    value: z.number().nullable().meta({ description: 'Null where it could not be computed' }),
    low: z.number().optional().meta({ description: 'Band of 95 %, where one is known' }),
    high: z.number().optional(),
    rows: z.number().int().meta({ description: 'That it was computed on' }),
    min: z.number().optional(),
    max: z.number().optional(),
    severity: MonitorSeverity.optional(),
    state: z.enum(['holds', 'violated', 'not_computed', 'no_bound']),
    why_not: z.string().optional().meta({ description: 'Why it could not be computed' }),
  })
  .meta({ id: 'ReportMetric' })
export type ReportMetric = z.infer<typeof ReportMetric>
