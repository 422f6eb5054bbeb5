import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, type VerbContext } from '../../platform/index.js'
import { listArtifacts, sendArtifact } from '../artifacts/index.js'
import { toApiRun } from './api-run.js'
import { getMetricHistory } from './get-metric-history.js'
import { getRun } from './get-run.js'
import type { Run } from './model.js'
import { runFilePath, runFolder } from './run-artifacts.js'
import { searchExperiments } from './search-experiments.js'
import { searchRuns } from './search-runs.js'

/** The model versions that runs made, by run; given by the app, since the registry is a higher context. */
export type ModelVersionsOf = (
  ctx: VerbContext,
  runIds: readonly string[],
) => Promise<ReadonlyMap<string, readonly { readonly name: string; readonly version: string }[]>>

export interface TrackingRoutesOptions {
  readonly contextOf: ContextOf
  readonly modelVersionsOf: ModelVersionsOf
}

const pointsMax = 10_000

/** Mounts the runs of our own API. */
export function mountTrackingRoutes(app: FastifyInstance, { contextOf, modelVersionsOf }: TrackingRoutesOptions): void {
  const describe = async (ctx: VerbContext, runs: readonly Run[]) => {
    const ids = runs.map(({ info }) => info.run_id)
    const versions = await modelVersionsOf(ctx, ids)
    return runs.map((run) => toApiRun(run, versions.get(run.info.run_id) ?? []))
  }

  mountRoute(app, routes.listRuns, async ({ request, params, query }) => {
    const ctx = contextOf(request)
    const id = await experimentOf(ctx, params.project)
    if (id === undefined) return { items: [] }
    const input = { experiment_ids: [id], max_results: query.limit, page_token: query.page_token }
    const { runs, next_page_token } = await searchRuns({ ctx, input })
    const items = await describe(ctx, runs)
    return next_page_token === undefined ? { items } : { items, next_page_token }
  })

  mountRoute(app, routes.getRun, async ({ request, params }) => {
    const ctx = contextOf(request)
    const run = await getRun({ ctx, input: { run_id: params.run } })
    const versions = await modelVersionsOf(ctx, [params.run])
    return toApiRun(run, versions.get(params.run) ?? [])
  })

  mountRoute(app, routes.getMetricHistory, async ({ request, params }) => {
    const input = { run_id: params.run, metric_key: params.metric, order: 'step', max_results: pointsMax } as const
    const { metrics } = await getMetricHistory({ ctx: contextOf(request), input })
    return { items: metrics.map(({ value, step, timestamp }) => ({ value, step, timestamp_ms: timestamp })) }
  })

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
}

/** The active experiment of a project has its name. */
async function experimentOf(ctx: VerbContext, project: string): Promise<string | undefined> {
  const filter = `name = '${project.replaceAll("'", "''")}'`
  const { experiments } = await searchExperiments({ ctx, input: { filter, max_results: 1 } })
  return experiments[0]?.experiment_id
}
