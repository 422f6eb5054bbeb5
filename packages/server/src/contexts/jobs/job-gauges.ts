import { sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'
import { limit } from '../../kernel/index.js'
import { sharedLook, type VerbContext } from '../../platform/index.js'

interface Row {
  readonly kind: string
  readonly state: 'queued' | 'running'
  readonly jobs: number
  readonly oldest: Date
}

/**
 * Adds how many jobs of each kind wait and run, and since when the oldest waits, to what Prometheus reads. One query at most every
 * `metrics.work_refresh_ms`. Kinds are those of the program: their number is bounded.
 */
export function addJobGauges(ctx: VerbContext, registry: Registry): void {
  const { clock, log } = ctx
  const collect = sharedLook({ clock, log, what: 'jobs', everyMs: limit('metrics.work_refresh_ms') }, async () => {
    const { rows } = await sql<Row>`
      select kind, state, count(*)::float8 as jobs, min(created_at) as oldest from jobs
      where state in ('queued', 'running') group by kind, state order by kind, state
    `.execute(ctx.db)
    open.reset()
    oldest.reset()
    for (const row of rows) {
      open.set({ kind: row.kind, state: row.state }, row.jobs)
      const waitedSeconds = (clock.now().getTime() - row.oldest.getTime()) / 1000
      if (row.state === 'queued') oldest.set({ kind: row.kind }, Math.max(0, waitedSeconds))
    }
  })
  const open = new Gauge({
    name: 'fabrique_jobs',
    help: 'Jobs that wait or run, by kind.',
    labelNames: ['kind', 'state'],
    registers: [registry],
    collect,
  })
  const oldest = new Gauge({
    name: 'fabrique_job_oldest_queued_seconds',
    help: 'How long the oldest job of a kind has waited.',
    labelNames: ['kind'],
    registers: [registry],
    collect,
  })
}
