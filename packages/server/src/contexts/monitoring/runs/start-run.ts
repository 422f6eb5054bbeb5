import { FabriqueError, type Job, RunMonitorRequest } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '../../../kernel/index.js'
import { changeVerb, checkModelGrant, fromJsonb, systemActor, type VerbContext } from '../../../platform/index.js'
import { findNamedSnapshot, resolveSnapshot } from '../../datasets/index.js'
import { startJob } from '../../jobs/index.js'
import { language } from '../model.js'
import { nextMoment } from '../monitors/schedule.js'
import { definitionOf, findMonitor, type MonitorRow } from '../store.js'
import { type MonitorJobInput, monitorJobKind } from './run-job.js'

/**
 * Asks for a run of a monitor, also of one that is switched off. While one is open, that one is the answer. Throws `monitor_not_found`,
 * `job_open_already` where the open one compares something else, `model_not_granted`.
 */
export const runMonitor = changeVerb({
  name: 'monitoring.run_monitor',
  permission: 'monitors.run',
  input: z.object({
    monitor: z.string(),
    request: RunMonitorRequest,
    origin: z.enum(['manual', 'flow']).default('manual'),
    language,
  }),
  async run({ ctx, input, unchanged }): Promise<Job> {
    const { request, origin } = input
    const row = await findMonitor(ctx, input.monitor)
    const definition = definitionOf(row)
    const { reference = definition.reference, current = definition.current } = request
    await checkGrants(ctx, row, { reference, current })
    // The job tells of itself.
    unchanged()
    const asked = { reference, current, origin, reason: request.reason, language: input.language } as const
    const job = await startRun(ctx, row, asked)
    await assertSame(ctx, job, { definition, reference, current })
    return job
  },
})

type Compared = Pick<MonitorJobInput, 'definition' | 'reference' | 'current'>

/** An open run is the answer whoever asked for it, if it compares the same. */
async function assertSame(ctx: VerbContext, job: Job, asked: Compared): Promise<void> {
  const { rows } = await sql<{ input: unknown }>`select input from jobs where id = ${job.id}`.execute(ctx.db)
  const [found] = rows
  if (found === undefined) return
  const text = ({ definition, reference, current }: Compared) =>
    canonicalJson(JSON.parse(JSON.stringify({ definition, reference, current })))
  if (text(fromJsonb<MonitorJobInput>(found.input)) !== text(asked))
    throw new FabriqueError('job_open_already', { job: job.id, kind: job.kind, subject: job.subject })
}

type Sides = Pick<MonitorJobInput, 'reference' | 'current'>

/** What a run reads it reads in the name of the worker: who asks must be allowed to. What is not there yet is told by the run. */
async function checkGrants(ctx: VerbContext, row: MonitorRow, { reference, current }: Sides): Promise<void> {
  if (ctx.actor.models === undefined) return
  if (row.model !== null) checkModelGrant(ctx.actor, row.model)
  if (reference.kind === 'snapshot') await findNamedSnapshot(ctx, reference.snapshot, 'reference.snapshot')
  if (current.kind === 'snapshot') {
    await resolveSnapshot({ ctx, input: { project: row.project, dataset: current.dataset, ref: current.ref } })
  }
}

interface Starting extends Sides {
  readonly origin: MonitorJobInput['origin']
  readonly reason: string
  readonly language: 'en' | 'fr'
}

function startRun(ctx: VerbContext, row: MonitorRow, { reason, language: tongue, ...asked }: Starting): Promise<Job> {
  const { name, project } = row
  const input: MonitorJobInput = {
    monitor: name,
    project,
    definition: definitionOf(row),
    reference: asked.reference,
    current: asked.current,
    origin: asked.origin,
    requested_by: ctx.actor.id,
  }
  // Asking for a job is part of what may be done with monitors.
  const asking = {
    ...ctx,
    actor: { ...ctx.actor, permissions: new Set([...ctx.actor.permissions, 'jobs.write' as const]) },
  }
  return startJob({
    ctx: asking,
    input: {
      kind: monitorJobKind,
      project,
      subject: `monitors/${name}`,
      input: JSON.parse(JSON.stringify(input)),
      reason,
      language: tongue,
    },
  })
}

/** Starts the run of a monitor whose moment has come, once for each moment, however many workers look; the next moment is set with it. */
export const startDueRun = changeVerb({
  name: 'monitoring.start_due_run',
  permission: 'monitors.run',
  input: z.object({ monitor: z.string(), now: z.custom<Date>() }),
  async run({ ctx, input: { monitor, now }, unchanged }): Promise<boolean> {
    unchanged()
    const row = await findMonitor(ctx, monitor, true)
    const isDue = row.enabled && row.removed_at === null && row.next_at !== null && row.next_at <= now
    if (!isDue) return false
    const definition = definitionOf(row)
    const { reference, current } = definition
    const next = nextMoment(definition, now)
    await sql`update monitors set next_at = ${next ?? null} where name = ${monitor}`.execute(ctx.db)
    await startRun(asMonitor(ctx), row, { reference, current, origin: 'schedule', reason: '', language: 'en' })
    return true
  },
})

/**
 * Starts the run of a monitor that follows the snapshots of its data set, once for each new one. While another run is open it is not started
 * and not seen: that one may have begun before the snapshot was there.
 */
export const startRunOfSnapshot = changeVerb({
  name: 'monitoring.start_run_of_snapshot',
  permission: 'monitors.run',
  input: z.object({ monitor: z.string(), snapshot: z.string() }),
  async run({ ctx, input: { monitor, snapshot }, unchanged }): Promise<boolean> {
    unchanged()
    const row = await findMonitor(ctx, monitor, true)
    if (!row.enabled || row.removed_at !== null || row.seen_snapshot === snapshot) return false
    const { reference, current } = definitionOf(row)
    const asked = { reference, current, origin: 'snapshot', reason: snapshot, language: 'en' } as const
    const job = await startRun(asMonitor(ctx), row, asked)
    if (job.reason !== snapshot || job.requested_by !== systemActor('monitor').id) return false
    await sql`update monitors set seen_snapshot = ${snapshot} where name = ${monitor}`.execute(ctx.db)
    return true
  },
})

const asMonitor = (ctx: VerbContext): VerbContext => ({ ...ctx, actor: systemActor('monitor') })
