import { FabriqueError, type Monitor, MonitorDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb } from '../../../platform/index.js'
import { markErased } from '../../lineage/index.js'
import { language } from '../model.js'
import { definitionOf, findMonitor, type MonitorRow } from '../store.js'
import { checkDefinition, checkGrants } from './check-definition.js'
import { writeMonitor } from './create-monitor.js'
import { getMonitor } from './get-monitor.js'
import { nextMoment } from './schedule.js'

/** Changes a monitor; it keeps its name, its reports and its findings. Throws `monitor_declared`, `monitor_not_found`, `invalid_request`. */
export const putMonitor = changeVerb({
  name: 'monitoring.put_monitor',
  permission: 'monitors.write',
  input: z.object({ monitor: z.string(), definition: MonitorDefinition, language }),
  async run({ ctx, input, record }): Promise<Monitor> {
    const { monitor, definition } = input
    const before = await findMonitor(ctx, monitor, true)
    assertOurs(before)
    if (definition.name !== monitor) {
      throw new FabriqueError(
        'invalid_request',
        { field: 'name', reason: 'a monitor keeps its name', reason_fr: 'un moniteur garde son nom' },
        { field: 'name' },
      )
    }
    checkGrants(ctx.actor, definition)
    checkDefinition(definition, ctx.clock.now())
    await writeMonitor(ctx, { project: before.project, definition, source: 'api' }, record, 'changed')
    return getMonitor({ ctx, input: { monitor, language: input.language } })
  },
})

/** Switches a monitor on or off, also one that a project declares: that holds until its declaration changes. Throws `monitor_not_found`. */
export const switchMonitor = changeVerb({
  name: 'monitoring.switch_monitor',
  permission: 'monitors.write',
  input: z.object({ monitor: z.string(), enabled: z.boolean(), language }),
  async run({ ctx, input, record, unchanged }): Promise<Monitor> {
    const { monitor, enabled } = input
    const row = await findMonitor(ctx, monitor, true)
    if (row.enabled === enabled) unchanged()
    else {
      const now = ctx.clock.now()
      const next = enabled ? nextMoment(definitionOf(row), now) : undefined
      await sql`
        update monitors set enabled = ${enabled}, next_at = ${next ?? null}, updated_at = ${now} where name = ${monitor}
      `.execute(ctx.db)
      await record({
        subject: `monitors/${monitor}`,
        event: 'monitor.changed',
        payload: { project: row.project, monitor, change: enabled ? 'switched_on' : 'switched_off' },
      })
    }
    return getMonitor({ ctx, input: { monitor, language: input.language } })
  },
})

/** Deletes a monitor with its reports and findings. Throws `monitor_declared`, `monitor_not_found`. */
export const deleteMonitor = changeVerb({
  name: 'monitoring.delete_monitor',
  permission: 'monitors.write',
  input: z.object({ monitor: z.string() }),
  async run({ ctx, input: { monitor }, record }): Promise<void> {
    const row = await findMonitor(ctx, monitor, true)
    assertOurs(row)
    const { rows: reports } = await sql<{ id: string }>`
      select id from monitor_reports where monitor = ${monitor}`.execute(ctx.db)
    await sql`delete from monitors where name = ${monitor}`.execute(ctx.db)
    await markErased(
      ctx,
      reports.map(({ id }) => ({ kind: 'drift_report', id })),
    )
    await record({
      subject: `monitors/${monitor}`,
      event: 'monitor.changed',
      payload: { project: row.project, monitor, change: 'deleted' },
    })
  },
})

/** One that its project does not declare any more is nobody's: it may be changed or deleted here. */
function assertOurs({ name, project, source, removed_at }: MonitorRow): void {
  if (source === 'project' && removed_at === null)
    throw new FabriqueError('monitor_declared', { monitor: name, project })
}
