import { defineMlflowEndpoints, type MlflowCall, unlessEmpty } from '../../platform/mlflow/index.js'
import { createModelVersion } from './create-version.js'
import { deleteModelVersion } from './delete-version.js'
import { findVersion } from './get-version.js'
import { modelParam } from './mlflow-models.js'
import { searchVersions } from './search-versions.js'
import { updateModelVersion } from './update-version.js'
import { deleteVersionTag, setVersionTag } from './version-tags.js'
import { tagsParam, versionParam, wireVersion } from './wire.js'

/** Versions in one page where a client does not say. */
const defaultResults = 10_000

const versionOf = ({ params }: MlflowCall) => ({ model: modelParam(params), version: versionParam(params) })

const found = (call: MlflowCall) => findVersion({ ctx: call.ctx, input: versionOf(call) })

async function search({ ctx, params }: MlflowCall) {
  const page = await searchVersions({
    ctx,
    input: {
      filter: params.text('filter'),
      max_results: params.integer('max_results') ?? defaultResults,
      order_by: [...params.texts('order_by')],
      page_token: params.text('page_token'),
    },
  })
  return { model_versions: unlessEmpty(page.versions.map(wireVersion)), next_page_token: page.next_page_token }
}

export const versionEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'model-versions/create',
    async handle({ ctx, params }) {
      const version = await createModelVersion({
        ctx,
        input: {
          model: modelParam(params),
          source: params.requiredText('source'),
          run_id: params.text('run_id'),
          model_id: params.text('model_id'),
          run_link: params.text('run_link'),
          description: params.text('description'),
          tags: tagsParam(params),
        },
      })
      return { model_version: wireVersion(version) }
    },
  },
  {
    method: 'PATCH',
    path: 'model-versions/update',
    async handle(call) {
      await updateModelVersion({
        ctx: call.ctx,
        input: { ...versionOf(call), description: call.params.text('description') },
      })
      return { model_version: wireVersion(await found(call)) }
    },
  },
  {
    method: 'POST',
    path: 'model-versions/transition-stage',
    async handle(call) {
      const { ctx, params } = call
      const stage = params.requiredText('stage')
      const archive_existing = params.flag('archive_existing_versions') ?? false
      await updateModelVersion({ ctx, input: { ...versionOf(call), stage, archive_existing } })
      return { model_version: wireVersion(await found(call)) }
    },
  },
  {
    method: 'DELETE',
    path: 'model-versions/delete',
    async handle(call) {
      await deleteModelVersion({ ctx: call.ctx, input: versionOf(call) })
      return {}
    },
  },
  {
    method: 'GET',
    path: 'model-versions/get',
    handle: async (call) => ({ model_version: wireVersion(await found(call)) }),
  },
  { method: 'GET', path: 'model-versions/search', handle: search },
  { method: 'POST', path: 'model-versions/search', handle: search },
  {
    method: 'GET',
    path: 'model-versions/get-download-uri',
    async handle(call) {
      const version = await found(call)
      return { artifact_uri: version.storage_location ?? version.source }
    },
  },
  {
    method: 'POST',
    path: 'model-versions/set-tag',
    async handle(call) {
      const { ctx, params } = call
      const key = params.requiredText('key')
      await setVersionTag({ ctx, input: { ...versionOf(call), key, value: params.text('value') ?? '' } })
      return {}
    },
  },
  {
    method: 'DELETE',
    path: 'model-versions/delete-tag',
    async handle(call) {
      const key = call.params.requiredText('key')
      await deleteVersionTag({ ctx: call.ctx, input: { ...versionOf(call), key } })
      return {}
    },
  },
])
