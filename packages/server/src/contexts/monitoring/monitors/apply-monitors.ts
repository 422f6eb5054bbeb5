import { FabriqueError, MonitorDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '../../../kernel/index.js'
import { changeVerb } from '../../../platform/index.js'
import { definitionOf, type MonitorRow } from '../store.js'
import { checkDefinition } from './check-definition.js'
import { assertRoom, lockMonitors, writeMonitor } from './create-monitor.js'

/**
 * Makes these the monitors that a project declares: all of them or none. One that is no longer declared runs no more; its reports stay.
 * Applying the same again changes nothing, also where one was switched off. Throws `monitor_exists`, `invalid_request`.
 */
export const applyMonitors = changeVerb({
  name: 'monitoring.apply_monitors',
  permission: 'monitors.write',
  input: z.object({ project: z.string(), monitors: z.array(MonitorDefinition).max(1000) }),
  async run({ ctx, input: { project, monitors }, record, unchanged }): Promise<void> {
    for (const definition of monitors) checkDefinition(definition, ctx.clock.now())
    // One worker after another: two that start at once apply the same.
    await lockMonitors(ctx)
    const names = monitors.map(({ name }) => name)
    const { rows } = await sql<MonitorRow>`
      select * from monitors where name = any(${names}::text[]) or (project = ${project} and source = 'project')
    `.execute(ctx.db)
    const known = new Map(rows.map((row) => [row.name, row]))
    let changes = 0
    for (const definition of monitors) {
      const before = known.get(definition.name)
      if (before !== undefined && (before.project !== project || before.source !== 'project')) {
        throw new FabriqueError('monitor_exists', { monitor: before.name, project: before.project })
      }
      const isSame =
        before?.removed_at === null && canonicalJson(definitionOf(before)) === canonicalJson({ ...definition })
      if (isSame) continue
      if (before === undefined) await assertRoom(ctx)
      await writeMonitor(
        ctx,
        { project, definition, source: 'project' },
        record,
        before === undefined ? 'created' : 'changed',
      )
      changes += 1
    }
    for (const { name, removed_at } of rows) {
      if (removed_at !== null || names.includes(name)) continue
      const now = ctx.clock.now()
      await sql`
        update monitors set removed_at = ${now}, next_at = null, updated_at = ${now} where name = ${name}
      `.execute(ctx.db)
      await record({
        subject: `monitors/${name}`,
        event: 'monitor.changed',
        payload: { project, monitor: name, change: 'removed' },
      })
      changes += 1
    }
    if (changes === 0) unchanged()
  },
})
