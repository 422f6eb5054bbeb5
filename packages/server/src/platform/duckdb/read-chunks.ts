import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api'

/** What the engine says of a result that is none: `ResultReturnType.INVALID`. */
const invalid = 0

/**
 * The chunks of a statement, one after the other as they are computed. Throws where the statement failed or was interrupted after its first rows.
 */
export async function* readChunks(connection: DuckDBConnection, sql: string): AsyncGenerator<DuckDBDataChunk, void> {
  const result = await connection.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    yield chunk
  }
  if (!isWhole(result)) throw new Error('A statement failed while its rows were read: they are not all')
}

/**
 * Whether a streamed result that has ended gave all its rows: the package ends those of a statement that fails on the way, on a damaged page, a value
 * that is not of its type or an interrupt, as if they were all.
 */
export const isWhole = ({ returnType }: DuckDBResult): boolean => returnType !== invalid
