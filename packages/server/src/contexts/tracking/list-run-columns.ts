import type { RunColumn } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { selectExperiment } from './experiment-store.js'
import { ExperimentId } from './schema.js'

const valuesShown = 20
const distinctMax = 1000
/** Values are told apart, and shown, by their first characters. */
const valueChars = 250

/**
 * The parameters, metrics and tags that the newest runs of an experiment have, by kind and key. Throws `experiment_not_found`.
 */
export const listRunColumns = readVerb({
  name: 'tracking.list_run_columns',
  permission: 'runs.read',
  input: ExperimentId,
  async run({ ctx, input }): Promise<readonly RunColumn[]> {
    const { experiment_id: id } = await selectExperiment(ctx, input.experiment_id)
    const [params, metrics, tags] = await Promise.all([
      textColumns(ctx, id, 'param'),
      metricColumns(ctx, id),
      textColumns(ctx, id, 'tag'),
    ])
    return [...params, ...metrics, ...tags].slice(0, limit('runs.columns_max'))
  },
})

const newestRuns = (experimentId: string): RawBuilder<unknown> => sql`
  select id from runs where experiment_id = ${experimentId}::bigint and lifecycle_stage = 'active'
  order by start_ms desc, id limit ${limit('runs.columns_runs_max')}`

async function textColumns(ctx: VerbContext, id: string, kind: 'param' | 'tag'): Promise<readonly RunColumn[]> {
  const table = sql.table(kind === 'param' ? 'params' : 'run_tags')
  const { rows } = await sql<{ key: string; run_count: number; distinct_count: number; values: string[] }>`
    with counted as (
      select kv.key, left(kv.value, ${sql.lit(valueChars)}) as value, count(*) as uses
      from (${newestRuns(id)}) newest join ${table} kv on kv.run_id = newest.id group by 1, 2
    ), summed as (
      select key, sum(uses)::bigint as run_count, least(count(*), ${sql.lit(distinctMax)}) as distinct_count
      from counted group by key order by key collate "C" limit ${limit('runs.columns_max')}
    ), ranked as (
      -- Of a column of many values those that occur once are not worth sorting.
      select c.*, row_number() over (partition by key order by uses desc, value collate "C") as place
      from counted c join summed s using (key) where c.uses > 1 or s.distinct_count < ${sql.lit(distinctMax)}
    ), shown as (
      select key, array_agg(value order by place) as values from ranked where place <= ${sql.lit(valuesShown)} group by key
    )
    select s.key, s.run_count, s.distinct_count, coalesce(shown.values, '{}') as values
    from summed s left join shown using (key) order by s.key collate "C"
  `.execute(ctx.db)
  return rows.map((row) => ({ kind, ...row }))
}

async function metricColumns(ctx: VerbContext, id: string): Promise<readonly RunColumn[]> {
  const { rows } = await sql<{
    key: string
    run_count: number
    distinct_count: number
    min: number | null
    max: number | null
  }>`
    with counted as (
      select m.key, case when not m.last_is_nan then m.last_value end as value, count(*) as uses
      from (${newestRuns(id)}) newest join metric_series m on m.run_id = newest.id group by 1, 2
    )
    select key, sum(uses)::bigint as run_count, least(count(*), ${sql.lit(distinctMax)}) as distinct_count,
      min(value) as min, max(value) as max
    from counted group by key order by key collate "C" limit ${limit('runs.columns_max')}
  `.execute(ctx.db)
  return rows.map(({ min, max, ...row }) => ({
    kind: 'metric' as const,
    ...row,
    values: [],
    ...(min === null || max === null ? {} : { min, max }),
  }))
}
