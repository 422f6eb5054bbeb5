import type { DuckDBConnection } from '@duckdb/node-api'
import type { Json, SnapshotColumn, SnapshotDiff } from '@fabrique/contract'
import { sqlName } from '../../../platform/index.js'
import { jsonRowsOf } from './json-values.js'

/** Two tables to compare: what stands after `from`, and their columns. */
export interface DiffSides {
  readonly base: { readonly table: string; readonly columns: readonly SnapshotColumn[] }
  readonly head: { readonly table: string; readonly columns: readonly SnapshotColumn[] }
}

export type RowsDiff = Pick<SnapshotDiff, 'rows' | 'samples' | 'changed_columns'>

interface Pair {
  readonly name: string
  readonly base: string
  readonly head: string
}

/** A value of a column in a form that equals itself: NaN equals NaN, and types that differ are compared as text. */
function comparable(side: string, { name, type }: SnapshotColumn, asText: boolean): string {
  const value = `${side}.${sqlName(name)}`
  return asText ? `(${value})::varchar` : type === 'category' ? `(${value})::varchar` : value
}

function pairsOf({ base, head }: DiffSides, keep: (name: string) => boolean): readonly Pair[] {
  const ofHead = new Map(head.columns.map((column) => [column.name, column]))
  return base.columns.flatMap((column) => {
    const other = ofHead.get(column.name)
    if (other === undefined || !keep(column.name)) return []
    const asText = column.type !== other.type
    return [
      { name: column.name, base: comparable('in_base', column, asText), head: comparable('in_head', other, asText) },
    ]
  })
}

/**
 * Rows by key: one full join counts rows that came, went and changed, and the changed cells of each column. Keys are unique; where
 * they are not, rows with the same key are paired in every way, so `hasUniqueKey` is asked before.
 */
export async function diffByKey(
  connection: DuckDBConnection,
  sides: DiffSides,
  key: readonly string[],
  limit: number,
): Promise<RowsDiff> {
  const keys = pairsOf(sides, (name) => key.includes(name))
  const values = pairsOf(sides, (name) => !key.includes(name))
  const on = keys.map((pair) => `${pair.base} is not distinct from ${pair.head}`).join(' and ')
  const joined = `(select true as fabrique_here, * from ${sides.base.table}) in_base full join (select true as fabrique_here, * from ${sides.head.table}) in_head on ${on}`
  const differs = values.map((pair) => `(${pair.base} is distinct from ${pair.head})`)
  const both = 'in_base.fabrique_here and in_head.fabrique_here'
  const anyDiffers = differs.length === 0 ? 'false' : differs.join(' or ')
  const counted = await connection.runAndReadAll(
    `select count(*) filter (in_base.fabrique_here is null)::double, count(*) filter (in_head.fabrique_here is null)::double, count(*) filter (${both})::double,
       count(*) filter (${both} and (${anyDiffers}))::double
       ${differs.map((differ) => `, count(*) filter (${both} and ${differ})::double`).join('')}
     from ${joined}`,
  )
  const [added = 0, removed = 0, common = 0, changed = 0, ...perColumn] = (counted.getRows()[0] ?? []).map(Number)
  const changedColumns = values
    .map(({ name }, index) => ({ column: name, rows: perColumn[index] ?? 0 }))
    .filter(({ rows }) => rows > 0)
    .sort((left, right) => right.rows - left.rows)
  const order = keys.map((pair) => `coalesce(${pair.base}, ${pair.head})`).join(', ')
  const sample = async (side: 'in_base' | 'in_head', where: string): Promise<Record<string, Json>[]> => {
    const columns = side === 'in_base' ? sides.base.columns : sides.head.columns
    const names = columns.map(({ name }) => `${side}.${sqlName(name)}`).join(', ')
    const result = await connection.runAndReadAll(
      `select ${names} from ${joined} where ${where} order by ${order} limit ${limit}`,
    )
    return jsonRowsOf(result).map((row) => recordOf(columns, row))
  }
  return {
    rows: { base: removed + common, head: added + common, added, removed, changed, unchanged: common - changed },
    samples: {
      added: limit === 0 || added === 0 ? [] : await sample('in_head', 'in_base.fabrique_here is null'),
      removed: limit === 0 || removed === 0 ? [] : await sample('in_base', 'in_head.fabrique_here is null'),
      changed:
        limit === 0 || changed === 0
          ? []
          : await sampleChanged(connection, {
              keys,
              values,
              joined,
              where: `${both} and (${anyDiffers})`,
              order,
              limit,
            }),
    },
    changed_columns: changedColumns,
  }
}

function recordOf(columns: readonly SnapshotColumn[], row: readonly Json[]): Record<string, Json> {
  return Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]))
}

interface ChangedSample {
  readonly keys: readonly Pair[]
  readonly values: readonly Pair[]
  readonly joined: string
  readonly where: string
  readonly order: string
  readonly limit: number
}

async function sampleChanged(
  connection: DuckDBConnection,
  { keys, values, joined, where, order, limit }: ChangedSample,
): Promise<SnapshotDiff['samples']['changed']> {
  const selected = [
    ...keys.map(({ name }) => `in_head.${sqlName(name)}`),
    ...values.flatMap(({ name, base, head }) => [
      `${base} is distinct from ${head}`,
      `in_base.${sqlName(name)}`,
      `in_head.${sqlName(name)}`,
    ]),
  ]
  const result = await connection.runAndReadAll(
    `select ${selected.join(', ')} from ${joined} where ${where} order by ${order} limit ${limit}`,
  )
  return jsonRowsOf(result).map((row) => {
    const cells = values.flatMap(({ name }, index) => {
      const [differs, base = null, head = null] = row.slice(keys.length + index * 3, keys.length + index * 3 + 3)
      return differs === true ? [[name, { base, head }] as const] : []
    })
    return {
      key: Object.fromEntries(keys.map(({ name }, index) => [name, row[index] ?? null])),
      values: Object.fromEntries(cells),
    }
  })
}

/** True where no two rows of a side have the same key and no key is missing. */
export async function hasUniqueKey(
  connection: DuckDBConnection,
  sides: DiffSides,
  key: readonly string[],
): Promise<boolean> {
  const names = key.map(sqlName).join(', ')
  for (const { table } of [sides.base, sides.head]) {
    const result = await connection.runAndReadAll(
      `select exists (select 1 from ${table} group by ${names} having count(*) > 1)`,
    )
    if (result.value(0, 0) === true) return false
  }
  return true
}

/**
 * Whole rows of the common columns, as often as they occur: what came and what went. Rows that differ anywhere are a removed one and an
 * added one.
 */
export async function diffByRow(connection: DuckDBConnection, sides: DiffSides, limit: number): Promise<RowsDiff> {
  const pairs = pairsOf(sides, () => true)
  const totals = await connection.runAndReadAll(
    `select (select count(*) from ${sides.base.table})::double, (select count(*) from ${sides.head.table})::double`,
  )
  const [base = 0, head = 0] = (totals.getRows()[0] ?? []).map(Number)
  if (pairs.length === 0) {
    const rows = { base, head, added: head, removed: base, changed: 0, unchanged: 0 }
    return { rows, samples: { added: [], removed: [], changed: [] }, changed_columns: [] }
  }
  const names = pairs.map((_, index) => `c${index}`)
  const grouped = (side: 'in_base' | 'in_head', table: string) =>
    `(select ${pairs.map((pair, index) => `${side === 'in_base' ? pair.base : pair.head} as c${index}`).join(', ')}, count(*) as n
      from ${table} ${side} group by all)`
  const on = names.map((name) => `in_base.${name} is not distinct from in_head.${name}`).join(' and ')
  const joined = `${grouped('in_base', sides.base.table)} in_base full join ${grouped('in_head', sides.head.table)} in_head on ${on}`
  const extra = 'coalesce(in_head.n, 0) - coalesce(in_base.n, 0)'
  const counted = await connection.runAndReadAll(
    `select coalesce(sum(greatest(${extra}, 0)), 0)::double, coalesce(sum(greatest(-(${extra}), 0)), 0)::double from ${joined}`,
  )
  const [added = 0, removed = 0] = (counted.getRows()[0] ?? []).map(Number)
  const sample = async (side: 'in_base' | 'in_head', difference: string): Promise<Record<string, Json>[]> => {
    const columns = names.map((name) => `${side}.${name}`).join(', ')
    const result = await connection.runAndReadAll(
      `select ${columns} from ${joined} where ${difference} > 0 order by ${columns} limit ${limit}`,
    )
    return jsonRowsOf(result).map((row) =>
      Object.fromEntries(pairs.map(({ name }, index) => [name, row[index] ?? null])),
    )
  }
  return {
    rows: { base, head, added, removed, changed: 0, unchanged: base - removed },
    samples: {
      added: limit === 0 || added === 0 ? [] : await sample('in_head', extra),
      removed: limit === 0 || removed === 0 ? [] : await sample('in_base', `-(${extra})`),
      changed: [],
    },
    changed_columns: [],
  }
}
