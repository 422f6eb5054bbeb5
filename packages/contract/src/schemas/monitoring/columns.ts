import { z } from 'zod'

/** Both sides on shared bins. Divide the share of a bin by its width to draw densities. */
export const ColumnHistogram = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('numbers'),
      edges: z.array(z.number()).meta({ description: 'One more than bins; what lies beyond counts at the ends' }),
      reference: z.array(z.number()).meta({ description: 'Share of the rows with a value, by bin' }),
      current: z.array(z.number()),
    }),
    z.object({
      kind: z.literal('labels'),
      labels: z.array(z.string()),
      reference: z.array(z.number()).meta({ description: 'Shares; where there are others, one more for all of them' }),
      current: z.array(z.number()),
      others: z.number().int().meta({ description: 'Labels that are not drawn one by one' }),
    }),
  ])
  .meta({ id: 'ColumnHistogram' })
export type ColumnHistogram = z.infer<typeof ColumnHistogram>

export const ColumnRole = z.enum(['feature', 'prediction', 'target'])
export type ColumnRole = z.infer<typeof ColumnRole>

export const DriftColumnState = z.enum([
  'tested',
  'not_enough_data',
  'no_values',
  'type_changed',
  'missing_column',
  'not_testable',
])

/** What the comparison of a column came to. Only `tested` has a decision. */
export const ReportColumn = z
  .object({
    name: z.string(),
    role: ColumnRole,
    type: z.enum(['num', 'cat', 'text', 'embedding', 'datetime', 'unknown']),
    state: DriftColumnState,
    method: z.string().nullable(),
    method_title: z.string().nullable().meta({ description: 'As people call it, in the language of the request' }),
    score: z.number().nullable(),
    threshold: z.number().nullable(),
    drift: z.boolean().nullable(),
    broken: z.boolean().meta({ description: 'It should have been compared and could not be' }),
    reference_rows: z.number().int().meta({ description: 'With a value' }),
    current_rows: z.number().int(),
    missing: z.object({ reference: z.number().int(), current: z.number().int() }),
    p_value: z.number().optional().meta({ description: 'Calibrated: of this column alone' }),
    adjusted_p_value: z.number().optional().meta({ description: 'Calibrated: with all columns in mind' }),
    effect: z.number().optional(),
    dimension: z.number().int().optional().meta({ description: 'Of an embedding: numbers of each vector' }),
    rows_looked_at: z
      .object({ reference: z.number().int(), current: z.number().int() })
      .optional()
      .meta({ description: 'Of an embedding: rows that the score is made of, of many taken evenly' }),
    sentence: z.string().meta({ description: 'What was computed, on how many rows, and why it alarms or not' }),
    histogram: ColumnHistogram.optional(),
  })
  .meta({ id: 'ReportColumn' })
export type ReportColumn = z.infer<typeof ReportColumn>
