import { z } from 'zod'
import { ColumnName } from '../common.js'

/** Figures whose fall in a part of the rows can be told from chance: each is a mean over rows. */
export const segmentMetrics = ['accuracy', 'recall', 'precision', 'log_loss', 'brier', 'mae', 'rmse'] as const

const isRising = (edges: readonly number[]) => edges.every((edge, at) => at === 0 || edge > (edges[at - 1] ?? 0))

/** A column whose values part the rows: labels as they are, numbers in bins. */
export const MonitorSegment = z
  .union([
    ColumnName,
    z
      .strictObject({
        column: ColumnName,
        edges: z
          .array(z.number())
          .min(1)
          .max(49)
          .refine(isRising, 'must rise')
          .optional()
          .meta({ description: 'Where numbers are cut: a bin begins at each, and one lies below the first' }),
        bins: z.number().int().min(2).max(20).optional().meta({
          description: 'Numbers without edges: so many bins with equally many rows of the reference; 4 without',
        }),
      })
      .refine(({ edges, bins }) => edges === undefined || bins === undefined, {
        path: ['bins'],
        message: 'goes without edges',
      }),
  ])
  .meta({ id: 'MonitorSegment' })
export type MonitorSegment = z.output<typeof MonitorSegment>

/** How the model does on one part of the rows. */
export const ReportSegment = z
  .object({
    column: z.string(),
    segment: z.string().nullable().meta({ description: 'Null: the rows without a value' }),
    title: z.string().meta({ description: 'As people read it, in the language of the request' }),
    from: z.number().optional().meta({ description: 'Of numbers: the bin begins here' }),
    below: z.number().optional().meta({ description: 'Of numbers: the bin ends before it' }),
    state: z.enum(['tested', 'not_enough_data', 'no_reference', 'not_computed']),
    rows: z.number().int().meta({ description: 'Current rows' }),
    labelled: z.number().int().meta({ description: 'Of them those that the figure counts: their truth is known' }),
    reference_labelled: z.number().int(),
    now: z.number().nullable().meta({ description: 'The figure that is compared; null with too few truths' }),
    before: z.number().nullable().meta({ description: 'The same of the reference' }),
    p_value: z.number().optional(),
    adjusted_p_value: z.number().optional().meta({ description: 'With the whole and all segments in mind' }),
    effect: z
      .number()
      .optional()
      .meta({ description: 'How much worse, in deviations of the reference; absent where that had none' }),
    falls: z.boolean().nullable().meta({ description: 'Null where nothing could be decided' }),
    metrics: z.array(
      z.object({
        metric: z.string(),
        value: z.number(),
        low: z.number().optional().meta({ description: 'Band of 95 %, where one is known' }),
        high: z.number().optional(),
      }),
    ),
    sentence: z
      .string()
      .meta({ description: 'What was compared, on how many rows, and why it counts as a fall or not' }),
  })
  .meta({ id: 'ReportSegment' })
export type ReportSegment = z.infer<typeof ReportSegment>

/** Performance by segment, the worst first. */
export const ReportSegments = z
  .object({
    metric: z.string().meta({ description: 'The figure that is compared' }),
    tested: z.number().int(),
    fallen: z.number().int(),
    whole: ReportSegment.omit({ column: true, segment: true, title: true }).meta({ description: 'All rows together' }),
    segments: z.array(ReportSegment),
    columns: z.array(
      z.object({
        column: z.string(),
        segments: z.number().int(),
        left_out: z.object({ segments: z.number().int(), rows: z.number().int() }).optional().meta({
          description: 'Values with fewer rows than those that are told of',
        }),
        why_not: z.string().optional().meta({ description: 'Why the rows cannot be parted by it' }),
      }),
    ),
  })
  .meta({ id: 'ReportSegments' })
export type ReportSegments = z.infer<typeof ReportSegments>
