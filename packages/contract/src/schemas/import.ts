import { z } from 'zod'
import { RunStatus } from './run.js'

/*
 * What an import from another tracking server sends, batch by batch. Each batch is one transaction; what is there already
 * stays as it is, so that a batch may be sent again.
 */

/** 64 bits, as the nearest double. */
const Whole = z
  .number()
  .refine((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 63, 'must be a 64-bit integer')
const Milliseconds = Whole.refine((value) => value >= 0, 'must not be negative')
const Texts = z.record(z.string(), z.string())
const Stage = z.enum(['active', 'deleted'])

export const ImportedExperiment = z
  .object({
    name: z.string().min(1).max(500),
    lifecycle_stage: Stage,
    creation_time: Milliseconds.optional(),
    last_update_time: Milliseconds.optional(),
    tags: Texts,
  })
  .meta({ id: 'ImportedExperiment' })
export type ImportedExperiment = z.infer<typeof ImportedExperiment>

export const ImportedDataset = z
  .object({
    name: z.string(),
    digest: z.string(),
    source_type: z.string(),
    source: z.string(),
    schema: z.string().optional(),
    profile: z.string().optional(),
    tags: Texts,
  })
  .meta({ id: 'ImportedDataset' })

export const ImportedRun = z
  .object({
    run_id: z.string(),
    experiment_id: z.string(),
    name: z.string(),
    user_id: z.string(),
    status: RunStatus,
    start_time: Milliseconds,
    end_time: Milliseconds.optional(),
    artifact_uri: z
      .string()
      .optional()
      .meta({ description: 'Where its files stay; absent where they are brought here' }),
    params: Texts,
    tags: Texts,
    datasets: z.array(ImportedDataset),
    models: z.array(z.object({ model_id: z.string(), role: z.enum(['input', 'output']), step: Whole })).default([]),
  })
  .meta({ id: 'ImportedRun' })
export type ImportedRun = z.infer<typeof ImportedRun>

/** Key, value, milliseconds, step. */
export const ImportedPoint = z.tuple([z.string(), z.union([z.number(), z.literal('NaN')]), Milliseconds, Whole])
export type ImportedPoint = z.infer<typeof ImportedPoint>

export const ImportedLoggedModel = z
  .object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: z.string(),
    model_type: z.string(),
    source_run_id: z.string(),
    status: z.enum(['UNSPECIFIED', 'PENDING', 'READY', 'UPLOAD_FAILED']),
    lifecycle_stage: Stage,
    creation_time: Milliseconds,
    last_update_time: Milliseconds,
    artifact_uri: z.string().optional(),
    params: Texts,
    tags: Texts,
    metrics: z.array(
      z.object({
        key: z.string(),
        value: z.union([z.number(), z.literal('NaN')]),
        timestamp: Milliseconds,
        step: Whole,
        run_id: z.string(),
        dataset_name: z.string(),
        dataset_digest: z.string(),
      }),
    ),
  })
  .meta({ id: 'ImportedLoggedModel' })
export type ImportedLoggedModel = z.infer<typeof ImportedLoggedModel>

export const ImportedModel = z
  .object({
    name: z.string().min(1),
    description: z.string(),
    tags: Texts,
    creation_time: Milliseconds,
    last_update_time: Milliseconds,
    last_version: z.number().int().min(0).meta({ description: 'The highest number ever given, deleted ones included' }),
    aliases: z.record(z.string(), z.number().int()),
    versions: z.array(
      z.object({
        version: z.number().int().min(1),
        description: z.string(),
        stage: z.enum(['None', 'Staging', 'Production', 'Archived']),
        source: z.string(),
        storage_location: z.string().optional(),
        run_id: z.string().optional(),
        logged_model_id: z.string().optional(),
        user_id: z.string(),
        tags: Texts,
        creation_time: Milliseconds,
        last_update_time: Milliseconds,
      }),
    ),
  })
  .meta({ id: 'ImportedModel' })
export type ImportedModel = z.infer<typeof ImportedModel>

export const ImportBatch = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('experiments'), items: z.array(ImportedExperiment).max(1000) }),
    z.object({ kind: z.literal('logged_models'), items: z.array(ImportedLoggedModel).max(500) }),
    z.object({ kind: z.literal('runs'), items: z.array(ImportedRun).max(500) }),
    z.object({ kind: z.literal('points'), run_id: z.string(), points: z.array(ImportedPoint).max(20_000) }),
    z.object({
      kind: z.literal('complete'),
      source: z.string().max(2000),
      runs: z.array(z.object({ run_id: z.string(), deleted_time: Milliseconds.optional() })).max(500),
    }),
    z.object({ kind: z.literal('deleted_experiments'), experiment_ids: z.array(z.string()).max(1000) }),
    z.object({ kind: z.literal('models'), items: z.array(ImportedModel).max(200) }),
  ])
  .meta({ id: 'ImportBatch' })
export type ImportBatch = z.infer<typeof ImportBatch>

export const ImportReply = z
  .object({
    created: z.number().int(),
    unchanged: z.number().int(),
    experiments: z.array(z.object({ name: z.string(), experiment_id: z.string(), is_new: z.boolean() })).optional(),
    runs: z
      .array(
        z.object({
          run_id: z.string(),
          experiment_id: z.string(),
          artifact_uri: z.string(),
          is_complete: z.boolean().meta({ description: 'An earlier import brought all of it' }),
          is_deleted: z.boolean(),
        }),
      )
      .optional(),
    logged_models: z
      .array(z.object({ model_id: z.string(), artifact_uri: z.string(), is_new: z.boolean() }))
      .optional(),
    versions: z.number().int().optional().meta({ description: 'Versions that were made' }),
  })
  .meta({ id: 'ImportReply' })
export type ImportReply = z.infer<typeof ImportReply>
