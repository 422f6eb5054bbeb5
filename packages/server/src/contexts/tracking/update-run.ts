import { sql } from 'kysely'
import { changeVerb } from '../../platform/index.js'
import { markDeleted, markRestored, relabel } from '../lineage/index.js'
import { checkedTag } from './checks.js'
import { type Run, runNameTag } from './model.js'
import { runRef } from './run-lineage.js'
import { lockActiveRun, lockRun, runChanged, selectRun } from './run-store.js'
import { RunId, UpdateRun } from './schema.js'

/** Changes status, end and name of an active run; what is not given stays. Throws `run_not_found`, `run_not_active`. */
export const updateRun = changeVerb({
  name: 'tracking.update_run',
  permission: 'runs.write',
  input: UpdateRun,
  async run({ ctx, input, record, unchanged }): Promise<Run> {
    const id = input.run_id
    const before = await lockActiveRun(ctx, id)
    const name = input.run_name ? checkedTag({ key: runNameTag, value: input.run_name }).value : before.name
    const status = input.status ?? before.status
    const endMs = input.end_time ?? before.end_ms
    if (name === before.name && status === before.status && endMs === before.end_ms) unchanged()
    else {
      await sql`
        with tagged as (
          insert into run_tags (run_id, key, value) values (${id}, ${runNameTag}, ${name})
          on conflict (run_id, key) do update set value = excluded.value where run_tags.value <> excluded.value
        )
        update runs set status = ${status}, end_ms = ${endMs}, name = ${name} where id = ${id}
      `.execute(ctx.db)
      if (name !== before.name) await relabel(ctx, [{ ...runRef(id), label: name }])
      await record(runChanged(id, before.experiment_id, status === before.status ? 'updated' : `status ${status}`))
    }
    return selectRun(ctx, id)
  },
})

/** Marks a run as deleted; it can still be read and restored. A deleted one stays so. */
export const deleteRun = changeVerb({
  name: 'tracking.delete_run',
  permission: 'runs.write',
  input: RunId,
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const before = await lockRun(ctx, input.run_id)
    if (before.lifecycle_stage === 'deleted') {
      unchanged()
      return
    }
    const now = ctx.clock.now().getTime()
    await sql`update runs set lifecycle_stage = 'deleted', deleted_ms = ${now} where id = ${input.run_id}`.execute(
      ctx.db,
    )
    await markDeleted(ctx, runRef(input.run_id))
    await record(runChanged(input.run_id, before.experiment_id, 'deleted'))
  },
})

/** Brings a deleted run back. An active one stays so. */
export const restoreRun = changeVerb({
  name: 'tracking.restore_run',
  permission: 'runs.write',
  input: RunId,
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const before = await lockRun(ctx, input.run_id)
    if (before.lifecycle_stage === 'active') {
      unchanged()
      return
    }
    await sql`update runs set lifecycle_stage = 'active', deleted_ms = null where id = ${input.run_id}`.execute(ctx.db)
    await markRestored(ctx, runRef(input.run_id))
    await record(runChanged(input.run_id, before.experiment_id, 'restored'))
  },
})
