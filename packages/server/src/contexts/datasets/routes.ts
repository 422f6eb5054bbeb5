import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { getDataset, listDatasets } from './get-dataset.js'
import { getSnapshot, listSnapshots } from './get-snapshot.js'
import { previewSnapshot } from './read-snapshot.js'

export function mountDatasetRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listDatasets, async ({ request, params }) => ({
    items: [...(await listDatasets({ ctx: contextOf(request), input: params }))],
  }))
  mountRoute(app, routes.getDataset, ({ request, params }) => getDataset({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.listSnapshots, ({ request, params, query }) =>
    listSnapshots({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.getSnapshot, ({ request, params }) => getSnapshot({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.previewSnapshot, ({ request, params, query }) =>
    previewSnapshot({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.downloadSnapshot, async ({ request, reply, params }) => {
    const ctx = contextOf(request)
    const snapshot = await getSnapshot({ ctx, input: params })
    const content = await ctx.blobs.open(snapshot.content_hash)
    return reply
      .type('application/vnd.apache.parquet')
      .header('content-length', snapshot.bytes)
      .header(
        'content-disposition',
        `attachment; filename="${snapshot.dataset}-${snapshot.content_hash.slice(0, 12)}.parquet"`,
      )
      .send(content)
  })
}
