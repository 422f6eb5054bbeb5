import { TrashSelection } from '@fabrique/contract'
import { taskVerb } from '../../platform/index.js'
import { restoreExperiment, restoreLoggedModel, restoreRun } from '../tracking/index.js'

/**
 * Brings deleted things back, one after the other; an experiment with all its runs. Gives how many. Throws `run_not_found`,
 * `experiment_not_found`, `experiment_not_deleted`, `logged_model_not_found`; those before stay restored.
 */
export const restoreTrash = taskVerb({
  name: 'trash.restore_trash',
  permission: 'runs.write',
  input: TrashSelection,
  async run({ ctx, input }): Promise<number> {
    for (const { kind, id } of input.items) {
      if (kind === 'experiment') await restoreExperiment({ ctx, input: { experiment_id: id } })
      if (kind === 'run') await restoreRun({ ctx, input: { run_id: id } })
      if (kind === 'logged_model') await restoreLoggedModel({ ctx, input: { model_id: id } })
    }
    return input.items.length
  },
})
