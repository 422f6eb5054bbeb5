import { type ImportedExperiment, ImportedExperiment as Schema } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { checkExperimentName } from './checks.js'
import { lockExperiment, setStage } from './experiment-store.js'
import { runsImported } from './runs-imported.js'

export interface BroughtExperiment {
  readonly name: string
  readonly experiment_id: string
  readonly is_new: boolean
}

/**
 * Brings experiments of another server. One whose name is taken here is the one of that name, as it is; ids are given anew.
 * New ones are active, so that runs can be brought into them; `importDeletedExperiments` ends with the deleted ones.
 */
export const importExperiments = changeVerb({
  name: 'tracking.import_experiments',
  permission: 'runs.write',
  input: z.object({ items: z.array(Schema) }),
  async run({ ctx, input, record, unchanged }): Promise<readonly BroughtExperiment[]> {
    const found: BroughtExperiment[] = []
    for (const item of input.items) found.push(await bring(ctx, item))
    const made = found.filter(({ is_new }) => is_new).length
    if (made === 0) unchanged()
    else await record(runsImported({ experiments: made }))
    return found
  },
})

async function bring(ctx: VerbContext, item: ImportedExperiment): Promise<BroughtExperiment> {
  checkExperimentName(item.name)
  const now = ctx.clock.now().getTime()
  const tags = Object.entries(item.tags)
  const { rows } = await sql<{ experiment_id: string; is_new: boolean }>`
    with made as (
      insert into experiments (id, name, artifact_location, created_ms, updated_ms)
      select next.id, ${item.name}, 'mlflow-artifacts:/' || next.id, ${item.creation_time ?? now}, ${item.last_update_time ?? now}
      from (select nextval(pg_get_serial_sequence('experiments', 'id')) as id) next
      on conflict (name) do nothing
      returning id
    ), tagged as (
      insert into experiment_tags (experiment_id, key, value)
      select made.id, t.key, t.value
      from made, unnest(${tags.map(([key]) => key)}::text[], ${tags.map(([, value]) => value)}::text[]) as t (key, value)
    )
    select id::text as experiment_id, true as is_new from made
    union all select id::text, false from experiments where name = ${item.name}
    limit 1
  `.execute(ctx.db)
  const row = rows[0]
  // Another import made it between the two reads of the statement: it is there now.
  if (row === undefined) return bring(ctx, item)
  return { name: item.name, ...row }
}

/** Deletes experiments that were deleted where they came from, with their runs. */
export const importDeletedExperiments = changeVerb({
  name: 'tracking.import_deleted_experiments',
  permission: 'runs.write',
  input: z.object({ experiment_ids: z.array(z.string()) }),
  async run({ ctx, input, record, unchanged }): Promise<number> {
    let count = 0
    for (const id of [...input.experiment_ids].sort()) {
      if ((await lockExperiment(ctx, id)) === 'deleted') continue
      await setStage(ctx, id, 'deleted')
      await record({
        subject: `experiments/${id}`,
        event: 'experiment.changed',
        payload: { experiment_id: id, change: 'deleted' },
      })
      count += 1
    }
    if (count === 0) unchanged()
    return count
  },
})
