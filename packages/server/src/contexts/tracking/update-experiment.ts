import { FabriqueError } from '@fabrique/contract'
import { changeVerb } from '../../platform/index.js'
import { checkExperimentName, checkExperimentTag, checkKey } from './checks.js'
import {
  lockActiveExperiment,
  lockExperiment,
  removeExperimentTag,
  renameExperiment,
  setStage,
  upsertExperimentTag,
} from './experiment-store.js'
import { ExperimentId, Tag, Text } from './schema.js'

/** What is told of a change of an experiment. */
function changed(id: string, change: string) {
  return {
    subject: `experiments/${id}`,
    event: 'experiment.changed',
    payload: { experiment_id: id, change },
  } as const
}

/** Renames an experiment. Throws `experiment_exists`, `experiment_not_active`. */
export const updateExperiment = changeVerb({
  name: 'tracking.update_experiment',
  permission: 'runs.write',
  input: ExperimentId.extend({ new_name: Text }),
  async run({ ctx, input, record }): Promise<void> {
    checkExperimentName(input.new_name)
    await lockActiveExperiment(ctx, input.experiment_id)
    await renameExperiment(ctx, input.experiment_id, input.new_name)
    await record(changed(input.experiment_id, 'renamed'))
  },
})

/** Marks an experiment and its runs as deleted; its name stays taken. Throws `experiment_not_found` when it is deleted. */
export const deleteExperiment = changeVerb({
  name: 'tracking.delete_experiment',
  permission: 'runs.write',
  input: ExperimentId,
  async run({ ctx, input, record }): Promise<void> {
    const stage = await lockExperiment(ctx, input.experiment_id)
    if (stage === 'deleted') throw new FabriqueError('experiment_not_found', { experiment: input.experiment_id })
    await setStage(ctx, input.experiment_id, 'deleted')
    await record(changed(input.experiment_id, 'deleted'))
  },
})

/** Brings a deleted experiment back with all its runs. Throws `experiment_not_deleted`. */
export const restoreExperiment = changeVerb({
  name: 'tracking.restore_experiment',
  permission: 'runs.write',
  input: ExperimentId,
  async run({ ctx, input, record }): Promise<void> {
    const stage = await lockExperiment(ctx, input.experiment_id)
    if (stage === 'active') throw new FabriqueError('experiment_not_deleted', { experiment: input.experiment_id })
    await setStage(ctx, input.experiment_id, 'active')
    await record(changed(input.experiment_id, 'restored'))
  },
})

/** Sets a tag of an active experiment. */
export const setExperimentTag = changeVerb({
  name: 'tracking.set_experiment_tag',
  permission: 'runs.write',
  input: ExperimentId.extend(Tag.shape),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    checkExperimentTag(input)
    await lockActiveExperiment(ctx, input.experiment_id)
    const isNew = await upsertExperimentTag(ctx, input.experiment_id, input)
    if (isNew) await record(changed(input.experiment_id, `tag ${input.key}`))
    else unchanged()
  },
})

/** Removes a tag of an active experiment. Throws `experiment_tag_not_found`. */
export const deleteExperimentTag = changeVerb({
  name: 'tracking.delete_experiment_tag',
  permission: 'runs.write',
  input: ExperimentId.extend({ key: Text }),
  async run({ ctx, input, record }): Promise<void> {
    checkKey(input.key, 'key')
    await lockActiveExperiment(ctx, input.experiment_id)
    const removed = await removeExperimentTag(ctx, input.experiment_id, input.key)
    if (!removed) {
      throw new FabriqueError('experiment_tag_not_found', { key: input.key, experiment: input.experiment_id })
    }
    await record(changed(input.experiment_id, `tag ${input.key} removed`))
  },
})
