import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'

/** What finished runs are told apart by: the name of their data set, or the first of some tags or parameters that they have. */
const Distinction = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['tag', 'param']), keys: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('dataset') }),
])

/** The newest finished run of its kind, with its newest metrics that are numbers. */
export interface NewestRun {
  readonly run_id: string
  readonly end_ms: number
  /** In the order of the distinctions. */
  readonly values: readonly (string | null)[]
  readonly metrics: Readonly<Record<string, number>>
}

/**
 * Of the runs that have one tag and not another, the newest finished one of each kind, the newest kinds first. One query, which reads no
 * history of a metric.
 */
export const newestOfEach = readVerb({
  name: 'tracking.newest_of_each',
  permission: 'runs.read',
  input: z.object({
    with_tag: z.string(),
    without_tag: z.string(),
    by: z.array(Distinction).min(1),
    /** Newest finished runs that are looked at; a kind of older ones is not found. */
    runs_max: z.number().int(),
    kinds_max: z.number().int(),
    metrics_max: z.number().int(),
  }),
  async run({ ctx, input }): Promise<readonly NewestRun[]> {
    const values = sql.join(input.by.map(textOf))
    const { rows } = await sql<Omit<NewestRun, 'metrics'> & { metrics: readonly [string, unknown][] | null }>`
      with finished as (
        select r.id, r.end_ms from run_tags mark
        cross join lateral (select * from runs where runs.id = mark.run_id limit 1) r
        where mark.key = ${input.with_tag}
          and r.status = 'FINISHED' and r.lifecycle_stage = 'active' and r.end_ms is not null
          and not exists (select from run_tags n where n.run_id = r.id and n.key = ${input.without_tag})
        order by r.end_ms desc, r.id limit ${input.runs_max}
      ), newest as (
        select distinct on (g.found) r.id, r.end_ms, g.found
        from finished r cross join lateral (select array[${values}]::text[] as found) g
        order by g.found, r.end_ms desc, r.id
      )
      select id as run_id, end_ms, found as values, (
        select json_agg(json_build_array(key, last_value) order by key) from (
          select key, last_value from metric_series where run_id = shown.id and not last_is_nan
          order by key limit ${input.metrics_max}
        ) m
      ) as metrics
      from (select * from newest order by end_ms desc, id limit ${input.kinds_max}) shown
      order by end_ms desc, id
    `.execute(ctx.db)
    return rows.map(({ metrics, ...run }) => ({
      ...run,
      // An infinite value comes as a text.
      metrics: Object.fromEntries((metrics ?? []).filter((one): one is [string, number] => typeof one[1] === 'number')),
    }))
  },
})

function textOf(distinction: z.output<typeof Distinction>) {
  if (distinction.kind === 'dataset') {
    return sql`(select d.name from run_inputs i join tracked_datasets d on d.id = i.dataset_id
      where i.run_id = r.id order by d.id limit 1)`
  }
  const table = sql.table(distinction.kind === 'tag' ? 'run_tags' : 'params')
  const found = distinction.keys.map(
    (key) => sql`(select value from ${table} kv where kv.run_id = r.id and kv.key = ${key})`,
  )
  return sql`coalesce(${sql.join(found)})`
}
