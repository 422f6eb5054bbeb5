import type { RunGroup } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { filterError, parseColumn } from '../../platform/mlflow/index.js'
import { attributeRef, runColumnOf } from './run-columns.js'
import { scopeCondition } from './run-query.js'
import { RunSelection, Text } from './schema.js'
import { checkedScope } from './search-runs.js'
import { withinTime } from './search-time.js'

type Statistics = readonly [count: number, mean: number, std: number | null, min: number, max: number]

/** Values beyond, the infinities among them, have no mean and spread that a double can hold. */
const figuresMax = 1e150

interface GroupRow {
  readonly values: readonly (string | null)[]
  readonly run_count: number
  readonly metrics: readonly (Statistics | null)[]
}

/**
 * Runs grouped by up to three columns (parameters, tags, attributes), with figures of the newest values of metrics; NaN and
 * the infinities are left out. At most `runs.groups_max` groups, those of most runs first. Throws `filter_invalid`,
 * `search_too_slow`.
 */
export const groupRuns = readVerb({
  name: 'tracking.group_runs',
  permission: 'runs.read',
  input: RunSelection.extend({
    by: z.array(Text).min(1).max(3),
    metrics: z.array(Text).max(20).default([]),
  }),
  async run({ ctx, input }): Promise<{ readonly items: RunGroup[]; readonly is_complete: boolean }> {
    const groupsMax = limit('runs.groups_max')
    const keys = [...new Set(input.metrics)]
    const groups = input.by.map(groupColumn)
    const places = sql.join(groups.map((_, index) => sql.ref(`g${index}`)))
    const query = sql<GroupRow>`
      select array[${places}] as values, count(*) as run_count, json_build_array(${sql.join(keys.map((_, index) => statisticsOf(index)))}) as metrics
      from (
        select ${sql.join([
          ...groups.map(({ value }, index) => sql`${value} as ${sql.ref(`g${index}`)}`),
          ...keys.map((_, index) => sql`${sql.ref(`m${index}.last_value`)} as ${sql.ref(`v${index}`)}`),
        ])}
        from runs r ${sql.join(
          groups.map(({ join }, index) => join(`c${index}`)),
          sql` `,
        )} ${keys.length === 0 ? sql`` : sql.join(keys.map(metricJoin), sql` `)}
        where ${scopeCondition(checkedScope(input))}
      ) found
      group by ${places} order by run_count desc, ${places} limit ${groupsMax + 1}
    `
    const { rows } = await withinTime(() => query.execute(ctx.db))
    return {
      items: rows.slice(0, groupsMax).map((row) => toGroup(row, keys)),
      is_complete: rows.length <= groupsMax,
    }
  },
})

interface GroupColumn {
  readonly value: RawBuilder<unknown>
  join(alias: string): RawBuilder<unknown>
}

function groupColumn(text: string, index: number): GroupColumn {
  const column = runColumnOf(parseColumn(text))
  if (column.kind === 'attribute') {
    return { value: sql`${attributeRef(column.attribute)}::text collate "C"`, join: () => sql`` }
  }
  if (column.kind !== 'param' && column.kind !== 'tag') {
    throw filterError(text, 'runs are grouped by parameters, tags or attributes')
  }
  const table = sql.table(column.kind === 'param' ? 'params' : 'run_tags')
  return {
    value: sql`${sql.ref(`c${index}.value`)} collate "C"`,
    join: (alias) =>
      sql`left join ${table} ${sql.ref(alias)} on ${sql.ref(`${alias}.run_id`)} = r.id and ${sql.ref(`${alias}.key`)} = ${column.key}`,
  }
}

function metricJoin(key: string, index: number): RawBuilder<unknown> {
  const alias = `m${index}`
  const ref = (column: string) => sql.ref(`${alias}.${column}`)
  return sql`left join metric_series ${sql.ref(alias)} on ${ref('run_id')} = r.id and ${ref('key')} = ${key} and not ${ref('last_is_nan')}
    and abs(${ref('last_value')}) < ${sql.lit(figuresMax)}`
}

function statisticsOf(index: number): RawBuilder<unknown> {
  const value = sql.ref(`v${index}`)
  return sql`case when count(${value}) > 0 then json_build_array(count(${value}), avg(${value}), stddev_samp(${value}), min(${value}), max(${value})) end`
}

function toGroup({ values, run_count, metrics }: GroupRow, keys: readonly string[]): RunGroup {
  const figures = keys.flatMap((key, index) => {
    const found = metrics[index]
    if (found === null || found === undefined) return []
    const [count, mean, std, min, max] = found
    return [[key, { count, mean, ...(std === null ? {} : { std }), min, max }] as const]
  })
  return { values: [...values], run_count, metrics: Object.fromEntries(figures) }
}
