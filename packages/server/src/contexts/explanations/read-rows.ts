import type { DuckDBConnection } from '@duckdb/node-api'
import type { Table } from '@fabrique/ml'
import { loadRowTools } from '../training/files.js'
import type { ExplainedModel } from './explained-model.js'
import type { ModelAsked } from './explainer-messages.js'
import { refused } from './refused.js'

/** Rows of a background. */
const backgroundRows = 100

export interface ColumnsWanted {
  readonly wanted: readonly string[]
  /** Whose target is read too, where it is there. */
  readonly signature: ModelAsked['signature']
}

/** Some columns of a table in memory. Throws `explanation_refused` for one that is not there, `training_refused` beyond the memory. */
export async function readRows(
  connection: DuckDBConnection,
  table: string,
  { wanted, signature }: ColumnsWanted,
): Promise<Table> {
  const { readTable } = await loadRowTools()
  const there = await columnsOf(connection, table)
  const missing = wanted.find((name) => !there.has(name))
  if (missing !== undefined) {
    const name = JSON.stringify(missing)
    throw refused(`the rows have no column ${name}`, `les lignes n’ont pas de colonne ${name}`)
  }
  const { name } = signature.target
  const names = [...new Set([...wanted, ...(there.has(name) ? [name] : [])])]
  return readTable(connection, table, { names, ...(signature.task === 'classification' ? { classes: name } : {}) })
}

/**
 * Some rows by chance, of an engine with one thread always the same ones of the same table; undefined where it has none, or lacks what the
 * model reads.
 */
export async function readBackground(
  connection: DuckDBConnection,
  table: string,
  model: ExplainedModel,
): Promise<Table | undefined> {
  const { readTable } = await loadRowTools()
  const there = await columnsOf(connection, table)
  if (model.inputs.some((name) => !there.has(name))) return undefined
  const sample = `(select * from ${table} using sample reservoir(${backgroundRows} rows) repeatable (1))`
  const rows = await readTable(connection, sample, { names: model.inputs })
  return rows.rowCount === 0 ? undefined : model.rowsOf(rows)
}

async function columnsOf(connection: DuckDBConnection, table: string): Promise<ReadonlySet<string>> {
  const described = await connection.runAndReadAll(`select * from ${table} limit 0`)
  return new Set(described.columnNames())
}
