import { Readable } from 'node:stream'
import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import { apiRunTexts, type ModelVersionsOf } from './api-run.js'
import { countRuns } from './count-runs.js'
import { selectExperimentByName } from './experiment-store.js'
import { exportRuns } from './export-runs.js'
import { groupRuns } from './group-runs.js'
import { feedPositionText } from './run-feed.js'
import { searchRunIds } from './search-runs.js'

const jsonType = 'application/json; charset=utf-8'

/** Mounts what reads many runs in our own API: search, count, groups, export, and the runs of a project. */
export function mountRunSearch(app: FastifyInstance, contextOf: ContextOf, modelVersionsOf: ModelVersionsOf): void {
  mountRoute(app, routes.listRuns, async ({ request, reply, params, query }) => {
    const ctx = contextOf(request)
    const experiment = await selectExperimentByName(ctx, params.project)
    if (experiment?.lifecycle_stage !== 'active') return { items: [] }
    const found = await searchRunIds({ ctx, input: { experiment_ids: [experiment.experiment_id], ...query } })
    const texts = await apiRunTexts(ctx, modelVersionsOf, { ids: found.ids })
    return reply.type(jsonType).send(pageText(texts, { next_page_token: found.nextPageToken }))
  })

  mountRoute(app, routes.searchRuns, async ({ request, reply, body }) => {
    const ctx = contextOf(request)
    const { params, metrics, tags, with_total: withTotal, with_position: withPosition, ...input } = body
    const position = withPosition ? await feedPositionText(ctx.db) : undefined
    const found = await searchRunIds({ ctx, input })
    const texts = await apiRunTexts(ctx, modelVersionsOf, { ids: found.ids, fields: { params, metrics, tags } })
    const total = withTotal ? await countRuns({ ctx, input }) : undefined
    return reply.type(jsonType).send(pageText(texts, { next_page_token: found.nextPageToken, total, position }))
  })

  mountRoute(app, routes.countRuns, async ({ request, body }) => ({
    count: await countRuns({ ctx: contextOf(request), input: body }),
  }))

  mountRoute(app, routes.groupRuns, ({ request, body }) => groupRuns({ ctx: contextOf(request), input: body }))

  mountRoute(app, routes.exportRuns, async ({ request, reply, query }) => {
    const { mediaType, fileName, parts } = await exportRuns({ ctx: contextOf(request), input: query })
    return reply
      .type(mediaType)
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .send(Readable.from(parts, { objectMode: false }))
  })
}

/** A page of JSON texts; members that are undefined are left out. */
function pageText(items: readonly string[], rest: object): string {
  const members = JSON.stringify(rest).slice(1)
  return `{"items":[${items.join(',')}]${members === '}' ? '' : ','}${members}`
}
