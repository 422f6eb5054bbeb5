import { isFabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { defineMlflowEndpoints, type MlflowCall, type MlflowParams, unlessEmpty } from '../../platform/mlflow/index.js'
import { createModel } from './create-model.js'
import { deleteModel } from './delete-model.js'
import { findModel } from './find-model.js'
import { findVersion } from './get-version.js'
import { getLatestVersions, getVersionByAlias } from './latest-versions.js'
import { checkModelName } from './model.js'
import { deleteModelTag, setModelTag } from './model-tags.js'
import { deleteAlias, moveAlias } from './move-alias.js'
import { searchModels } from './search-models.js'
import { updateModel } from './update-model.js'
import { tagsParam, versionParam, wireModel, wireVersion } from './wire.js'

/** Models in one page where a client does not say. */
const defaultResults = 100

/** The name of a model in a request. */
export function modelParam(params: MlflowParams, ...names: readonly string[]): string {
  const name = params.requiredText('name', ...names)
  checkModelName(name)
  return name
}

async function wireModelByName(ctx: VerbContext, name: string) {
  const { model, latest } = await findModel({ ctx, input: { model: name } })
  return { registered_model: wireModel(model, latest) }
}

async function latestVersions({ ctx, params }: MlflowCall) {
  const input = { model: modelParam(params), stages: [...params.texts('stages')] }
  const versions = await getLatestVersions({ ctx, input })
  return { model_versions: unlessEmpty(versions.map(wireVersion)) }
}

async function search({ ctx, params }: MlflowCall) {
  const found = await searchModels({
    ctx,
    input: {
      filter: params.text('filter'),
      max_results: params.integer('max_results') ?? defaultResults,
      order_by: [...params.texts('order_by')],
      page_token: params.text('page_token'),
    },
  })
  return {
    registered_models: unlessEmpty(found.models.map((model) => wireModel(model, found.latest.get(model.name) ?? []))),
    next_page_token: found.next_page_token,
  }
}

export const modelEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'registered-models/create',
    async handle({ ctx, params }) {
      const name = params.requiredText('name')
      await createModel({ ctx, input: { name, description: params.text('description'), tags: tagsParam(params) } })
      return wireModelByName(ctx, name)
    },
  },
  {
    method: 'POST',
    path: 'registered-models/rename',
    async handle({ ctx, params }) {
      const name = params.requiredText('new_name')
      await updateModel({ ctx, input: { model: modelParam(params), name } })
      return wireModelByName(ctx, name)
    },
  },
  {
    method: 'PATCH',
    path: 'registered-models/update',
    async handle({ ctx, params }) {
      const model = modelParam(params)
      await updateModel({ ctx, input: { model, description: params.text('description') } })
      return wireModelByName(ctx, model)
    },
  },
  {
    method: 'DELETE',
    path: 'registered-models/delete',
    async handle({ ctx, params }) {
      await deleteModel({ ctx, input: { model: modelParam(params) } })
      return {}
    },
  },
  {
    method: 'GET',
    path: 'registered-models/get',
    handle: ({ ctx, params }) => wireModelByName(ctx, modelParam(params)),
  },
  { method: 'GET', path: 'registered-models/search', handle: search },
  { method: 'POST', path: 'registered-models/search', handle: search },
  { method: 'GET', path: 'registered-models/get-latest-versions', handle: latestVersions },
  { method: 'POST', path: 'registered-models/get-latest-versions', handle: latestVersions },
  {
    method: 'POST',
    path: 'registered-models/set-tag',
    async handle({ ctx, params }) {
      const key = params.requiredText('key')
      await setModelTag({ ctx, input: { model: modelParam(params), key, value: params.text('value') ?? '' } })
      return {}
    },
  },
  {
    method: 'DELETE',
    path: 'registered-models/delete-tag',
    async handle({ ctx, params }) {
      await deleteModelTag({ ctx, input: { model: modelParam(params), key: params.requiredText('key') } })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'registered-models/alias',
    access: 'models.write',
    async handle({ ctx, params }) {
      const input = { model: modelParam(params), alias: params.requiredText('alias'), version: versionParam(params) }
      // Of a model that does not exist, clients are told that the version is missing.
      await findVersion({ ctx, input: { model: input.model, version: input.version } })
      await moveAlias({ ctx, input })
      return {}
    },
  },
  {
    method: 'DELETE',
    path: 'registered-models/alias',
    async handle({ ctx, params }) {
      const input = { model: modelParam(params), alias: params.requiredText('alias') }
      try {
        await deleteAlias({ ctx, input })
      } catch (error) {
        // One that is not there is no error for clients.
        if (!isFabriqueError(error) || error.code !== 'alias_not_found') throw error
      }
      return {}
    },
  },
  {
    method: 'GET',
    path: 'registered-models/alias',
    async handle({ ctx, params }) {
      const input = { model: modelParam(params), alias: params.requiredText('alias') }
      return { model_version: wireVersion(await getVersionByAlias({ ctx, input })) }
    },
  },
])
