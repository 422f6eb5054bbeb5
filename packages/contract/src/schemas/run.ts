import { z } from 'zod'
import { Timestamp } from './common.js'

export const RunStatus = z.enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'])
export type RunStatus = z.infer<typeof RunStatus>

/** A value that JSON numbers cannot carry is the text NaN, Infinity or -Infinity. */
export const MetricValue = z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])])

/** The newest point of a metric; the other figures are over all its points, NaN left out. */
export const LatestMetric = z
  .object({
    value: MetricValue,
    step: z.number(),
    timestamp_ms: z.number(),
    count: z.number().int().optional().meta({ description: 'Points' }),
    min: MetricValue.optional(),
    max: MetricValue.optional(),
    mean: MetricValue.optional(),
  })
  .meta({ id: 'LatestMetric' })

export const RunDataset = z
  .object({
    name: z.string(),
    digest: z.string(),
    context: z.string().optional().meta({ description: 'What the run used it for, as training' }),
    snapshot_id: z.string().optional().meta({ description: 'The snapshot, where the data set is one of ours' }),
  })
  .meta({ id: 'RunDataset' })

/** One execution of a training, with what went in and what came out. */
export const Run = z
  .object({
    id: z.string().meta({ description: '32 hex digits' }),
    name: z.string(),
    experiment_id: z.string(),
    experiment: z.string().meta({ description: 'Name of the experiment; the project has one under its own name' }),
    status: RunStatus,
    started_at: Timestamp,
    ended_at: Timestamp.optional(),
    duration_ms: z.number().optional(),
    user: z.string(),
    params: z.record(z.string(), z.string()),
    metrics: z.record(z.string(), LatestMetric),
    tags: z.record(z.string(), z.string()),
    datasets: z.array(RunDataset),
    model_versions: z.array(z.object({ name: z.string(), version: z.string() })),
    is_deleted: z.boolean().optional(),
    artifact_uri: z.string().optional(),
    logged_models: z
      .array(z.object({ id: z.string(), name: z.string() }))
      .optional()
      .meta({ description: 'Models that an MLflow 3 client logged in it' }),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

export const ArtifactEntry = z
  .object({
    path: z.string().meta({ description: 'Path relative to the root of the run, with /' }),
    is_folder: z.boolean(),
    bytes: z.number().int().optional(),
    sha256: z.string().optional(),
  })
  .meta({ id: 'ArtifactEntry' })
export type ArtifactEntry = z.infer<typeof ArtifactEntry>

export const MetricPoint = z
  .object({ value: MetricValue, step: z.number(), timestamp_ms: z.number() })
  .meta({ id: 'MetricPoint' })
