import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { deleteArtifact, listArtifacts, sendArtifact } from '../artifacts/index.js'
import { runFilePath, runFolder } from './run-artifacts.js'

/** Mounts the artifacts of runs of our own API. */
export function mountRunArtifacts(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listArtifacts, async ({ request, params }) => {
    const ctx = contextOf(request)
    const { folder } = await runFolder(ctx, params.run)
    if (folder === undefined) return { items: [] }
    return { items: [...(await listArtifacts({ ctx, input: { path: folder, recursive: true } }))] }
  })

  mountRoute(app, routes.downloadArtifact, async ({ request, reply, params, query }) => {
    const ctx = contextOf(request)
    return sendArtifact({ ctx, path: await runFilePath(ctx, params.run, query.path), request, reply })
  })

  mountRoute(app, routes.deleteRunArtifact, async ({ request, params, query }) => {
    const ctx = contextOf(request)
    const path = await runFilePath(ctx, params.run, query.path)
    return { deleted: await deleteArtifact({ ctx, input: { path } }) }
  })
}
