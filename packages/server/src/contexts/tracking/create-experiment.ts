import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { checkArtifactLocation, checkCount, checkExperimentName, checkExperimentTag } from './checks.js'
import { insertExperiment, selectExperiment, selectExperimentByName } from './experiment-store.js'
import type { Experiment } from './model.js'
import { CreateExperiment, Text } from './schema.js'

/** Creates an experiment and returns its id. Throws `experiment_exists`, also where a deleted one has the name. */
export const createExperiment = changeVerb({
  name: 'tracking.create_experiment',
  permission: 'runs.write',
  input: CreateExperiment,
  async run({ ctx, input, record }): Promise<{ readonly experiment_id: string }> {
    checkExperimentName(input.name)
    const location = input.artifact_location === '' ? undefined : input.artifact_location
    if (location !== undefined) checkArtifactLocation(location)
    checkCount('tags', input.tags.length, limit('mlflow.first_tags_max'))
    for (const tag of input.tags) checkExperimentTag(tag)
    const tags = [...new Map(input.tags.map((tag) => [tag.key, tag])).values()]
    const id = await insertExperiment(ctx, { name: input.name, artifactLocation: location, tags })
    if (id === undefined) throw new FabriqueError('experiment_exists', { name: input.name })
    await record({
      subject: `experiments/${id}`,
      event: 'experiment.changed',
      payload: { experiment_id: id, change: 'created' },
    })
    return { experiment_id: id }
  },
})

/** The active experiment of a name, made when there is none. Throws `experiment_not_active` where a deleted one has the name. */
export const ensureExperiment = changeVerb({
  name: 'tracking.ensure_experiment',
  permission: 'runs.write',
  input: z.object({ name: Text }),
  async run({ ctx, input, record, unchanged }): Promise<Experiment> {
    checkExperimentName(input.name)
    const known = await selectExperimentByName(ctx, input.name)
    const id =
      known === undefined ? await insertExperiment(ctx, { ...input, artifactLocation: undefined, tags: [] }) : undefined
    if (id !== undefined) {
      await record({
        subject: `experiments/${id}`,
        event: 'experiment.changed',
        payload: { experiment_id: id, change: 'created' },
      })
      return selectExperiment(ctx, id)
    }
    unchanged()
    // Another one made it between the two statements.
    const found = known ?? (await selectExperimentByName(ctx, input.name))
    if (found === undefined) throw new FabriqueError('experiment_name_not_found', { name: input.name })
    if (found.lifecycle_stage !== 'active') {
      throw new FabriqueError('experiment_not_active', { experiment: found.experiment_id })
    }
    return found
  },
})
