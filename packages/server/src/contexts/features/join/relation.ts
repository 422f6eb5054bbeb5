import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract/client'
import { rowsOf, sqlName } from '../../../platform/duckdb/index.js'
import type { NumberedRelation, Relation, RelationColumn } from './model.js'

/** Describes what stands after `from` in SQL. */
export async function describeRelation(
  connection: DuckDBConnection,
  given: Pick<Relation, 'name' | 'from' | 'order'>,
): Promise<Relation> {
  const described = rowsOf<{ column_name: string; column_type: string }>(
    await connection.runAndReadAll(`describe select * from ${given.from}`),
  )
  const columns = described.map(({ column_name: name, column_type: type }) => ({ name, type, sql: sqlName(name) }))
  return { ...given, columns }
}

/** A column by its name, as it is written. Throws `feature_column_unknown`. */
export function columnOf(relation: Relation, name: string): RelationColumn {
  const found = relation.columns.find((column) => column.name === name)
  if (found !== undefined) return found
  const known = relation.columns.map((column) => column.name).join(', ')
  throw new FabriqueError('feature_column_unknown', { relation: relation.name, column: name, known })
}

/** Temporary tables of one join. */
export interface ScratchTables {
  readonly connection: DuckDBConnection
  /** Makes a table of a select and gives its name. */
  create(select: string): Promise<string>
  /** Adds the rows of a select to a table, in their order. */
  append(table: string, select: string): Promise<void>
  drop(...names: readonly string[]): Promise<void>
  dropAll(): Promise<void>
}

let scratchCount = 0

/** Tables that only the connection sees. An aborted signal ends the work before the next one. */
export function scratchTables(connection: DuckDBConnection, signal?: AbortSignal): ScratchTables {
  const made = new Set<string>()
  const drop = async (...names: readonly string[]) => {
    for (const name of names) {
      await connection.run(`drop table if exists ${name}`)
      made.delete(name)
    }
  }
  return {
    connection,
    async create(select) {
      signal?.throwIfAborted()
      scratchCount += 1
      const name = `fabrique_join_${scratchCount}`
      made.add(name)
      await connection.run(`create temp table ${name} as ${select}`)
      return name
    },
    async append(table, select) {
      signal?.throwIfAborted()
      await connection.run(`insert into ${table} ${select}`)
    },
    drop,
    dropAll: () => drop(...made),
  }
}

/** The same rows with numbers: a copy of the columns that are used where the relation has no order of its own. */
export async function numbered(
  tables: ScratchTables,
  relation: Relation,
  used: readonly RelationColumn[],
): Promise<NumberedRelation> {
  const { order } = relation
  if (order !== undefined) return { ...relation, order }
  const wanted = [...new Set(used)]
  const values = wanted.map(({ sql }, index) => `, ${sql} as c${index}`).join('')
  const from = await tables.create(`select row_number() over () as r${values} from ${relation.from}`)
  const columns = wanted.map(({ name, type }, index) => ({ name, type, sql: `c${index}` }))
  return { name: relation.name, from, order: 'r', columns }
}

/** The one row of a select of counts. */
export async function readRow(connection: DuckDBConnection, sql: string): Promise<readonly number[]> {
  const [row = []] = (await connection.runAndReadAll(sql)).getRows()
  return row.map(Number)
}
