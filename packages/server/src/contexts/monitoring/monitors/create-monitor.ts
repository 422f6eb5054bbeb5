import { CreateMonitor, FabriqueError, type Monitor, type MonitorDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { changeVerb, type RecordChange, type VerbContext } from '../../../platform/index.js'
import { getProject } from '../../projects/index.js'
import { language } from '../model.js'
import { putMonitorRow } from '../store.js'
import { checkDefinition, checkGrants } from './check-definition.js'
import { getMonitor } from './get-monitor.js'
import { nextMoment } from './schedule.js'

/**
 * Makes a monitor. What it names need not be there yet: a run says what is in the way. Throws `monitor_exists`, `project_not_found`,
 * `model_not_granted`, `invalid_request`, `monitors_too_many`.
 */
export const createMonitor = changeVerb({
  name: 'monitoring.create_monitor',
  permission: 'monitors.write',
  input: z.object({ request: CreateMonitor, language }),
  async run({ ctx, input, record }): Promise<Monitor> {
    const { project, ...definition } = input.request
    await getProject({ ctx, input: { project } })
    checkGrants(ctx.actor, definition)
    checkDefinition(definition, ctx.clock.now())
    await takeName(ctx, definition.name)
    await assertRoom(ctx)
    await writeMonitor(ctx, { project, definition, source: 'api' }, record)
    return getMonitor({ ctx, input: { monitor: definition.name, language: input.language } })
  },
})

/** One after another: of two that make the same name, the second finds it taken. */
async function takeName(ctx: VerbContext, name: string): Promise<void> {
  await lockMonitors(ctx)
  const { rows } = await sql<{ project: string }>`select project from monitors where name = ${name}`.execute(ctx.db)
  const [taken] = rows
  if (taken !== undefined) throw new FabriqueError('monitor_exists', { monitor: name, project: taken.project })
}

export async function lockMonitors(ctx: VerbContext): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('names of monitors', 0))`.execute(ctx.db)
}

export async function assertRoom(ctx: VerbContext): Promise<void> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from monitors`.execute(ctx.db)
  const count = rows[0]?.count ?? 0
  if (count >= limit('monitoring.monitors_max')) throw new FabriqueError('monitors_too_many', { count })
}

export interface Written {
  readonly project: string
  readonly definition: MonitorDefinition
  readonly source: 'project' | 'api'
}

/** Writes a monitor and tells of it. */
export async function writeMonitor(
  ctx: VerbContext,
  { project, definition, source }: Written,
  record: RecordChange,
  change: 'created' | 'changed' = 'created',
): Promise<void> {
  const nextAt = definition.enabled ? nextMoment(definition, ctx.clock.now()) : undefined
  await putMonitorRow(ctx, { project, definition, source, enabled: definition.enabled, nextAt })
  await record({
    subject: `monitors/${definition.name}`,
    event: 'monitor.changed',
    payload: { project, monitor: definition.name, change },
  })
}
