import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { describeExperiment, listExperiments } from './list-experiments.js'
import { listRunColumns } from './list-run-columns.js'
import { deleteView, listSavedViews, saveView } from './saved-views.js'

/** Mounts the experiments of our own API: their list, the columns of their runs, saved views. */
export function mountExperimentRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listExperiments, ({ request, query }) =>
    listExperiments({ ctx: contextOf(request), input: query }),
  )

  mountRoute(app, routes.getExperiment, ({ request, params }) =>
    describeExperiment({ ctx: contextOf(request), input: { experiment_id: params.experiment } }),
  )

  mountRoute(app, routes.listRunColumns, async ({ request, params }) => {
    const input = { experiment_id: params.experiment }
    return { items: [...(await listRunColumns({ ctx: contextOf(request), input }))] }
  })

  mountRoute(app, routes.listSavedViews, async ({ request, params }) => {
    const input = { experiment_id: params.experiment }
    return { items: [...(await listSavedViews({ ctx: contextOf(request), input }))] }
  })

  mountRoute(app, routes.saveView, ({ request, params, body }) => {
    const input = { experiment_id: params.experiment, name: params.view, query: body.query }
    return saveView({ ctx: contextOf(request), input })
  })

  mountRoute(app, routes.deleteView, async ({ request, params }) => {
    await deleteView({ ctx: contextOf(request), input: { experiment_id: params.experiment, name: params.view } })
    return {}
  })
}
