import { RunStatus } from '@fabrique/contract'
import { z } from 'zod'

/*
 * What the protocol sends, and the form in which TypeScript sees it. Servers omit unset fields and empty lists, send
 * 64-bit integers as numbers or as text, and NaN as text.
 */

const Integer = z.union([z.number(), z.string()]).transform(Number)
const Double = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).transform(Number)
const Moment = Integer.transform((ms) => new Date(ms))
const Text = z.string().default('')
const Pair = z.object({ key: z.string(), value: Text })
const Pairs = z
  .array(Pair)
  .default([])
  .transform(
    (pairs): Readonly<Record<string, string>> => Object.fromEntries(pairs.map(({ key, value }) => [key, value])),
  )
const Stage = z.enum(['active', 'deleted']).default('active')

export const Experiment = z
  .object({
    experiment_id: z.string(),
    name: z.string(),
    artifact_location: Text,
    lifecycle_stage: Stage,
    creation_time: Moment.optional(),
    last_update_time: Moment.optional(),
    tags: Pairs,
  })
  .transform((wire) => ({
    experimentId: wire.experiment_id,
    name: wire.name,
    artifactLocation: wire.artifact_location,
    lifecycleStage: wire.lifecycle_stage,
    creationTime: wire.creation_time,
    lastUpdateTime: wire.last_update_time,
    tags: wire.tags,
  }))
/** A named collection of runs. */
export type Experiment = z.output<typeof Experiment>

export const Metric = z.object({
  key: Text,
  value: Double,
  /** Milliseconds since 1970. */
  timestamp: Integer.default(0),
  step: Integer.default(0),
})
/** One point of a metric. */
export type Metric = z.output<typeof Metric>

export const Dataset = z
  .object({
    dataset: z.object({ name: z.string(), digest: Text, source_type: Text, source: Text, schema: Text, profile: Text }),
    tags: Pairs,
  })
  .transform(({ dataset, tags }) => ({
    name: dataset.name,
    digest: dataset.digest,
    sourceType: dataset.source_type,
    source: dataset.source,
    schema: dataset.schema,
    profile: dataset.profile,
    tags,
  }))
/** A data set that a run used. */
export type Dataset = z.output<typeof Dataset>

const RunInfo = z.object({
  run_id: z.string(),
  run_name: Text,
  experiment_id: z.string(),
  user_id: Text,
  status: RunStatus,
  start_time: Moment.optional(),
  end_time: Moment.optional(),
  artifact_uri: Text,
  lifecycle_stage: Stage,
})

export const Run = z
  .object({
    info: RunInfo,
    data: z.object({ metrics: z.array(Metric).default([]), params: Pairs, tags: Pairs }).optional(),
    inputs: z.object({ dataset_inputs: z.array(Dataset).default([]) }).optional(),
  })
  .transform(({ info, data, inputs }) => ({
    runId: info.run_id,
    runName: info.run_name,
    experimentId: info.experiment_id,
    userId: info.user_id,
    status: info.status,
    startTime: info.start_time,
    endTime: info.end_time,
    artifactUri: info.artifact_uri,
    lifecycleStage: info.lifecycle_stage,
    /** The newest point of each metric. */
    metrics: Object.fromEntries((data?.metrics ?? []).map((metric) => [metric.key, metric])) as Readonly<
      Record<string, Metric>
    >,
    params: data?.params ?? {},
    tags: data?.tags ?? {},
    datasets: inputs?.dataset_inputs ?? [],
  }))
/** One execution of a training, with what went in and what came out. */
export type Run = z.output<typeof Run>

export const FileInfo = z
  .object({ path: z.string(), is_dir: z.boolean().default(false), file_size: Integer.optional() })
  .transform(({ path, is_dir, file_size }) => ({
    path,
    isFolder: is_dir,
    // MLflow leaves out the size of an empty file.
    bytes: is_dir ? undefined : (file_size ?? 0),
  }))
/** A file or folder among artifacts. */
export type FileInfo = z.output<typeof FileInfo>

export const ModelVersion = z
  .object({
    name: z.string(),
    version: z.union([z.string(), z.number()]).transform(String),
    creation_timestamp: Moment.optional(),
    last_updated_timestamp: Moment.optional(),
    current_stage: z.string().default('None'),
    description: Text,
    source: Text,
    run_id: Text,
    status: z.string().default('READY'),
    model_id: Text,
    tags: Pairs,
    aliases: z.array(z.string()).default([]),
  })
  .transform((wire) => ({
    name: wire.name,
    version: wire.version,
    creationTime: wire.creation_timestamp,
    lastUpdatedTime: wire.last_updated_timestamp,
    currentStage: wire.current_stage,
    description: wire.description,
    source: wire.source,
    runId: wire.run_id === '' ? undefined : wire.run_id,
    modelId: wire.model_id === '' ? undefined : wire.model_id,
    status: wire.status,
    tags: wire.tags,
    aliases: wire.aliases,
  }))
/** One version of a registered model. */
export type ModelVersion = z.output<typeof ModelVersion>

export const RegisteredModel = z
  .object({
    name: z.string(),
    creation_timestamp: Moment.optional(),
    last_updated_timestamp: Moment.optional(),
    description: Text,
    latest_versions: z.array(ModelVersion).default([]),
    tags: Pairs,
    aliases: z
      .array(z.object({ alias: z.string(), version: z.union([z.string(), z.number()]).transform(String) }))
      .default([]),
  })
  .transform((wire) => ({
    name: wire.name,
    creationTime: wire.creation_timestamp,
    lastUpdatedTime: wire.last_updated_timestamp,
    description: wire.description,
    /** The newest version of each stage. */
    latestVersions: wire.latest_versions,
    tags: wire.tags,
    /** Version by alias. */
    aliases: Object.fromEntries(wire.aliases.map(({ alias, version }) => [alias, version])) as Readonly<
      Record<string, string>
    >,
  }))
/** A model name with its versions and aliases. */
export type RegisteredModel = z.output<typeof RegisteredModel>

export const LoggedModel = z
  .object({
    info: z.object({
      model_id: z.string(),
      experiment_id: z.string(),
      name: Text,
      creation_timestamp_ms: Moment.optional(),
      last_updated_timestamp_ms: Moment.optional(),
      artifact_uri: Text,
      status: z.string().default('LOGGED_MODEL_PENDING'),
      model_type: Text,
      source_run_id: Text,
      tags: Pairs,
    }),
    data: z.object({ params: Pairs, metrics: z.array(Metric).default([]) }).optional(),
  })
  .transform(({ info, data }) => ({
    modelId: info.model_id,
    experimentId: info.experiment_id,
    name: info.name,
    creationTime: info.creation_timestamp_ms,
    lastUpdatedTime: info.last_updated_timestamp_ms,
    artifactUri: info.artifact_uri,
    status: info.status.replace(/^LOGGED_MODEL_/, ''),
    modelType: info.model_type,
    sourceRunId: info.source_run_id === '' ? undefined : info.source_run_id,
    tags: info.tags,
    params: data?.params ?? {},
    metrics: data?.metrics ?? [],
  }))
/** A model that an MLflow 3 client logged; it exists by itself, apart from its run. */
export type LoggedModel = z.output<typeof LoggedModel>

/** A double as the protocol carries it. */
export function wireDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

/** Pairs of keys and values as the protocol carries them. */
export function wirePairs(values: Readonly<Record<string, string | number | boolean>> = {}) {
  return Object.entries(values).map(([key, value]) => ({ key, value: String(value) }))
}

export const page = <Item extends z.ZodType>(name: string, item: Item) =>
  z.object({ [name]: z.array(item).default([]), next_page_token: z.string().optional() }).transform((reply) => ({
    items: (reply as Record<string, readonly z.output<Item>[]>)[name] ?? [],
    nextPageToken: reply.next_page_token === '' ? undefined : (reply.next_page_token as string | undefined),
  }))
