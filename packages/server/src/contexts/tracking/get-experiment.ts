import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { selectExperiment, selectExperimentByName } from './experiment-store.js'
import type { Experiment } from './model.js'
import { ExperimentId, Text } from './schema.js'

/** An experiment by id, a deleted one too. Throws `experiment_not_found`. */
export const getExperiment = readVerb({
  name: 'tracking.get_experiment',
  permission: 'runs.read',
  input: ExperimentId,
  run: ({ ctx, input }): Promise<Experiment> => selectExperiment(ctx, input.experiment_id),
})

/** An experiment by name, a deleted one too. Throws `experiment_name_not_found`. */
export const getExperimentByName = readVerb({
  name: 'tracking.get_experiment_by_name',
  permission: 'runs.read',
  input: z.object({ name: Text }),
  async run({ ctx, input }): Promise<Experiment> {
    const found = await selectExperimentByName(ctx, input.name)
    if (found === undefined) throw new FabriqueError('experiment_name_not_found', { name: input.name })
    return found
  },
})
