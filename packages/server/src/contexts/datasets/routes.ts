import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { getDataset, listDatasets } from './get-dataset.js'
import { getSnapshot, listSnapshots } from './get-snapshot.js'
import { mountIngestRoutes } from './ingest-routes.js'
import { previewSnapshot } from './read-snapshot.js'
import { mountSnapshotRoutes } from './snapshots/routes.js'

export function mountDatasetRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listDatasets, async ({ request, params }) => ({
    items: [
      ...(await listDatasets({ ctx: contextOf(request), input: { ...params, language: requestLanguage(request) } })),
    ],
  }))
  mountRoute(app, routes.getDataset, ({ request, params }) =>
    getDataset({ ctx: contextOf(request), input: { ...params, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.listSnapshots, ({ request, params, query }) =>
    listSnapshots({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.getSnapshot, ({ request, params }) => getSnapshot({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.previewSnapshot, ({ request, params, query }) =>
    previewSnapshot({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountSnapshotRoutes(app, contextOf)
  mountIngestRoutes(app, contextOf)
}
