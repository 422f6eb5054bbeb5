import { fabriqueVersion, mlflowVersion, routes, type Status } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { listAliveWorkers } from '../../contexts/flows/index.js'
import { listProjects } from '../../contexts/projects/index.js'
import type { ModelServer } from '../../contexts/serving/index.js'
import { type ContextOf, type HttpMetrics, mountRoute, type VerbContext } from '../../platform/index.js'
import type { Config } from '../config/index.js'
import { systemClock } from '../system.js'

export interface StatusRoutesOptions {
  readonly contextOf: ContextOf
  readonly config: Config
  readonly role: 'server' | 'predictor'
  readonly startedAt: Date
  readonly models: ModelServer
  readonly metrics: HttpMetrics
}

const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** `/health` and `/version` as MLflow clients expect them, `/status` with every part, `/metrics` for Prometheus. */
export function mountStatusRoutes(app: FastifyInstance, options: StatusRoutesOptions): void {
  const plain = (summary: string) => ({ summary, tags: ['status'] })
  app.get('/health', { schema: plain('Is the server up') }, async (_request, reply) =>
    reply.type('text/plain').send('OK'),
  )
  app.get('/version', { schema: plain('The MLflow version spoken') }, async (_request, reply) =>
    reply.type('text/plain').send(mlflowVersion),
  )
  app.get('/metrics', { schema: plain('Metrics for Prometheus') }, async (request, reply) => {
    const { registry } = options.metrics
    const text = await registry.metrics()
    const wanted = request.headers.accept?.includes('application/openmetrics-text') === true
    return wanted
      ? reply.type(openMetricsType).send(toOpenMetrics(text))
      : reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
  })
  mountRoute(app, routes.getStatus, ({ request }) => describeStatus(options, options.contextOf(request)))
}

/** The text format as OpenMetrics 1.0: counters are declared without the suffix of their samples, and it ends with EOF. */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []))
  const declared = lines.map((line) =>
    line.replace(/^(# (?:HELP|TYPE) )(\S+)_total /, (whole, start: string, name: string) =>
      counters.has(name) ? `${start}${name} ` : whole,
    ),
  )
  return `${declared.join('\n')}\n# EOF\n`
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
      detail: `${endpoints.length} served`,
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
