import { FabriqueError, type Monitor, MonitorQuery } from '@fabrique/contract'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../../platform/index.js'
import { language } from '../model.js'
import { selectMonitors } from '../store.js'

/** A monitor with its newest report. Throws `monitor_not_found`. */
export const getMonitor = readVerb({
  name: 'monitoring.get_monitor',
  permission: 'monitors.read',
  input: z.object({ monitor: z.string(), language }),
  async run({ ctx, input }): Promise<Monitor> {
    const conditions = [sql<SqlBool>`m.name = ${input.monitor}`]
    const [found] = await selectMonitors(ctx, { conditions, limit: 1 }, input.language)
    if (found === undefined) throw new FabriqueError('monitor_not_found', { monitor: input.monitor })
    return found
  },
})

/** Monitors by name. The token of a page is the last name of the one before. One that no project declares any more is shown by its name only. */
export const listMonitors = readVerb({
  name: 'monitoring.list_monitors',
  permission: 'monitors.read',
  input: MonitorQuery.extend({ language }),
  async run({ ctx, input }): Promise<{ items: Monitor[]; next_page_token?: string }> {
    const { project, model, state, page_token, limit } = input
    const conditions: RawBuilder<SqlBool>[] = [sql`m.removed_at is null`]
    if (project !== undefined) conditions.push(sql`m.project = ${project}`)
    if (model !== undefined) conditions.push(sql`m.model = ${model}`)
    if (state !== undefined) conditions.push(sql`r.state = ${state}`)
    if (page_token !== undefined) conditions.push(sql`m.name > ${page_token}`)
    const found = await selectMonitors(ctx, { conditions, limit: limit + 1 }, input.language)
    const items = found.slice(0, limit)
    const last = items.at(-1)
    return { items, ...(found.length > limit && last !== undefined ? { next_page_token: last.name } : {}) }
  },
})
