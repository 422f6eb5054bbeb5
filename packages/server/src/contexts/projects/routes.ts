import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { getProject, listProjects } from './get-project.js'

export function mountProjectRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listProjects, async ({ request }) => ({
    items: [...(await listProjects({ ctx: contextOf(request), input: {} }))],
  }))
  mountRoute(app, routes.getProject, ({ request, params }) =>
    getProject({ ctx: contextOf(request), input: { project: params.project } }),
  )
}
