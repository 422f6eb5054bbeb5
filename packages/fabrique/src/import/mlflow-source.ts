import type {
  ImportedExperiment,
  ImportedLoggedModel,
  ImportedModel,
  ImportedPoint,
  ImportedRun,
} from '@fabrique/contract'

/** An experiment where it comes from, under its id there. */
export interface SourceExperiment extends ImportedExperiment {
  readonly id: string
  readonly artifactLocation: string
}

/** A run where it comes from; `experiment_id` is the one there, `artifact_uri` the address of its files there. */
export interface SourceRun extends ImportedRun {
  readonly artifact_uri: string
  readonly deleted_time?: number
  readonly is_deleted: boolean
}

export interface SourceLoggedModel extends ImportedLoggedModel {
  readonly artifact_uri: string
}

/** A tracking store of MLflow that is read, never written. */
export interface MlflowSource {
  /** What it is, for the record of the import. */
  readonly label: string
  experiments(): Promise<readonly SourceExperiment[]>
  loggedModels(experiment: SourceExperiment): AsyncIterable<SourceLoggedModel>
  runs(experiment: SourceExperiment): AsyncIterable<SourceRun>
  /** The points of a run in parts of at most 10,000. */
  points(run: SourceRun): AsyncIterable<readonly ImportedPoint[]>
  models(): Promise<readonly ImportedModel[]>
  /** The folder of this machine that an artifact address means, or undefined where its files stay elsewhere. */
  localFolder(address: string): string | undefined
  close(): Promise<void>
}

export const pointsPart = 10_000

/** The words of MLflow. Statuses and states stand in the order of its numbers. */
export const statuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
export const loggedModelStates = ['UNSPECIFIED', 'PENDING', 'READY', 'UPLOAD_FAILED'] as const
export const stages = ['None', 'Staging', 'Production', 'Archived'] as const

export const text = (value: unknown) => (value === null || value === undefined ? '' : String(value))

export const oneOf = <Value extends string>(values: readonly Value[], value: unknown, other: Value): Value =>
  values.find((known) => known === text(value)) ?? other

/** A value of a metric; those beyond all numbers become the largest. */
export function metricNumber(value: number): number | 'NaN' {
  return Number.isNaN(value) ? 'NaN' : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}

/** The folder that an address of files on this machine means, where it is one. */
export function localPath(address: string): string | undefined {
  if (address.startsWith('file:')) {
    const path = address.replace(/^file:(?:\/\/[^/]*)?/, '')
    return decodeURIComponent(path)
  }
  return /^[a-z][a-z0-9+.-]*:/i.test(address) ? undefined : address
}

/** Times of the source may be absent or negative; those of imports are whole and not negative. */
export function milliseconds(value: unknown): number | undefined {
  const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? Math.max(0, whole(number)) : undefined
}

/** The nearest 64-bit integer that a double can be. */
export function whole(value: number): number {
  const largest = 2 ** 63 - 1024
  return Number.isNaN(value) ? 0 : Math.max(-largest, Math.min(largest, Math.trunc(value)))
}
