import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { markDeleted } from '../lineage/index.js'
import type { LifecycleStage } from './model.js'
import { runRef } from './run-lineage.js'
import { runChanged } from './run-store.js'
import { Text } from './schema.js'

/**
 * Moves runs to the trash, all or none; returns how many were not there yet. Throws `run_not_found`.
 */
export const deleteRuns = changeVerb({
  name: 'tracking.delete_runs',
  permission: 'runs.write',
  input: z.object({ run_ids: z.array(Text).min(1).max(1000) }),
  async run({ ctx, input, record, unchanged }): Promise<number> {
    const ids = [...new Set(input.run_ids)]
    // In one order, so that two calls never wait for each other in a circle.
    const { rows } = await sql<{ id: string; experiment_id: string; stage: LifecycleStage }>`
      select id, experiment_id::text as experiment_id, lifecycle_stage as stage from runs
      where id = any(${ids}::text[]) order by id for no key update
    `.execute(ctx.db)
    const found = new Set(rows.map(({ id }) => id))
    const missing = ids.find((id) => !found.has(id))
    if (missing !== undefined) throw new FabriqueError('run_not_found', { run: missing })
    const active = rows.filter(({ stage }) => stage === 'active')
    await sql`
      update runs set lifecycle_stage = 'deleted', deleted_ms = ${ctx.clock.now().getTime()}
      where id = any(${active.map(({ id }) => id)}::text[])
    `.execute(ctx.db)
    await markDeleted(
      ctx,
      active.map(({ id }) => runRef(id)),
    )
    if (active.length === 0) unchanged()
    for (const { id, experiment_id } of active) await record(runChanged(id, experiment_id, 'deleted'))
    return active.length
  },
})
