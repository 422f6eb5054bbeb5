import { mlflowVersion } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import type { HttpMetrics } from '../../platform/metrics/index.js'

const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** `/health` and `/version` as MLflow clients expect them, and `/metrics` for Prometheus. */
export function mountProbes(app: FastifyInstance, { registry }: HttpMetrics): void {
  const plain = (summary: string) => ({ summary, tags: ['status'] })
  const open = { access: 'public' } as const
  app.get('/health', { schema: plain('Is the server up'), config: open }, async (_request, reply) =>
    reply.type('text/plain').send('OK'),
  )
  app.get('/version', { schema: plain('The MLflow version spoken'), config: open }, async (_request, reply) =>
    reply.type('text/plain').send(mlflowVersion),
  )
  app.get(
    '/metrics',
    { schema: plain('Metrics for Prometheus'), config: { access: 'status.read' } },
    async (request, reply) => {
      const text = await registry.metrics()
      const wanted = request.headers.accept?.includes('application/openmetrics-text') === true
      return wanted
        ? reply.type(openMetricsType).send(toOpenMetrics(text))
        : reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
    },
  )
}

/** The text format as OpenMetrics 1.0: counters are declared without the suffix of their samples, and it ends with EOF. */
function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '')
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []))
  const declared = lines.map((line) =>
    line.replace(/^(# (?:HELP|TYPE) )(\S+)_total /, (whole, start: string, name: string) =>
      counters.has(name) ? `${start}${name} ` : whole,
    ),
  )
  return `${declared.join('\n')}\n# EOF\n`
}
