import type { LifecycleStage, Tag, WireDouble } from '../model.js'

export const loggedModelStatuses = ['UNSPECIFIED', 'PENDING', 'READY', 'UPLOAD_FAILED'] as const
export type LoggedModelStatus = (typeof loggedModelStatuses)[number]

/** A point of a metric of a logged model; `run_id` is the run that measured it. */
export interface LoggedModelMetric {
  readonly key: string
  readonly value: WireDouble
  readonly timestamp: number
  readonly step: number
  readonly model_id: string
  readonly run_id: string
  readonly dataset_name?: string
  readonly dataset_digest?: string
}

/** A model that an MLflow 3 client logged; times are milliseconds since 1970. */
export interface LoggedModel {
  readonly model_id: string
  readonly experiment_id: string
  readonly name: string
  /** Empty where the client said nothing, and so is `source_run_id`. */
  readonly model_type: string
  readonly source_run_id: string
  readonly artifact_uri: string
  readonly status: LoggedModelStatus
  readonly created_ms: number
  readonly updated_ms: number
  readonly lifecycle_stage: LifecycleStage
  readonly tags: readonly Tag[]
  readonly params: readonly Tag[]
  /** Points by key, time and step; of a long history the newest of each key, run and data set first of all. */
  readonly metrics: readonly LoggedModelMetric[]
}

/** What a run says of a model that it made: the step it was made at. */
export interface ModelOutput {
  readonly model_id: string
  readonly step: number
}

/** What a run says of a model that it took in. */
export interface ModelInput {
  readonly model_id: string
}
