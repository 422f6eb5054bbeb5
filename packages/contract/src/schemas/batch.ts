import { z } from 'zod'
import { ColumnName, Slug, Timestamp } from './common.js'
import { JobState } from './job.js'

/** Rows that a version of a model is to answer, all of them, as a job. */
export const BatchRequest = z
  .strictObject({
    snapshot: z.string().min(1).max(300).meta({
      description: 'The rows: a snapshot by its id, or as PROJECT/DATASET@REF, where REF is latest by default',
    }),
    version: z.string().min(1).max(20).optional().meta({ description: 'The version by its number' }),
    alias: z
      .string()
      .min(1)
      .max(300)
      .optional()
      .meta({ description: 'The version by an alias; champion without both' }),
    into: Slug.optional().meta({
      description:
        'The data set that the answers become a snapshot of, in the project of the rows; MODEL-predictions by default',
    }),
    columns: z
      .array(ColumnName)
      .max(10_000)
      .optional()
      .meta({ description: 'Columns of the rows that stand beside the answers; all without' }),
    max_rejected: z.number().int().min(0).optional().meta({
      description: 'Rows that may be set aside; with more of them the job ends without answers. Any number without',
    }),
    reason: z.string().max(500).default(''),
  })
  .refine(({ version, alias }) => version === undefined || alias === undefined, {
    message: 'name a version or an alias, not both',
    path: ['alias'],
  })
  .meta({ id: 'BatchRequest' })
export type BatchRequest = z.output<typeof BatchRequest>
export type BatchRequestInput = z.input<typeof BatchRequest>

/** The answers of a version to the rows of a snapshot. */
export const Batch = z
  .object({
    id: z.string().meta({ description: 'batch_…' }),
    model: z.string(),
    version: z.string(),
    project: z.string(),
    snapshot_id: z.string().meta({ description: 'The rows that were asked' }),
    dataset: z.string().meta({ description: 'The data set that the answers are a snapshot of' }),
    job_id: z.string(),
    state: JobState,
    result: z
      .object({
        snapshot_id: z.string().meta({ description: 'The answers: columns of the rows, prediction, probabilities' }),
        rows: z.number().int(),
        predicted: z.number().int(),
        rejected: z.number().int().meta({ description: 'Rows that were set aside, each with its reason' }),
        seconds: z.number(),
      })
      .optional()
      .meta({ description: 'Once the job has succeeded' }),
    created_at: Timestamp,
    created_by: z.string(),
  })
  .meta({ id: 'Batch' })
export type Batch = z.infer<typeof Batch>
