import { fabriqueVersion, routes, type Status } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { listAliveWorkers } from '../../contexts/flows/index.js'
import { listProjects } from '../../contexts/projects/index.js'
import type { ModelServer } from '../../contexts/serving/index.js'
import { type ContextOf, type HttpMetrics, mountRoute, type VerbContext } from '../../platform/index.js'
import type { Config } from '../config/index.js'
import { systemClock } from '../system.js'
import { mountProbes } from './probe-routes.js'

export interface StatusRoutesOptions {
  readonly contextOf: ContextOf
  readonly config: Config
  readonly role: 'server' | 'predictor'
  readonly startedAt: Date
  readonly models: ModelServer
  readonly metrics: HttpMetrics
}

/** `/health` and `/version` as MLflow clients expect them, `/status` with every part, `/metrics` for Prometheus. */
export function mountStatusRoutes(app: FastifyInstance, options: StatusRoutesOptions): void {
  mountProbes(app, options.metrics)
  mountRoute(app, routes.getStatus, ({ request }) => describeStatus(options, options.contextOf(request)))
}

async function describeStatus(options: StatusRoutesOptions, ctx: VerbContext): Promise<Status> {
  const { config, role, startedAt, models } = options
  const endpoints = models.endpoints()
  const database = await describeDatabase(ctx, config)
  const isUp = database.state === 'up'
  const workers = isUp ? await listAliveWorkers({ ctx, input: {} }) : []
  const projects = isUp ? await listProjects({ ctx, input: {} }) : []
  const parts: Status['parts'] = [
    database,
    ...(role === 'predictor'
      ? []
      : [{ name: 'worker', state: workers.length > 0 ? 'up' : 'down', detail: `${workers.length} alive` } as const]),
    {
      name: 'endpoints',
      state: endpoints.some(({ state }) => state === 'failed') ? 'degraded' : 'up',
      detail: `${endpoints.filter(({ state, loaded_at }) => state !== 'failed' || loaded_at !== undefined).length} served`,
    },
  ]
  const now = systemClock.now()
  return {
    version: fabriqueVersion,
    state: parts.every(({ state }) => state === 'up') ? 'up' : 'degraded',
    role,
    started_at: startedAt.toISOString(),
    uptime_s: Math.round((now.getTime() - startedAt.getTime()) / 1000),
    data_dir: config.dataDir,
    trash_days: config.trash_days,
    parts,
    projects: projects.map(({ name }) => name),
    endpoints: endpoints.map(({ model, version, state }) => ({ model, version, state })),
  }
}

async function describeDatabase(ctx: VerbContext, config: Config): Promise<Status['parts'][number]> {
  const kind = config.database_url === undefined ? 'embedded' : 'external'
  try {
    const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(ctx.db)
    return { name: 'database', state: 'up', detail: `PostgreSQL ${rows[0]?.version}, ${kind}` }
  } catch {
    return { name: 'database', state: 'down', detail: kind }
  }
}
