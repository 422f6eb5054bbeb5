import type { DuckDBConnection } from '@duckdb/node-api'
import { sqlName } from '../../../platform/duckdb/index.js'
import type { OpenedFile } from '../../../platform/plain-files/index.js'
import type { Relation, RelationColumn } from './model.js'
import { readRow } from './relation.js'

/** The number of a row in a Parquet file, which the reader gives where no column of the file has the name. */
const rowNumber = 'file_row_number'

/**
 * A file as a relation with the order of its rows. Of the columns that were read as texts those with whole numbers only, each in its one
 * way of writing, become numbers again.
 */
export async function openRelation(
  connection: DuckDBConnection,
  file: OpenedFile,
  { name, texts }: { readonly name: string; readonly texts: readonly string[] },
): Promise<Relation> {
  const described = file.columns.map((column) => ({
    name: column.name,
    type: column.sqlType,
    sql: sqlName(column.name),
  }))
  const relation: Relation = { name, from: file.table, columns: described }
  const isTaken = relation.columns.some((column) => column.name.toLowerCase() === rowNumber)
  const columns: RelationColumn[] = []
  for (const column of relation.columns) {
    const isText = file.format === 'csv' && texts.includes(column.name)
    columns.push(isText ? await naturalColumn(connection, relation, column) : column)
  }
  return { ...relation, columns, ...(isTaken ? {} : { order: rowNumber, orderMax: file.rowCount }) }
}

async function naturalColumn(
  connection: DuckDBConnection,
  { from }: Relation,
  column: RelationColumn,
): Promise<RelationColumn> {
  const { sql, type } = column
  if (type !== 'VARCHAR') return column
  const [count = 0, others = 0] = await readRow(
    connection,
    `select count(${sql}), count(*) filter (${sql} is not null and try_cast(${sql} as bigint)::varchar is distinct from ${sql})
      from ${from}`,
  )
  return count > 0 && others === 0 ? { ...column, type: 'BIGINT', sql: `${sql}::bigint`, written: sql } : column
}
