import { sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'
import { limit } from '../../kernel/index.js'
import { sharedLook, type VerbContext } from '../../platform/index.js'

interface FlowRow {
  readonly project: string
  readonly flow: string
  readonly state: string
  readonly runs: number
  /** Of those that a worker could take at once: their number, and how long the first of them has waited. */
  readonly ready: number
  readonly waited_seconds: number | null
}

interface EndedRow {
  readonly project: string
  readonly flow: string
  readonly state: string
  readonly runs: number
  readonly ended: Date
  readonly seconds: number | null
}

interface WorkerRow {
  readonly alive: number
  readonly slots: number
  readonly busy: number
}

const states = {
  SCHEDULED: 'scheduled',
  PENDING: 'pending',
  RUNNING: 'running',
  PAUSED: 'paused',
  CANCELLING: 'cancelling',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  CRASHED: 'crashed',
} as const

const wordOf = (state: string): string => states[state as keyof typeof states] ?? state.toLowerCase()

/**
 * Adds open and ended runs of each flow, what waits for a worker, and the workers to what Prometheus reads. Three queries at most every
 * `metrics.work_refresh_ms`, of at most `metrics.flows_max` flows.
 */
export function addFlowGauges(ctx: VerbContext, registry: Registry): void {
  const { clock, log } = ctx
  const collect = sharedLook({ clock, log, what: 'flows', everyMs: limit('metrics.work_refresh_ms') }, () =>
    fill(ctx, gauges),
  )
  const gaugeOf = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry], collect })
  const ofFlow = ['project', 'flow']
  const gauges: Gauges = {
    open: gaugeOf('fabrique_flow_runs', 'Runs that are not over, by state.', [...ofFlow, 'state']),
    ready: gaugeOf('fabrique_flow_queue_depth', 'Runs that wait for a worker and for nothing else.', ofFlow),
    waited: gaugeOf('fabrique_flow_queue_oldest_seconds', 'How long the first of them has waited.', ofFlow),
    ended: gaugeOf('fabrique_flow_runs_last_hour', 'Runs that ended in the last hour, by their last state.', [
      ...ofFlow,
      'state',
    ]),
    lastEnded: gaugeOf(
      'fabrique_flow_last_ended_timestamp_seconds',
      'When the newest run that ended in the last hour ended, by its last state, in seconds since 1970.',
      [...ofFlow, 'state'],
    ),
    duration: gaugeOf(
      'fabrique_flow_run_duration_mean_seconds',
      'Mean time from the start to the end of the runs that ended in the last hour.',
      [...ofFlow, 'state'],
    ),
    workers: gaugeOf('fabrique_flow_workers', 'Workers that live.'),
    slots: gaugeOf('fabrique_flow_worker_slots', 'Runs that all workers together can have in hand.'),
    busy: gaugeOf('fabrique_flow_worker_slots_busy', 'Runs that the workers have in hand.'),
  }
}

type Gauges = Readonly<
  Record<'open' | 'ready' | 'waited' | 'ended' | 'lastEnded' | 'duration' | 'workers' | 'slots' | 'busy', Gauge>
>

async function fill(ctx: VerbContext, gauges: Gauges): Promise<void> {
  const open = await sql<FlowRow>`
    with open as (
      select project, flow, state_type, ready_at from flow_runs where ended_at is null
    ), flows_seen as (
      select project, flow from open group by project, flow order by project, flow limit ${limit('metrics.flows_max')}
    )
    select o.project, o.flow, o.state_type as state, count(*)::float8 as runs,
      count(*) filter (where o.ready_at <= now())::float8 as ready,
      extract(epoch from now() - min(o.ready_at) filter (where o.ready_at <= now()))::float8 as waited_seconds
    from open o join flows_seen s using (project, flow) group by o.project, o.flow, o.state_type
  `.execute(ctx.db)
  const ended = await sql<EndedRow>`
    select project, flow, state_type as state, count(*)::float8 as runs, max(ended_at) as ended,
      avg(extract(epoch from ended_at - started_at))::float8 as seconds
    from flow_runs where ended_at > now() - interval '1 hour'
    group by project, flow, state_type order by max(ended_at) desc limit ${limit('metrics.flows_max')}
  `.execute(ctx.db)
  const workers = await sql<WorkerRow>`
    select count(*)::float8 as alive, coalesce(sum(runs_max), 0)::float8 as slots,
      (select count(*)::float8 from flow_runs where worker_id is not null) as busy
    from flow_workers where ended_at is null and lease_until > now()
  `.execute(ctx.db)
  for (const gauge of Object.values(gauges)) gauge.reset()
  // From the shortest wait to the longest: of a flow with several states the last one set stands.
  const byWait = open.rows.toSorted((left, right) => (left.waited_seconds ?? 0) - (right.waited_seconds ?? 0))
  for (const { project, flow, state, runs, ready, waited_seconds: waited } of byWait) {
    gauges.open.set({ project, flow, state: wordOf(state) }, runs)
    if (ready === 0) continue
    gauges.ready.inc({ project, flow }, ready)
    gauges.waited.set({ project, flow }, Math.max(0, waited ?? 0))
  }
  for (const { project, flow, state, runs, ended: at, seconds } of ended.rows) {
    const labels = { project, flow, state: wordOf(state) }
    gauges.ended.set(labels, runs)
    gauges.lastEnded.set(labels, at.getTime() / 1000)
    if (seconds !== null) gauges.duration.set(labels, seconds)
  }
  const [alive] = workers.rows
  gauges.workers.set(alive?.alive ?? 0)
  gauges.slots.set(alive?.slots ?? 0)
  gauges.busy.set(alive?.busy ?? 0)
}
