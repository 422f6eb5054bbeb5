import type { FastifyInstance } from 'fastify'
import {
  type MlflowMountOptions,
  missingValue,
  mountMlflowEndpoints,
  mountMlflowStreams,
} from '../../platform/mlflow/index.js'
import { modelEndpoints } from './mlflow-models.js'
import { versionEndpoints } from './mlflow-versions.js'
import { sendVersionArtifact } from './version-artifacts.js'

const downloads = [
  '/model-versions/get-artifact',
  '/ajax-api/2.0/mlflow/model-versions/get-artifact',
  '/ajax-api/3.0/mlflow/model-versions/get-artifact',
]

/** Mounts the registry protocol of MLflow. */
export function mountMlflowRegistry(app: FastifyInstance, options: MlflowMountOptions): void {
  mountMlflowEndpoints(app, [...modelEndpoints, ...versionEndpoints], options)
  mountMlflowStreams(app, options, (scope) => {
    for (const url of downloads) {
      scope.get(url, { schema: { hide: true } }, async (request, reply) => {
        const query = request.query as Readonly<Record<string, string | string[]>>
        const text = (name: string) => {
          const value = query[name]
          const one = Array.isArray(value) ? value[0] : value
          if (one === undefined || one === '') throw missingValue(name)
          return one
        }
        const ctx = options.contextOf(request)
        const file = { model: text('name'), version: text('version'), path: text('path') }
        return sendVersionArtifact({ ctx, ...file, request, reply })
      })
    }
  })
}
