import type { MonitorDefinition } from '@fabrique/contract'
import { type Table, type TableColumn, table, textColumn } from '@fabrique/ml'
import type { DriftKind } from '@fabrique/ml/drift'
import { limit } from '../../../kernel/index.js'
import { evenlyTaken, sqlName } from '../../../platform/duckdb/index.js'
import { resolveEmbeddings } from '../drift/embeddings.js'
import { labelSql, type Side, type SideColumn } from '../drift/side.js'
import type { OpenedSides } from './open-sides.js'
import type { OpenedSide } from './opened-side.js'

/** Rows of both sides as tables, of more than are looked at as many at even distances. */
export interface SampledTables {
  readonly reference: Table
  readonly current: Table
  /** Columns beyond the limit. */
  readonly beyond: readonly string[]
  /** Dates, free texts, lists, and what nobody has a value of: they are not looked at by design. */
  readonly skipped: readonly string[]
}

type Kind = 'number' | 'text'

/** Reads the features that are compared together; undefined where a side has no rows to read. */
export async function sampleTables(
  { reference, current }: OpenedSides,
  definition: Pick<MonitorDefinition, 'columns' | 'types' | 'multivariate' | 'embeddings'>,
): Promise<SampledTables | undefined> {
  if (reference.rows === undefined || current.rows === undefined) return undefined
  const [before, now] = [new Map<string, Kind>(), new Map<string, Kind>()]
  const skipped: string[] = []
  const beyond: string[] = []
  for (const name of namesOf({ reference, current }, definition)) {
    const [one, other] = [reference.features.columns.get(name), current.features.columns.get(name)]
    const kinds = await kindsOf({ one, other, side: current.features, asked: definition.types[name] })
    if (kinds === undefined) skipped.push(name)
    else if (new Set([...before.keys(), ...now.keys()]).size >= limit('monitoring.multivariate_columns_max'))
      beyond.push(name)
    else {
      if (kinds.one !== undefined) before.set(name, kinds.one)
      if (kinds.other !== undefined) now.set(name, kinds.other)
    }
  }
  return {
    reference: await readTable(reference, before),
    current: await readTable(current, now),
    beyond,
    skipped,
  }
}

function namesOf(
  { reference, current }: OpenedSides,
  { columns, multivariate, embeddings = {} }: Pick<MonitorDefinition, 'columns' | 'multivariate' | 'embeddings'>,
): Iterable<string> {
  const there = new Set([...reference.features.columns.keys(), ...current.features.columns.keys()])
  const asked = typeof multivariate === 'object' ? (multivariate.columns ?? columns) : columns
  // What is named and nowhere is told with the columns.
  if (asked !== undefined) return asked.filter((name) => there.has(name))
  // Of the many numbers of a vector none is a feature of its own: they would take the room of those that are.
  const sides = { reference: reference.features, current: current.features }
  const parts = new Set(resolveEmbeddings(new Map(Object.entries(embeddings)), sides).flatMap((one) => one.columns))
  return [...there].filter((name) => !parts.has(name))
}

interface Looked {
  readonly one: SideColumn | undefined
  readonly other: SideColumn | undefined
  readonly side: Side
  readonly asked: DriftKind | undefined
}

/** What each side has a column as; undefined of one that is not looked at. */
async function kindsOf({ one, other, side, asked }: Looked) {
  if (asked === 'text') return undefined
  const [from, to] = [kindOf(one, asked), kindOf(other, asked)]
  if (from === null || to === null) return undefined
  const filled = [one, other].filter((column) => (column?.filled ?? 0) > 0)
  if (filled.length === 0) return undefined
  // A column without values has no type of its own.
  const [own] = filled
  if (filled.length === 1) {
    const kind = kindOf(own, asked) ?? undefined
    return { one: one === undefined ? undefined : kind, other: other === undefined ? undefined : kind }
  }
  const isTexts =
    asked === undefined &&
    other?.family === 'text' &&
    one?.family === 'text' &&
    (await side.distinct(other)) > other.filled / 2
  return isTexts ? undefined : { one: from, other: to }
}

/** Null of what is not looked at by design, undefined of what is not there. */
function kindOf(column: SideColumn | undefined, asked: DriftKind | undefined): Kind | null | undefined {
  if (column === undefined) return undefined
  const { family } = column
  if (family === 'time' || family === 'clock' || family === 'nested') return null
  if (asked !== undefined) return asked === 'num' ? 'number' : 'text'
  return family === 'integer' || family === 'number' ? 'number' : 'text'
}

async function readTable({ rows, told, features }: OpenedSide, kinds: ReadonlyMap<string, Kind>): Promise<Table> {
  if (rows === undefined || kinds.size === 0) return table([])
  const names = [...kinds.keys()]
  const values = names.map((name, index) => {
    const column = features.columns.get(name)
    const value =
      kinds.get(name) === 'number'
        ? `try_cast(${sqlName(name)} as double)`
        : labelSql({ name, family: column?.family ?? 'text' })
    return `${value} as v${index}`
  })
  const [rowsMax, total] = [rowsFor(kinds.size), told.rows]
  const taken = total <= rowsMax ? '' : `where ${evenlyTaken('place', total, rowsMax)}`
  const read = await rows.connection.runAndReadAll(
    `select * exclude (place) from (select ${values.join(', ')}, row_number() over () as place from ${rows.table}) ${taken} order by place`,
  )
  const columns = read.getColumns()
  return table(names.map((name, index) => columnOf(name, kinds.get(name), columns[index] ?? [])))
}

function rowsFor(columns: number): number {
  const fitting = Math.floor(limit('monitoring.multivariate_values_max') / columns)
  return Math.min(limit('monitoring.multivariate_rows_max'), fitting)
}

function columnOf(name: string, kind: Kind | undefined, values: readonly unknown[]): TableColumn {
  if (kind === 'text')
    return textColumn(
      name,
      values.map((value) => (value === null ? null : String(value))),
    )
  return {
    kind: 'number',
    name,
    values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
  }
}
