import type { ExperimentStorage } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { artifactBytesUnder } from '../artifacts/index.js'
import { artifactFolderOf, getExperiment, usageOfExperiment } from '../tracking/index.js'

/** What an experiment occupies, deleted runs included. Throws `experiment_not_found`. */
export const getExperimentStorage = readVerb({
  name: 'trash.get_experiment_storage',
  permission: 'runs.read',
  input: z.object({ experiment_id: z.string() }),
  async run({ ctx, input }): Promise<ExperimentStorage> {
    const experiment = await getExperiment({ ctx, input })
    const usage = await usageOfExperiment(ctx, experiment.experiment_id)
    const folder = artifactFolderOf(experiment.artifact_location)
    const deleted = usage.deleted_uris.flatMap((uri) => artifactFolderOf(uri) ?? [])
    const folders = await artifactBytesUnder(ctx, [...(folder === undefined ? [] : [folder]), ...deleted])
    const all = folder === undefined ? undefined : folders.get(folder)
    return {
      experiment_id: experiment.experiment_id,
      run_count: usage.run_count,
      deleted_run_count: usage.deleted_run_count,
      metric_points: usage.metric_points,
      artifact_count: all?.files ?? 0,
      artifact_bytes: all?.bytes ?? 0,
      deleted_artifact_bytes: deleted.reduce((sum, one) => sum + (folders.get(one)?.bytes ?? 0), 0),
    }
  },
})
