import { z } from 'zod'
import { Json } from './common.js'

/** Which model a short verb is about. */
export const ShortQuery = z.object({
  model: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .meta({ description: 'One that a project declares; without it the one that /predict answers for' }),
})

/** The same for one that waits. A connection without a byte is closed after two minutes. */
export const ShortWaitQuery = ShortQuery.extend({
  wait_seconds: z.coerce
    .number()
    .min(0)
    .max(100)
    .default(60)
    .meta({ description: 'Longest wait; what takes longer is answered with 202 and goes on' }),
})

/** What is made in place of the rows that a synthetic data set declares; what is left out is as declared. */
export const GenerateRequest = z
  .strictObject({
    rows: z.number().int().min(1).max(1_000_000),
    classes: z.number().int().min(2).max(100).meta({ description: 'Of a classification, or clusters of blobs' }),
    features: z.number().int().min(1).max(1000),
    noise: z.number().min(0).max(1000).meta({
      description: 'Share of wrong labels of a classification, 0 to 1; deviation of the noise of others',
    }),
    drift: z.number().min(-1000).max(1000).meta({
      description:
        'Added to every feature of a classification, to the target of a regression, to the second half of a series',
    }),
    seed: z.number().int().min(0).max(4_294_967_295).meta({ description: 'Another seed is another problem' }),
  })
  .partial()
  .meta({ id: 'GenerateRequest' })
export type GenerateRequest = z.infer<typeof GenerateRequest>

const Status = z.enum(['done', 'under_way'])
const declared = { project: z.string(), model: z.string() }

export const GenerateReply = z
  .object({
    status: Status,
    ...declared,
    dataset: z.string(),
    source: z
      .object({
        generator: z.string(),
        rows: z.number().int(),
        seed: z.number().int(),
        params: z.record(z.string(), Json),
      })
      .meta({ description: 'What the rows are made from: the same makes the same' }),
    job_id: z.string(),
    snapshot_id: z.string().optional(),
    is_new: z.boolean().optional().meta({ description: 'False where the same rows were there already' }),
    rows: z.number().int().optional(),
    class_counts: z
      .record(z.string(), z.number().int())
      .optional()
      .meta({ description: 'Rows by class of the target' }),
  })
  .meta({ id: 'GenerateReply' })
export type GenerateReply = z.infer<typeof GenerateReply>

export const RetrainReply = z
  .object({
    status: Status,
    ...declared,
    flow_run_id: z.string(),
    address: z.string().meta({ description: 'Of the flow run, to look at what goes on' }),
    snapshot_id: z.string().optional(),
    run_id: z.string().optional(),
    metrics: z.record(z.string(), z.number()).optional(),
    version: z.string().optional(),
    promoted: z.boolean().optional().meta({ description: 'Whether predictions come from it now' }),
    reason: z.string().optional().meta({ description: 'Why it was promoted, or not' }),
  })
  .meta({ id: 'RetrainReply' })
export type RetrainReply = z.infer<typeof RetrainReply>

/** One step of a training that was not tracked, and what it did. */
export const DebugStep = z
  .object({
    step: z.enum(['read', 'split', 'preprocess', 'fit', 'evaluate', 'export']),
    seconds: z.number().optional(),
    detail: z.record(z.string(), Json),
  })
  .meta({ id: 'DebugStep' })
export type DebugStep = z.infer<typeof DebugStep>

export const RetrainDebugReply = z
  .object({
    status: Status,
    ...declared,
    dataset: z.string(),
    job_id: z.string(),
    tracked: z.literal(false).meta({ description: 'There is no run and no version' }),
    snapshot_id: z.string().optional(),
    steps: z.array(DebugStep).optional(),
    metrics: z.record(z.string(), z.number()).optional().meta({ description: 'On the test rows' }),
    seconds: z.number().optional(),
  })
  .meta({ id: 'RetrainDebugReply' })
export type RetrainDebugReply = z.infer<typeof RetrainDebugReply>

export const PredictNewestQuery = ShortQuery.extend({
  rows: z.coerce.number().int().min(1).max(1000).default(1).meta({ description: 'Newest rows that are predicted' }),
})

export const PredictNewestReply = z
  .object({
    ...declared,
    version: z.string(),
    dataset: z.string(),
    snapshot_id: z.string(),
    target: z.string(),
    predictions: z
      .array(
        z.object({
          features: z.record(z.string(), Json),
          actual: Json.optional().meta({ description: 'The target of the row, where it is known' }),
          prediction: z.union([z.string(), z.number()]),
          probabilities: z.record(z.string(), z.number()).optional(),
          scores: z.record(z.string(), z.number()).optional(),
        }),
      )
      .meta({ description: 'The newest row first' }),
    request_id: z.string(),
  })
  .meta({ id: 'PredictNewestReply' })
export type PredictNewestReply = z.infer<typeof PredictNewestReply>

export const MlflowStatus = z
  .object({
    status: z.literal('up'),
    mlflow_version: z.string().meta({ description: 'The version of MLflow whose protocol is spoken' }),
    experiments: z.number().int().meta({ description: 'Those that are not deleted' }),
    latency_ms: z.number().meta({ description: 'Of a search of experiments as an MLflow client sends it' }),
    tracking_uri: z.string().meta({ description: 'What MLflow clients are told: mlflow.set_tracking_uri' }),
  })
  .meta({ id: 'MlflowStatus' })
export type MlflowStatus = z.infer<typeof MlflowStatus>
