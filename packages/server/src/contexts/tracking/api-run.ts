import type { Run as ApiRun } from '@fabrique/contract'
import { type DatasetInput, datasetContextTag, type Run } from './model.js'

type ModelVersions = readonly { readonly name: string; readonly version: string }[]

/** A run as our own API shows it. */
export function toApiRun(run: Run, modelVersions: ModelVersions): ApiRun {
  const { info, data, inputs } = run
  const ended = info.end_time
  return {
    id: info.run_id,
    name: info.run_name,
    experiment_id: info.experiment_id,
    experiment: run.experiment,
    status: info.status,
    started_at: moment(info.start_time),
    ...(ended === undefined ? {} : { ended_at: moment(ended), duration_ms: Math.max(0, ended - info.start_time) }),
    user: info.user_id,
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(
      data.metrics.map(({ key, value, step, timestamp }) => [key, { value, step, timestamp_ms: timestamp }]),
    ),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    datasets: inputs.dataset_inputs.map(toApiDataset),
    model_versions: modelVersions.map(({ name, version }) => ({ name, version })),
  }
}

/** Times come from clients: one that no date can show is cut to the nearest that can. */
function moment(ms: number): string {
  const dateMax = 253_402_300_799_999
  return new Date(Math.max(0, Math.min(dateMax, ms))).toISOString()
}

function toApiDataset({ dataset, tags }: DatasetInput): ApiRun['datasets'][number] {
  const context = tags.find(({ key }) => key === datasetContextTag)?.value
  const snapshot = snapshotOf(dataset)
  return {
    name: dataset.name,
    digest: dataset.digest,
    ...(context === undefined ? {} : { context }),
    ...(snapshot === undefined ? {} : { snapshot_id: snapshot }),
  }
}

/** The snapshot that a data set of ours is, from its source. */
function snapshotOf({ source_type, source }: DatasetInput['dataset']): string | undefined {
  if (source_type !== 'fabrique_snapshot') return undefined
  try {
    const parsed: unknown = JSON.parse(source)
    const id = typeof parsed === 'object' && parsed !== null && 'snapshot_id' in parsed ? parsed.snapshot_id : undefined
    return typeof id === 'string' ? id : undefined
  } catch {
    // A client may log anything under this type: then it is not a snapshot of ours.
    return undefined
  }
}
