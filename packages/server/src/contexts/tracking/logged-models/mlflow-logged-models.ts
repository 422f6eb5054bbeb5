import {
  defineMlflowEndpoints,
  invalidValue,
  type MlflowParams,
  missingValue,
  unlessEmpty,
} from '../../../platform/mlflow/index.js'
import { listBelow } from '../run-artifacts.js'
import { createLoggedModel } from './create-logged-model.js'
import { deleteLoggedModel } from './delete-logged-model.js'
import { getLoggedModel } from './get-logged-model.js'
import { logOutputs } from './log-outputs.js'
import { type LoggedModel, loggedModelStatuses } from './model.js'
import { searchLoggedModels } from './search-logged-models.js'
import {
  deleteLoggedModelTag,
  finalizeLoggedModel,
  logLoggedModelParams,
  setLoggedModelTags,
} from './update-logged-model.js'

const statusNames = loggedModelStatuses.map((status) =>
  status === 'UNSPECIFIED' ? ('LOGGED_MODEL_STATUS_UNSPECIFIED' as const) : (`LOGGED_MODEL_${status}` as const),
)

/** A logged model as the protocol sends it: without empty lists and texts. */
function wireModel(model: LoggedModel) {
  return {
    info: {
      model_id: model.model_id,
      experiment_id: model.experiment_id,
      name: model.name,
      creation_timestamp_ms: model.created_ms,
      last_updated_timestamp_ms: model.updated_ms,
      artifact_uri: model.artifact_uri,
      status: statusNames[loggedModelStatuses.indexOf(model.status)],
      model_type: model.model_type || undefined,
      source_run_id: model.source_run_id || undefined,
      tags: unlessEmpty(model.tags),
    },
    data: { params: unlessEmpty(model.params), metrics: unlessEmpty(model.metrics) },
  }
}

const idOf = (params: MlflowParams) => params.requiredText('model_id')

function statusOf(params: MlflowParams) {
  const name = params.choice('status', statusNames, 0)
  if (name === undefined) throw missingValue('status')
  const status = loggedModelStatuses[statusNames.indexOf(name)]
  if (status === undefined || status === 'UNSPECIFIED') throw invalidValue('status', name, 'it says nothing')
  return status
}

const datasetOf = (params: MlflowParams) => ({
  dataset_name: params.requiredText('dataset_name'),
  dataset_digest: params.text('dataset_digest') || undefined,
})

const orderOf = (params: MlflowParams) => ({
  field_name: params.requiredText('field_name'),
  ascending: params.flag('ascending'),
  dataset_name: params.text('dataset_name') || undefined,
  dataset_digest: params.text('dataset_digest') || undefined,
})

const modelPath = 'logged-models/:model_id'

export const loggedModelEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'logged-models',
    handle: async ({ ctx, params }) => {
      const input = {
        experiment_id: params.requiredText('experiment_id'),
        name: params.text('name'),
        model_type: params.text('model_type'),
        source_run_id: params.text('source_run_id'),
        params: [...params.pairs('params')],
        tags: [...params.pairs('tags')],
      }
      return { model: wireModel(await createLoggedModel({ ctx, input })) }
    },
  },
  {
    method: 'POST',
    path: 'logged-models/search',
    handle: async ({ ctx, params }) => {
      const experiment_ids = [...params.texts('experiment_ids')]
      if (experiment_ids.length === 0) throw missingValue('experiment_ids')
      const input = {
        experiment_ids,
        filter: params.text('filter'),
        datasets: params.objects('datasets').map(datasetOf),
        max_results: params.integer('max_results') || undefined,
        order_by: params.objects('order_by').map(orderOf),
        page_token: params.text('page_token'),
      }
      const { models, next_page_token } = await searchLoggedModels({ ctx, input })
      return { models: unlessEmpty(models.map(wireModel)), next_page_token }
    },
  },
  {
    method: 'POST',
    path: `${modelPath}/params`,
    handle: async ({ ctx, params }) => {
      await logLoggedModelParams({ ctx, input: { model_id: idOf(params), params: [...params.pairs('params')] } })
      return {}
    },
  },
  {
    method: 'GET',
    path: modelPath,
    handle: async ({ ctx, params }) => {
      const input = { model_id: idOf(params), allow_deleted: params.flag('allow_deleted') }
      return { model: wireModel(await getLoggedModel({ ctx, input })) }
    },
  },
  {
    method: 'PATCH',
    path: modelPath,
    handle: async ({ ctx, params }) => {
      const input = { model_id: idOf(params), status: statusOf(params) }
      return { model: wireModel(await finalizeLoggedModel({ ctx, input })) }
    },
  },
  {
    method: 'DELETE',
    path: modelPath,
    handle: async ({ ctx, params }) => {
      await deleteLoggedModel({ ctx, input: { model_id: idOf(params) } })
      return {}
    },
  },
  {
    method: 'PATCH',
    path: `${modelPath}/tags`,
    handle: async ({ ctx, params }) => {
      const input = { model_id: idOf(params), tags: [...params.pairs('tags')] }
      return { model: wireModel(await setLoggedModelTags({ ctx, input })) }
    },
  },
  {
    // Clients put the key into the path as it is, slashes too.
    method: 'DELETE',
    path: `${modelPath}/tags/*`,
    handle: async ({ ctx, params }) => {
      const key = params.text('*')
      if (key === undefined || key === '') throw missingValue('tag_key')
      await deleteLoggedModelTag({ ctx, input: { model_id: idOf(params), key } })
      return {}
    },
  },
  {
    method: 'GET',
    path: `${modelPath}/artifacts/directories`,
    handle: async ({ ctx, params }) => {
      const { artifact_uri } = await getLoggedModel({ ctx, input: { model_id: idOf(params) } })
      const path = params.text('artifact_directory_path') ?? ''
      return listBelow(ctx, { artifact_uri, path, page_token: params.text('page_token') })
    },
  },
  {
    method: 'POST',
    path: 'runs/outputs',
    handle: async ({ ctx, params }) => {
      const models = params
        .objects('models')
        .map((model) => ({ model_id: model.requiredText('model_id'), step: model.integer('step') }))
      if (models.length === 0) throw missingValue('models')
      await logOutputs({ ctx, input: { run_id: params.requiredText('run_id', 'run_uuid'), models } })
      return {}
    },
  },
])
