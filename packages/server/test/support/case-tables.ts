import type { DuckDBConnection } from '@duckdb/node-api'
import type { Cell } from '../../src/contexts/features/join/cases/point-in-time-cases.js'
import { sqlName, sqlText } from '../../src/platform/duckdb/index.js'

/** Types of columns by name, as the data engine names them. */
export type CaseTypes = Readonly<Record<string, string>>

/** Rows of a case as a temporary table of the connection. */
export async function createCaseTable(
  connection: DuckDBConnection,
  [name, types, rows]: readonly [string, CaseTypes, readonly (readonly Cell[])[]],
): Promise<void> {
  const columns = Object.entries(types)
  const declared = columns.map(([column, type]) => `${sqlName(column)} ${type}`).join(', ')
  await connection.run(`create or replace temp table ${sqlName(name)} (${declared})`)
  const values = rows.map(
    (row) => `(${columns.map(([, type], index) => `cast(${cellSql(row[index])} as ${type})`).join(', ')})`,
  )
  // One statement: each of its own takes as long as many rows.
  if (values.length > 0) await connection.run(`insert into ${sqlName(name)} values ${values.join(', ')}`)
}

/** A value of a case as it stands in SQL, before it is cast. */
export function cellSql(value: Cell | undefined): string {
  return value === null || value === undefined ? 'null' : sqlText(String(value))
}

/** Some columns of a select as texts, in its order. */
export async function textsOf(connection: DuckDBConnection, sql: string, names: readonly string[]) {
  const values = names.map((name) => `${sqlName(name)}::varchar`).join(', ')
  const read = await connection.runAndReadAll(`select ${values} from (${sql})`)
  return read.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}

/** Rows that are expected, as texts of the types of their columns. */
export async function expectedTexts(
  connection: DuckDBConnection,
  rows: readonly (readonly Cell[])[],
  types: readonly string[],
) {
  if (rows.length === 0) return []
  const values = rows.map(
    (row) => `(${row.map((value, index) => `cast(${cellSql(value)} as ${types[index]})`).join(', ')})`,
  )
  const read = await connection.runAndReadAll(`select columns(*)::varchar from (values ${values.join(', ')})`)
  return read.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}
