import { FabriqueError, routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { createModel } from './create-model.js'
import { createModelVersion } from './create-version.js'
import { deleteModel } from './delete-model.js'
import { deleteModelVersion } from './delete-version.js'
import { getModel, listModels } from './get-model.js'
import { describeVersion, getModelVersion } from './get-version.js'
import { listModelHistory } from './list-history.js'
import { deleteModelTag, setModelTag } from './model-tags.js'
import { deleteAlias, moveAlias } from './move-alias.js'
import { rollbackAlias } from './rollback-alias.js'
import { updateModel } from './update-model.js'
import { updateModelVersion } from './update-version.js'
import { listVersionArtifacts, sendVersionArtifact } from './version-artifacts.js'
import { deleteVersionTag, setVersionTag } from './version-tags.js'

/** Mounts the routes of models, their versions and aliases below `/api/v1/models`. */
export function mountRegistryRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountModels(app, contextOf)
  mountVersions(app, contextOf)
  mountAliases(app, contextOf)
}

function mountModels(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listModels, ({ request, query }) => listModels({ ctx: contextOf(request), input: query }))
  mountRoute(app, routes.getModel, ({ request, params }) => getModel({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.createModel, ({ request, body }) => createModel({ ctx: contextOf(request), input: body }))
  mountRoute(app, routes.updateModel, ({ request, params, body }) =>
    updateModel({ ctx: contextOf(request), input: { ...body, ...params } }),
  )
  mountRoute(app, routes.deleteModel, async ({ request, params, body }) => {
    await deleteModel({ ctx: contextOf(request), input: { ...body, ...params } })
    return {}
  })
  mountRoute(app, routes.listModelHistory, ({ request, params, query }) =>
    listModelHistory({ ctx: contextOf(request), input: { ...query, ...params } }),
  )
  mountRoute(app, routes.setModelTag, async ({ request, params, body }) => {
    await setModelTag({ ctx: contextOf(request), input: { ...body, ...params } })
    return {}
  })
  mountRoute(app, routes.deleteModelTag, async ({ request, params, body }) => {
    await deleteModelTag({ ctx: contextOf(request), input: { ...body, ...params } })
    return {}
  })
}

function mountVersions(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.getModelVersion, ({ request, params }) =>
    getModelVersion({ ctx: contextOf(request), input: params }),
  )
  mountRoute(app, routes.createModelVersion, async ({ request, params, body }) => {
    const ctx = contextOf(request)
    const { description, reason, logged_model_id: model_id } = body
    const source = sourceOf(body)
    const input = { model: params.model, source, model_id, description, reason, make_model: true }
    return describeVersion(ctx, await createModelVersion({ ctx, input }))
  })
  mountRoute(app, routes.updateModelVersion, ({ request, params, body }) =>
    updateModelVersion({ ctx: contextOf(request), input: { ...body, ...params } }),
  )
  mountRoute(app, routes.deleteModelVersion, async ({ request, params, body }) => {
    await deleteModelVersion({ ctx: contextOf(request), input: { ...body, ...params } })
    return {}
  })
  mountRoute(app, routes.setVersionTag, async ({ request, params, body }) => {
    await setVersionTag({ ctx: contextOf(request), input: { ...body, ...params } })
    return {}
  })
  mountRoute(app, routes.deleteVersionTag, async ({ request, params, body }) => {
    await deleteVersionTag({ ctx: contextOf(request), input: { ...body, ...params } })
    return {}
  })
  mountRoute(app, routes.listVersionArtifacts, async ({ request, params }) => ({
    items: [...(await listVersionArtifacts({ ctx: contextOf(request), input: params }))],
  }))
  mountRoute(app, routes.downloadVersionArtifact, ({ request, reply, params, query }) =>
    sendVersionArtifact({ ctx: contextOf(request), ...params, path: query.path, request, reply }),
  )
}

/** The address of what a request names: a logged model, or a folder of a run. */
function sourceOf(body: {
  readonly run_id?: string | undefined
  readonly path?: string | undefined
  readonly logged_model_id?: string | undefined
}): string {
  if (body.logged_model_id !== undefined) return `models:/${body.logged_model_id}`
  if (body.run_id !== undefined && body.path !== undefined) return `runs:/${body.run_id}/${body.path}`
  const reason = 'give run_id and path, or logged_model_id'
  throw new FabriqueError('invalid_request', { field: 'run_id', reason }, { field: 'run_id' })
}

function mountAliases(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.moveAlias, ({ request, params, body }) =>
    moveAlias({ ctx: contextOf(request), input: { ...body, ...params } }),
  )
  mountRoute(app, routes.deleteAlias, ({ request, params, body }) =>
    deleteAlias({ ctx: contextOf(request), input: { ...body, ...params } }),
  )
  mountRoute(app, routes.rollbackAlias, ({ request, params, body }) =>
    rollbackAlias({ ctx: contextOf(request), input: { ...body, ...params } }),
  )
}
