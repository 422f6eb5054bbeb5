import { z } from 'zod'
import { Slug, Timestamp } from '../common.js'

/** What the current rows are compared with. */
export const MonitorReference = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('training'),
      alias: z.string().min(1).max(300).default('champion').meta({
        description: 'The version of the model whose training set it is; without one that has it, the newest',
      }),
    }),
    z.strictObject({
      kind: z.literal('snapshot'),
      snapshot: z.string().min(1).max(300).meta({ description: 'By its id, or as PROJECT/DATASET@REF' }),
    }),
    z.strictObject({
      kind: z.literal('window'),
      days: z.number().min(0.01).max(400).meta({ description: 'How long the span is, in days' }),
      offset_days: z.number().min(0).max(400).default(0).meta({
        description: 'How long before the current span it ends; 0 ends where that begins',
      }),
    }),
  ])
  .meta({ id: 'MonitorReference' })
export type MonitorReference = z.output<typeof MonitorReference>

/** What is looked at. */
export const MonitorCurrent = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('predictions'),
      days: z.number().min(0.01).max(400).default(7).meta({ description: 'The newest predictions, so many days' }),
      version: z.string().min(1).max(20).optional().meta({ description: 'Of one version only; all without' }),
    }),
    z.strictObject({
      kind: z.literal('snapshot'),
      dataset: Slug.meta({ description: 'Data set of the project of the monitor' }),
      ref: z.string().min(1).max(200).default('latest').meta({ description: 'A tag, an id, or latest' }),
    }),
  ])
  .meta({ id: 'MonitorCurrent' })
export type MonitorCurrent = z.output<typeof MonitorCurrent>

/** One side of a comparison: what it was, and its rows. */
export const ReportSide = z
  .object({
    what: z.enum(['training', 'profile', 'snapshot', 'predictions', 'file']),
    rows: z.number().int(),
    project: z.string().optional(),
    dataset: z.string().optional(),
    snapshot_id: z.string().optional(),
    model: z.string().optional(),
    version: z.string().optional(),
    run_id: z.string().optional().meta({ description: 'The training that read it' }),
    from: Timestamp.optional(),
    until: Timestamp.optional(),
    stands_for: z.number().int().optional().meta({
      description: 'Predictions that the rows of a sampled log stand for, where that is more; each row counts once',
    }),
    sampled_of: z.number().int().optional().meta({ description: 'Rows that the rows read were taken from, evenly' }),
    scored_rows: z.number().int().optional().meta({
      description: 'Rows that performance was measured on, taken evenly, where that is not all of them',
    }),
  })
  .meta({ id: 'ReportSide' })
export type ReportSide = z.infer<typeof ReportSide>
