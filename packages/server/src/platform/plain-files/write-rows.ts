import { close, fstatSync, fsync, openSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract/client'
import { sqlName, sqlText } from '../duckdb/index.js'
import { formatOfName } from './open-file.js'

/** A select with its columns. */
export interface RowsToWrite {
  readonly sql: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

/** Rows that the engine has written. */
export interface WrittenRows {
  readonly bytes: number
  /** Over when all is on the disk under its name. Must be waited for; whoever has other work does it meanwhile. */
  readonly kept: Promise<void>
}

/**
 * Writes the rows of a select to a file of the format that its name says: CSV, Parquet, JSON or NDJSON. They are written beside it and take
 * its name when all are on the disk, so that the file is there whole, or as it was before. Errors, also of `kept`: `file_format_unknown`,
 * `file_not_written`, `disk_full`.
 */
export async function writeRows(connection: DuckDBConnection, rows: RowsToWrite, path: string): Promise<WrittenRows> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  const { select, options } = writingOf(rows, path)
  const undo = async (error: unknown): Promise<never> => {
    await rm(beside, { force: true })
    throw notWritten(error, path, beside)
  }
  try {
    await connection.run(`copy (${select}) to ${sqlText(beside)} (${options})`)
    // Opened at once: the disk is to begin before anything else does.
    const file = openSync(beside, 'r+')
    const kept = keep(file, beside, path).catch(undo)
    kept.catch(() => undefined)
    return { bytes: fstatSync(file).size, kept }
  } catch (error) {
    return await undo(error)
  }
}

const syncFile = promisify(fsync)
const closeFile = promisify(close)

async function keep(file: number, beside: string, path: string): Promise<void> {
  try {
    await syncFile(file)
  } finally {
    await closeFile(file)
  }
  await rename(beside, path)
}

function writingOf({ sql, columns }: RowsToWrite, path: string): { readonly select: string; readonly options: string } {
  const { format, compression } = formatOfName(path)
  switch (format) {
    case 'parquet':
      // Groups of rows are packed by several threads at once: fewer rows in each let them do so of a smaller table.
      return { select: sql, options: 'format parquet, compression zstd, compression_level 1, row_group_size 40960' }
    case 'csv': {
      const delimiter = /\.tsv(\.|$)/i.test(basename(path)) ? "delimiter '\\t'" : "delimiter ','"
      return { select: sql, options: `format csv, header, ${delimiter}, compression '${compression}'` }
    }
    case 'json': {
      const isArray = /\.json(\.[a-z]+)?$/i.test(basename(path))
      const packed = compression === 'none' ? 'uncompressed' : compression
      const values = columns.map(({ name, type }) => `${jsonValue(sqlName(name), type)} as ${sqlName(name)}`)
      return {
        select: `select ${values.join(', ')} from (${sql})`,
        options: `format json, array ${isArray}, compression '${packed}'`,
      }
    }
  }
}

/** NaN and infinities, which JSON does not have, as text. */
function jsonValue(column: string, type: string): string {
  if (type !== 'DOUBLE' && type !== 'FLOAT') return column
  return `case when isfinite(${column}) then to_json(${column}) when ${column} is not null then to_json(${column}::varchar) end`
}

function notWritten(error: unknown, path: string, beside: string): unknown {
  if (error instanceof FabriqueError || !(error instanceof Error)) return error
  const code = 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || /No space left/i.test(error.message)) {
    return new FabriqueError('disk_full', { folder: dirname(path) }, { cause: error })
  }
  // What is said of the select is not about the file.
  if (code === undefined && !error.message.startsWith('IO Error')) return error
  const reason = (error.message.split('\n')[0] ?? '').replaceAll(beside, path).slice(0, 300)
  return new FabriqueError('file_not_written', { path, reason }, { cause: error })
}
