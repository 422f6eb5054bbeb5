import { defineMlflowEndpoints, type MlflowCall, unlessEmpty } from '../../platform/mlflow/index.js'
import { createExperiment } from './create-experiment.js'
import { getExperiment, getExperimentByName } from './get-experiment.js'
import type { Experiment } from './model.js'
import { searchDatasets } from './search-datasets.js'
import { searchExperiments } from './search-experiments.js'
import {
  deleteExperiment,
  deleteExperimentTag,
  restoreExperiment,
  setExperimentTag,
  updateExperiment,
} from './update-experiment.js'

function wireExperiment(experiment: Experiment) {
  return { ...experiment, tags: unlessEmpty(experiment.tags) }
}

const idOf = ({ params }: MlflowCall) => ({ experiment_id: params.requiredText('experiment_id') })

async function search({ ctx, params }: MlflowCall) {
  const found = await searchExperiments({
    ctx,
    input: {
      filter: params.text('filter'),
      view_type: params.choice('view_type', ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']),
      // Upstream wants to be told.
      max_results: params.integer('max_results') ?? 0,
      order_by: [...params.texts('order_by')],
      page_token: params.text('page_token'),
    },
  })
  return {
    experiments: unlessEmpty(found.experiments.map(wireExperiment)),
    next_page_token: found.next_page_token,
  }
}

export const experimentEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'experiments/create',
    handle: ({ ctx, params }) =>
      createExperiment({
        ctx,
        input: {
          name: params.requiredText('name'),
          artifact_location: params.text('artifact_location'),
          tags: [...params.pairs('tags')],
        },
      }),
  },
  {
    method: 'GET',
    path: 'experiments/get',
    handle: async (call) => ({ experiment: wireExperiment(await getExperiment({ ctx: call.ctx, input: idOf(call) })) }),
  },
  {
    method: 'GET',
    path: 'experiments/get-by-name',
    handle: async ({ ctx, params }) => {
      const input = { name: params.requiredText('experiment_name') }
      return { experiment: wireExperiment(await getExperimentByName({ ctx, input })) }
    },
  },
  { method: 'GET', path: 'experiments/search', handle: search },
  { method: 'POST', path: 'experiments/search', handle: search },
  {
    method: 'POST',
    path: 'experiments/search-datasets',
    handle: async ({ ctx, params }) => {
      const found = await searchDatasets({ ctx, input: { experiment_ids: [...params.texts('experiment_ids')] } })
      return { dataset_summaries: unlessEmpty(found) }
    },
  },
  {
    method: 'POST',
    path: 'experiments/update',
    handle: async (call) => {
      const input = { ...idOf(call), new_name: call.params.requiredText('new_name') }
      await updateExperiment({ ctx: call.ctx, input })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'experiments/delete',
    handle: async (call) => {
      await deleteExperiment({ ctx: call.ctx, input: idOf(call) })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'experiments/restore',
    handle: async (call) => {
      await restoreExperiment({ ctx: call.ctx, input: idOf(call) })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'experiments/set-experiment-tag',
    handle: async (call) => {
      const { params } = call
      const input = { ...idOf(call), key: params.requiredText('key'), value: params.text('value') ?? '' }
      await setExperimentTag({ ctx: call.ctx, input })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'experiments/delete-experiment-tag',
    handle: async (call) => {
      await deleteExperimentTag({ ctx: call.ctx, input: { ...idOf(call), key: call.params.requiredText('key') } })
      return {}
    },
  },
])
