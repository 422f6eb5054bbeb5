import type { RunStatus } from '@fabrique/contract'

/** The value of a metric as the protocol carries it. The infinities are stored as the largest doubles. */
export type WireDouble = number | 'NaN'

export interface Tag {
  readonly key: string
  readonly value: string
}

export interface Metric {
  readonly key: string
  readonly value: WireDouble
  readonly timestamp: number
  readonly step: number
}

export type LifecycleStage = 'active' | 'deleted'

/** An experiment in the form of the MLflow protocol; times are milliseconds since 1970. */
export interface Experiment {
  readonly experiment_id: string
  readonly name: string
  readonly artifact_location: string
  readonly lifecycle_stage: LifecycleStage
  readonly creation_time: number
  readonly last_update_time: number
  readonly tags: readonly Tag[]
}

export interface RunInfo {
  readonly run_id: string
  /** The old name of `run_id`, which clients still read. */
  readonly run_uuid: string
  readonly run_name: string
  readonly experiment_id: string
  readonly user_id: string
  readonly status: RunStatus
  readonly start_time: number
  readonly end_time?: number
  readonly artifact_uri: string
  readonly lifecycle_stage: LifecycleStage
}

export interface TrackedDataset {
  readonly name: string
  readonly digest: string
  readonly source_type: string
  readonly source: string
  readonly schema?: string
  readonly profile?: string
}

export interface DatasetInput {
  readonly tags: readonly Tag[]
  readonly dataset: TrackedDataset
}

/** A run in the form of the MLflow protocol, with the newest point of each metric. */
export interface Run {
  readonly info: RunInfo
  readonly data: {
    readonly metrics: readonly Metric[]
    readonly params: readonly Tag[]
    readonly tags: readonly Tag[]
  }
  readonly inputs: {
    readonly dataset_inputs: readonly DatasetInput[]
    readonly model_inputs: readonly { readonly model_id: string }[]
  }
  readonly outputs: { readonly model_outputs: readonly { readonly model_id: string; readonly step: number }[] }
  /** Name of the experiment, which the protocol does not send with a run. */
  readonly experiment: string
}

/** The tag that holds the name of a run, always the same as the name itself. */
export const runNameTag = 'mlflow.runName'
export const datasetContextTag = 'mlflow.data.context'
/** The JSON list of models that a 2.x client logged in a run. */
export const loggedModelsTag = 'mlflow.log-model.history'

const ownScheme = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*/

/** The folder of the artifact tree that an address means, or undefined where the files are not kept here. */
export function artifactFolderOf(uri: string): string | undefined {
  return ownScheme.test(uri) ? uri.replace(ownScheme, '').replace(/\/+$/, '') : undefined
}

/** Where the artifacts of a run go. */
export function runArtifactUri(artifactLocation: string, runId: string): string {
  // The query of an address stays at its end.
  const [location = '', query] = artifactLocation.split(/(?=\?)/)
  return `${location.replace(/\/+$/, '')}/${runId}/artifacts${query ?? ''}`
}
