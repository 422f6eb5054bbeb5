import { z } from 'zod'
import { ColumnName } from '../common.js'

/** Ways to compare columns together. */
export const multivariateMethods = ['domain_classifier', 'reconstruction'] as const

/** Columns together: whether they go together as they did, which no column tells alone. */
export const MonitorMultivariate = z
  .union([
    z.boolean(),
    z.strictObject({
      columns: z.array(ColumnName).min(2).max(1000).optional().meta({
        description: 'Features that are looked at; all that are compared without',
      }),
      methods: z.array(z.enum(multivariateMethods)).min(1).max(2).optional().meta({
        description:
          'domain_classifier: whether boosted trees tell the sides apart; reconstruction: what principal components of the reference lose. Both without',
      }),
      auc_min: z.number().min(0.5).lt(1).optional().meta({
        description: 'Of the domain classifier: smallest area under the ROC curve that matters; 0.55 without',
      }),
    }),
  ])
  .meta({ id: 'MonitorMultivariate' })
export type MonitorMultivariate = z.output<typeof MonitorMultivariate>

/** Columns together: what one method came to. */
export const ReportMultivariate = z
  .object({
    method: z.enum(multivariateMethods),
    state: z.enum(['tested', 'not_enough_data', 'not_testable']),
    score: z.number().nullable().meta({ description: 'Area under the ROC curve, or mean error of reconstruction' }),
    low: z.number().optional().meta({ description: 'Band of the score: 95 % of the area, three sampling errors' }),
    high: z.number().optional(),
    threshold_low: z.number().optional(),
    threshold: z.number().nullable().meta({ description: 'Above it, or below threshold_low, it drifts' }),
    p_value: z.number().optional(),
    drift: z.boolean().nullable().meta({ description: 'Null where nothing could be decided' }),
    columns: z.number().int().meta({ description: 'Looked at' }),
    left_out: z
      .array(z.string())
      .meta({ description: 'Should have been looked at, and one side has them not, or as another kind' }),
    reference_rows: z.number().int().meta({ description: 'Looked at' }),
    current_rows: z.number().int(),
    importances: z.array(z.object({ column: z.string(), share: z.number() })).meta({
      description: 'Which columns tell the sides apart, the most first',
    }),
    sentence: z.string(),
  })
  .meta({ id: 'ReportMultivariate' })
export type ReportMultivariate = z.infer<typeof ReportMultivariate>
