import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { getExperimentStorage } from './experiment-storage.js'
import { listTrash } from './list-trash.js'
import { purgeTrash } from './purge-trash.js'
import { restoreTrash } from './restore-trash.js'

/** Mounts the trash and the storage of experiments. */
export function mountTrashRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listTrash, ({ request, query }) => listTrash({ ctx: contextOf(request), input: query }))
  mountRoute(app, routes.restoreTrash, async ({ request, body }) => ({
    restored: await restoreTrash({ ctx: contextOf(request), input: body }),
  }))
  mountRoute(app, routes.purgeTrash, ({ request, body }) => purgeTrash({ ctx: contextOf(request), input: body }))
  mountRoute(app, routes.getExperimentStorage, ({ request, params }) =>
    getExperimentStorage({ ctx: contextOf(request), input: { experiment_id: params.experiment } }),
  )
}
