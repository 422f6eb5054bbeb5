import { FabriqueError, type FlowRun, FlowRunQuery } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { readVerb } from '../../../platform/index.js'
import { language } from './get-run.js'
import { describeRuns, type RunRow, runColumns, stepCounts } from './run-rows.js'

/** Parameters that a list shows, as they are stored; larger ones stand in the run itself. */
const paramsShownBytes = 4096

const input = FlowRunQuery.extend({ language })
type RunQuery = typeof input._output

/** A page of runs, newest due first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listFlowRuns = readVerb({
  name: 'flows.list_flow_runs',
  permission: 'flows.read',
  input,
  async run({ ctx, input }): Promise<{ items: FlowRun[]; next_page_token?: string }> {
    if (input.page_token !== undefined) {
      const known = await sql`select 1 from flow_runs where id = ${input.page_token}`.execute(ctx.db)
      if (known.rows.length === 0) throw new FabriqueError('page_token_invalid', { token: input.page_token })
    }
    const { rows } = await pageOfRuns(input).execute(ctx.db)
    const shown = rows.slice(0, input.limit)
    const last = shown.at(-1)
    return {
      items: await describeRuns(ctx.db, shown, input.language),
      ...(rows.length > shown.length && last !== undefined ? { next_page_token: last.id } : {}),
    }
  },
})

const newestFirst = sql`run.scheduled_for desc, run.id desc`

/** The statement of a page, of one row more than it shows. */
export function pageOfRuns(query: RunQuery): RawBuilder<RunRow> {
  const most = query.limit + 1
  const conditions = conditionsOf(query)
  const matching = (state: RawBuilder<unknown>) => sql`
    select run.* from flow_runs run where ${sql.join([...conditions, state], sql` and `)}
    order by ${newestFirst} limit ${most}`
  // Of several states each gives its newest ones from its own part of the index.
  const found =
    query.state === undefined
      ? matching(sql`true`)
      : sql`
        select run.* from unnest(${[...new Set(query.state)]}::text[]) as wanted (state)
        cross join lateral (${matching(sql`run.state_type = wanted.state`)}) as run
        order by ${newestFirst} limit ${most}`
  return sql<RunRow>`
    select ${runColumns(sql`pg_column_size(run.params) > ${paramsShownBytes}`)}, counts.*
    from (${found}) as run cross join ${stepCounts} order by ${newestFirst}`
}

function conditionsOf(query: RunQuery): readonly RawBuilder<unknown>[] {
  const { project, flow, model, origin, tag, from, to, page_token: after } = query
  return [
    ...(project === undefined ? [] : [sql`run.project = ${project}`]),
    ...(flow === undefined ? [] : [sql`run.flow = ${flow}`]),
    ...(model === undefined ? [] : [sql`run.model = ${model}`]),
    ...(origin === undefined ? [] : [sql`run.origin = ${origin}`]),
    // The index holds only runs that have tags.
    ...(tag === undefined ? [] : [sql`run.tags @> array[${tag}]::text[] and run.tags <> '{}'`]),
    ...(from === undefined ? [] : [sql`run.scheduled_for >= ${from}::timestamptz`]),
    ...(to === undefined ? [] : [sql`run.scheduled_for < ${to}::timestamptz`]),
    // Compared in the database: its moments are finer than those of the program.
    ...(after === undefined
      ? []
      : [sql`(run.scheduled_for, run.id) < ((select scheduled_for from flow_runs where id = ${after}), ${after})`]),
  ]
}
