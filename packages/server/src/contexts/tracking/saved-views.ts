import { FabriqueError, type SavedView } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { changeVerb, readVerb, type VerbContext } from '../../platform/index.js'
import { lockActiveExperiment, selectExperiment } from './experiment-store.js'
import { ExperimentId, Text } from './schema.js'

const ViewName = ExperimentId.extend({ name: Text.min(1).max(250) })

interface ViewRow {
  readonly name: string
  readonly query: string
  readonly saved_at: Date
  readonly saved_by: string
}

const toView = (row: ViewRow): SavedView => ({ ...row, saved_at: row.saved_at.toISOString() })

/** The saved views of an experiment, by name. Throws `experiment_not_found`. */
export const listSavedViews = readVerb({
  name: 'tracking.list_saved_views',
  permission: 'runs.read',
  input: ExperimentId,
  async run({ ctx, input }): Promise<readonly SavedView[]> {
    const { experiment_id: id } = await selectExperiment(ctx, input.experiment_id)
    const { rows } = await sql<ViewRow>`
      select name, query, saved_at, saved_by from saved_views where experiment_id = ${id}::bigint order by name
    `.execute(ctx.db)
    return rows.map(toView)
  },
})

/** Saves a view under a name, in place of an older one. Throws `experiment_not_active`, `saved_views_full`. */
export const saveView = changeVerb({
  name: 'tracking.save_view',
  permission: 'runs.write',
  input: ViewName.extend({ query: Text.max(20_000) }),
  async run({ ctx, input, record, unchanged }): Promise<SavedView> {
    const { experiment_id: id, name, query } = input
    await lockActiveExperiment(ctx, id)
    const { rows } = await sql<ViewRow>`
      insert into saved_views (experiment_id, name, query, saved_at, saved_by)
      values (${id}::bigint, ${name}, ${query}, ${ctx.clock.now()}, ${ctx.actor.id})
      on conflict (experiment_id, name) do update set query = excluded.query, saved_at = excluded.saved_at, saved_by = excluded.saved_by
      where saved_views.query <> excluded.query
      returning name, query, saved_at, saved_by
    `.execute(ctx.db)
    const [saved] = rows
    if (saved === undefined) {
      unchanged()
      return toView(await selectView(ctx, id, name))
    }
    await checkCount(ctx, id)
    await record(viewChanged(id, `view ${name} saved`))
    return toView(saved)
  },
})

/** Removes a saved view. Throws `saved_view_not_found`. */
export const deleteView = changeVerb({
  name: 'tracking.delete_view',
  permission: 'runs.write',
  input: ViewName,
  async run({ ctx, input, record }): Promise<void> {
    const { experiment_id: id, name } = input
    await lockActiveExperiment(ctx, id)
    const { numAffectedRows } = await sql`
      delete from saved_views where experiment_id = ${id}::bigint and name = ${name}
    `.execute(ctx.db)
    if (Number(numAffectedRows ?? 0) === 0) throw new FabriqueError('saved_view_not_found', { view: name })
    await record(viewChanged(id, `view ${name} removed`))
  },
})

async function selectView(ctx: VerbContext, id: string, name: string): Promise<ViewRow> {
  const { rows } = await sql<ViewRow>`
    select name, query, saved_at, saved_by from saved_views where experiment_id = ${id}::bigint and name = ${name}
  `.execute(ctx.db)
  if (rows[0] === undefined) throw new FabriqueError('saved_view_not_found', { view: name })
  return rows[0]
}

/** The experiment is locked, so nobody adds one meanwhile. */
async function checkCount(ctx: VerbContext, id: string): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from saved_views where experiment_id = ${id}::bigint
  `.execute(ctx.db)
  const max = limit('runs.saved_views_max')
  if ((rows[0]?.count ?? 0) > max) throw new FabriqueError('saved_views_full', { limit: max })
}

function viewChanged(id: string, change: string) {
  return {
    subject: `experiments/${id}`,
    event: 'experiment.changed',
    payload: { experiment_id: id, change },
  } as const
}
