import { rm } from 'node:fs/promises'
import type { DuckDBAppender, DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import { sqlName, sqlText } from './data-engine.js'
import { engineModule } from './engine-module.js'

/** A column as its values are given, and as it is written. */
export interface ParquetColumn {
  readonly name: string
  /** Numbers, whole numbers of 32 bits, or texts; each may be null. */
  readonly given: 'DOUBLE' | 'INTEGER' | 'VARCHAR'
  /** What is written, as SQL of the given value; the value itself when left out. As `(value) => value + '::DATE'`. */
  readonly written?: (value: string) => string
}

export interface ParquetWriterOptions {
  readonly path: string
  readonly columns: readonly ParquetColumn[]
  /** Bytes of values that are held before they are written out. */
  readonly heldBytesMax?: number
}

/** Rows that become one Parquet file (zstd), in their order, without being held in memory. */
export interface ParquetWriter {
  /** Takes values by column, all of the same length. */
  append(columns: readonly (readonly (number | string | null)[] | Float64Array | Int32Array)[]): Promise<void>
  /** Writes the file. What a value cannot be written as is thrown as the engine tells it. */
  finish(): Promise<{ readonly rows: number }>
  /** Leaves nothing behind. Does nothing after `finish`. */
  discard(): Promise<void>
}

/** Rows of one chunk of the engine. */
const chunkRows = 2048
const heldDefault = 128 * 1024 * 1024

/** The table of the writer; each has a connection of its own. */
const table = 'parquet_writer_rows'

/**
 * Opens a writer on a connection of its own. What has come so far is written to pieces beside the file, which are joined at the end.
 */
export async function openParquetWriter(
  connection: DuckDBConnection,
  { path, columns, heldBytesMax = heldDefault }: ParquetWriterOptions,
): Promise<ParquetWriter> {
  const { DuckDBDataChunk, DOUBLE, INTEGER, VARCHAR } = engineModule()
  const typeOf: Readonly<Record<ParquetColumn['given'], DuckDBType>> = { DOUBLE, INTEGER, VARCHAR }
  const types = columns.map(({ given }) => typeOf[given])
  const pieces: string[] = []
  let appender: DuckDBAppender | undefined
  let heldBytes = 0
  let rows = 0

  const selected = columns
    .map(
      ({ name, written }, index) => `${written === undefined ? `c${index}` : written(`c${index}`)} as ${sqlName(name)}`,
    )
    .join(', ')

  const openTable = async () => {
    const declared = columns.map(({ given }, index) => `c${index} ${given}`).join(', ')
    await connection.run(`create or replace temp table ${table} (${declared})`)
    return connection.createAppender(table)
  }

  /** Writes what is held to a file. */
  const flush = async (target: string) => {
    appender ??= await openTable()
    appender.closeSync()
    appender = undefined
    await connection.run(
      `copy (select ${selected} from ${table}) to ${sqlText(target)} (format parquet, compression zstd)`,
    )
    await connection.run(`drop table ${table}`)
    heldBytes = 0
  }

  const dropPieces = async () => {
    for (const piece of pieces.splice(0)) await rm(piece, { force: true })
  }

  return {
    async append(values) {
      const count = values[0]?.length ?? 0
      for (let start = 0; start < count; start += chunkRows) {
        appender ??= await openTable()
        const end = Math.min(start + chunkRows, count)
        const chunk = DuckDBDataChunk.create(types, end - start)
        values.forEach((column, index) => {
          const some: readonly DuckDBValue[] = Array.from(column.slice(start, end))
          chunk.setColumnValues(index, some)
          heldBytes += 8 * some.length
          if (columns[index]?.given !== 'VARCHAR') return
          for (const value of some) heldBytes += typeof value === 'string' ? 8 + value.length : 0
        })
        appender.appendDataChunk(chunk)
        rows += end - start
        if (heldBytes < heldBytesMax) continue
        const piece = `${path}.${pieces.length}`
        pieces.push(piece)
        await flush(piece)
      }
    },

    async finish() {
      if (pieces.length === 0) await flush(path)
      else {
        if (appender !== undefined) {
          const piece = `${path}.${pieces.length}`
          pieces.push(piece)
          await flush(piece)
        }
        await connection.run(
          `copy (select * from read_parquet([${pieces.map(sqlText).join(', ')}])) to ${sqlText(path)} (format parquet, compression zstd)`,
        )
        await dropPieces()
      }
      return { rows }
    },

    async discard() {
      appender = undefined
      await dropPieces()
      await rm(path, { force: true })
    },
  }
}
