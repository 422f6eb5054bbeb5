import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import type { VerbContext } from '../../platform/index.js'
import { authorise } from '../../platform/index.js'
import { defineMlflowEndpoints, type MlflowMountOptions, mountMlflowEndpoints } from '../../platform/mlflow/index.js'
import { getModel } from './get-model.js'
import { getAlias } from './get-version.js'
import { type StoredVersion, selectVersion, versionNumber } from './store.js'

function toWire(version: StoredVersion) {
  return {
    name: version.model,
    version: String(version.version),
    creation_timestamp: version.created_at.getTime(),
    last_updated_timestamp: version.updated_at.getTime(),
    current_stage: 'None',
    description: version.description,
    source: version.source,
    run_id: version.run_id ?? undefined,
    status: 'READY',
    tags: Object.entries(version.tags).map(([key, value]) => ({ key, value })),
    aliases: version.aliases.length === 0 ? undefined : version.aliases,
  }
}

async function findVersion(ctx: VerbContext, model: string, version: string): Promise<StoredVersion> {
  authorise(ctx.actor, 'models.read')
  return selectVersion(ctx, model, versionNumber(model, version))
}

/** The reads that `load_model('models:/name@alias')` makes. The rest of the registry's protocol is still to come. */
const endpoints = defineMlflowEndpoints([
  {
    method: 'GET',
    path: 'registered-models/get',
    async handle({ ctx, params }) {
      const model = await getModel({ ctx, input: { model: params.requiredText('name') } })
      const latest =
        model.latest_version === undefined ? [] : [await findVersion(ctx, model.name, model.latest_version)]
      return {
        registered_model: {
          name: model.name,
          creation_timestamp: Date.parse(model.created_at),
          last_updated_timestamp: Date.parse(model.updated_at),
          description: model.description,
          latest_versions: latest.map(toWire),
          tags: Object.entries(model.tags).map(([key, value]) => ({ key, value })),
          aliases: Object.entries(model.aliases).map(([alias, version]) => ({ alias, version })),
        },
      }
    },
  },
  {
    method: 'GET',
    path: 'registered-models/alias',
    async handle({ ctx, params }) {
      const model = params.requiredText('name')
      const alias = params.requiredText('alias')
      await getModel({ ctx, input: { model } })
      const version = await getAlias({ ctx, input: { model, alias } })
      if (version === undefined) throw new FabriqueError('alias_not_found', { model, alias })
      return { model_version: toWire(version) }
    },
  },
  {
    method: 'GET',
    path: 'model-versions/get',
    async handle({ ctx, params }) {
      const version = await findVersion(ctx, params.requiredText('name'), params.requiredText('version'))
      return { model_version: toWire(version) }
    },
  },
  {
    method: 'GET',
    path: 'model-versions/get-download-uri',
    async handle({ ctx, params }) {
      const version = await findVersion(ctx, params.requiredText('name'), params.requiredText('version'))
      return { artifact_uri: version.source }
    },
  },
])

/** Mounts the part of the MLflow registry protocol that loading a model needs. */
export function mountMlflowRegistry(app: FastifyInstance, options: MlflowMountOptions): void {
  mountMlflowEndpoints(app, endpoints, options)
}
