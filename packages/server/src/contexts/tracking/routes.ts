import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import type { ModelVersionsOf } from './api-run.js'
import { mountRunArtifacts } from './artifact-routes.js'
import { describeRun } from './describe-run.js'
import { mountExperimentRoutes } from './experiment-routes.js'
import { mountMetricRoutes } from './metric-routes.js'
import { mountRunSearch } from './search-routes.js'

export interface TrackingRoutesOptions {
  readonly contextOf: ContextOf
  readonly modelVersionsOf: ModelVersionsOf
}

/** Mounts the experiments and runs of our own API. */
export function mountTrackingRoutes(app: FastifyInstance, { contextOf, modelVersionsOf }: TrackingRoutesOptions): void {
  mountExperimentRoutes(app, contextOf)
  mountRunSearch(app, contextOf, modelVersionsOf)
  mountRunArtifacts(app, contextOf)

  mountRoute(app, routes.getRun, async ({ request, params }) =>
    describeRun({ ctx: contextOf(request), input: { run_id: params.run, modelVersionsOf } }),
  )

  mountMetricRoutes(app, contextOf, modelVersionsOf)
}
