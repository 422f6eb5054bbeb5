import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute } from '../../platform/index.js'
import type { ModelVersionsOf } from './api-run.js'
import { deleteRuns } from './delete-runs.js'
import { describeRun } from './describe-run.js'
import { editRun } from './edit-run.js'
import { getMetricHistory } from './get-metric-history.js'
import { getMetricSeries } from './get-metric-series.js'

const pointsMax = 10_000

/** Mounts what reads the metrics of runs in our own API, and what changes runs. */
export function mountMetricRoutes(app: FastifyInstance, contextOf: ContextOf, modelVersionsOf: ModelVersionsOf): void {
  mountRoute(app, routes.getMetricHistory, async ({ request, params }) => {
    const input = { run_id: params.run, metric_key: params.metric, order: 'step', max_results: pointsMax } as const
    const { metrics } = await getMetricHistory({ ctx: contextOf(request), input })
    return { items: metrics.map(({ value, step, timestamp }) => ({ value, step, timestamp_ms: timestamp })) }
  })

  mountRoute(app, routes.getMetricSeries, async ({ request, body }) => ({
    items: [...(await getMetricSeries({ ctx: contextOf(request), input: body }))],
  }))

  mountRoute(app, routes.updateRun, async ({ request, params, body }) => {
    const ctx = contextOf(request)
    await editRun({ ctx, input: { run_id: params.run, ...body } })
    return describeRun({ ctx, input: { run_id: params.run, modelVersionsOf } })
  })

  mountRoute(app, routes.deleteRuns, async ({ request, body }) => ({
    deleted: await deleteRuns({ ctx: contextOf(request), input: body }),
  }))
}
