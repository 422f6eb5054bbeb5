import { open } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type DatasetDefinition, FabriqueError, type SnapshotColumn } from '@fabrique/contract'
import { limit, present } from '../../kernel/index.js'
import { rowsOf, sqlName, sqlText } from '../../platform/index.js'
import { duckdbType, inferredType } from './column-types.js'
import type { ScannedFile } from './scan-file.js'

/** What a CSV file turned out to be. */
export interface CsvContent {
  readonly columns: readonly SnapshotColumn[]
  readonly rowCount: number
}

interface Sniffed {
  readonly delimiter: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

/**
 * Reads a CSV with a header line and writes it as Parquet (zstd). Declared columns are enforced, others inferred. Nothing is
 * dropped or repaired: the first row that does not fit ends the read with an error that names line, column and value.
 * Errors: `source_empty`, `source_unreadable`, `source_columns_mismatch`, `source_rows_rejected`.
 */
export async function csvToParquet(
  connection: DuckDBConnection,
  file: ScannedFile & { readonly path: string; readonly shownPath: string; readonly target: string },
  dataset: DatasetDefinition,
): Promise<CsvContent> {
  const names = { path: file.shownPath, dataset: dataset.name }
  refuseLongLine(file, names)
  const sniffed = await describeCsv(connection, file.path, Object.keys(dataset.columns), names)
  checkColumns(sniffed, dataset, names)
  const columns = sniffed.columns.map(({ name, type }): SnapshotColumn => {
    const declared = dataset.columns[name]
    return declared === undefined
      ? { name, type: inferredType(type), nullable: true, declared: false }
      : {
          name,
          type: declared.type,
          nullable: declared.nullable,
          declared: true,
          ...(declared.unit === undefined ? {} : { unit: declared.unit }),
        }
  })
  const types = sniffed.columns.map(({ name, type }) => {
    const declared = dataset.columns[name]
    return `${sqlText(name)}: ${sqlText(declared === undefined ? type : duckdbType(declared))}`
  })
  const read = (options: string) =>
    `read_csv(${sqlText(file.path)}, header = true, auto_detect = false, delim = ${sqlText(sniffed.delimiter)},
      quote = '"', columns = {${types.join(', ')}}, max_line_size = ${limit('data.line_bytes_max')}, ${options})`
  try {
    // Strict: the first row that does not fit ends the read.
    await connection.run(
      `copy (select * from ${read('strict_mode = true')}) to ${sqlText(file.target)}
       (format parquet, compression zstd, row_group_size 122880)`,
    )
  } catch (error) {
    // Only then is the file read again in the mode that records where and why; that mode alone may lose a row silently.
    const recorded = read(`store_rejects = true, rejects_limit = ${limit('data.rejected_rows_kept')}`)
    await connection.run(`select count(columns(*)) from ${recorded}`).catch(() => {})
    const rejected = await describeRejected(connection, names).catch(() => undefined)
    throw rejected ?? unreadable(error, names)
  }
  await refuseMissing(connection, file.target, columns, names)
  const counted = await connection.runAndReadAll(`select count(*)::int from read_parquet(${sqlText(file.target)})`)
  const rowCount = Number(counted.value(0, 0))
  if (rowCount === 0) throw new FabriqueError('source_empty', names)
  refuseLostRows(file, columns.length, rowCount, names)
  return { columns, rowCount }
}

type Names = { readonly path: string; readonly dataset: string }

/**
 * Delimiter and columns from the header line, where it has the declared columns: a broken row further down cannot mislead
 * this as it can the sniffer.
 */
async function readHeader(path: string, declared: readonly string[]): Promise<Sniffed | undefined> {
  if (declared.length === 0) return undefined
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0)
    const [header = ''] = buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\ufeff/, '')
      .split(/\r?\n/, 1)
    for (const delimiter of [',', ';', '\t', '|']) {
      const names = header.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
      if (declared.every((name) => names.includes(name))) {
        return { delimiter, columns: names.map((name) => ({ name, type: 'VARCHAR' })) }
      }
    }
    return undefined
  } finally {
    await handle.close()
  }
}

async function describeCsv(
  connection: DuckDBConnection,
  path: string,
  declared: readonly string[],
  names: Names,
): Promise<Sniffed> {
  const header = await readHeader(path, declared)
  const isComplete = header?.columns.every(({ name }) => declared.includes(name)) === true
  if (header !== undefined && isComplete) return header
  const given = header === undefined ? '' : `, delim = ${sqlText(header.delimiter)}`
  try {
    const result = await connection.runAndReadAll(
      `select Delimiter, Columns from sniff_csv(${sqlText(path)}, header = true, quote = '"',
        max_line_size = ${limit('data.line_bytes_max')}, ignore_errors = true${given})`,
    )
    const [found] = rowsOf<{ Delimiter: string; Columns: { name: string; type: string }[] }>(result)
    const { Delimiter: delimiter, Columns: columns } = present(found, 'sniffed dialect')
    return { delimiter, columns }
  } catch (error) {
    throw unreadable(error, names)
  }
}

function checkColumns(sniffed: Sniffed, dataset: DatasetDefinition, names: Names): void {
  const found = sniffed.columns.map(({ name }) => name)
  if (found.length > limit('data.columns_max')) {
    throw new FabriqueError('source_columns_mismatch', { ...names, reason: `it has ${found.length} columns` })
  }
  const missing = Object.keys(dataset.columns).filter((name) => !found.includes(name))
  if (missing.length === 0) return
  const reason = `missing ${missing.join(', ')}; the file has ${found.join(', ')}`
  throw new FabriqueError('source_columns_mismatch', { ...names, reason })
}

interface Reject {
  readonly line: string
  readonly column_name: string | null
  readonly error_type: string
  readonly csv_line: string
  readonly error_message: string
  readonly count: string
}

/** The reader leaves a line of gigabytes out without a word, so it is found before. */
function refuseLongLine({ longestLine, hasQuotes }: ScannedFile, names: Names): void {
  const allowed = limit('data.line_bytes_max')
  if (longestLine.bytes <= allowed) return
  throw new FabriqueError('source_unreadable', {
    ...names,
    reason: `line ${longestLine.number} has ${longestLine.bytes} bytes, more than the limit of ${allowed}${hasQuotes ? '; a quote may be open' : ''}`,
  })
}

/** Where no value can go over several lines, each line but the header has to be a row. */
function refuseLostRows(file: ScannedFile, columnCount: number, rowCount: number, names: Names): void {
  if (file.hasQuotes || columnCount < 2 || file.lineCount < 2 || rowCount === file.lineCount - 1) return
  throw new FabriqueError('source_unreadable', {
    ...names,
    reason: `${file.lineCount - 1} lines follow the header and ${rowCount} rows were read`,
  })
}

/** Plain words for the kinds of rejects that DuckDB reports. */
const rejectReasons: Readonly<Record<string, string>> = {
  CAST: 'not of the declared type',
  'MISSING COLUMNS': 'the line has too few columns',
  'TOO MANY COLUMNS': 'the line has too many columns',
  'UNQUOTED VALUE': 'a quote is not closed or stands in the middle of a value',
  'LINE SIZE OVER MAXIMUM': 'the line is too long',
  'INVALID UNICODE': 'the bytes are not UTF-8',
  'INVALID ENCODING': 'the bytes are not UTF-8',
}

async function describeRejected(connection: DuckDBConnection, names: Names): Promise<FabriqueError | undefined> {
  const result = await connection.runAndReadAll(
    `select line, column_name, error_type::varchar as error_type, csv_line, error_message, count(*) over () as count
     from reject_errors order by error_type::varchar = 'CAST', line limit 1`,
  )
  const [first] = rowsOf<Reject>(result)
  if (first === undefined) return undefined
  const value = /Could not convert string "(.*?)" to/.exec(first.error_message)?.[1] ?? first.csv_line.slice(0, 100)
  return new FabriqueError('source_rows_rejected', {
    count: Number(first.count),
    path: names.path,
    line: Number(first.line),
    column: first.column_name ?? '-',
    value: JSON.stringify(value),
    reason: rejectReasons[first.error_type] ?? first.error_type.toLowerCase(),
  })
}

/** Refuses empty values where a declared column does not allow them, and numbers that are not finite. */
async function refuseMissing(
  connection: DuckDBConnection,
  parquet: string,
  columns: readonly SnapshotColumn[],
  names: Names,
): Promise<void> {
  for (const column of columns.filter(({ declared }) => declared)) {
    const name = sqlName(column.name)
    const bad = [
      ...(column.nullable ? [] : [`${name} is null`]),
      ...(column.type === 'number' ? [`not isfinite(${name})`] : []),
    ]
    if (bad.length === 0) continue
    const result = await connection.runAndReadAll(
      `select count(*)::int as count, min(row)::int as row, any_value(value order by row) as value from (
         select file_row_number as row, ${name}::varchar as value from read_parquet(${sqlText(parquet)}, file_row_number = true)
         where ${bad.join(' or ')})`,
    )
    const [found] = rowsOf<{ count: number; row: number; value: string | null }>(result)
    if (found === undefined || found.count === 0) continue
    throw new FabriqueError('source_rows_rejected', {
      count: found.count,
      path: names.path,
      // The header is line 1 and the first row has number 0.
      line: Number(found.row) + 2,
      column: column.name,
      value: found.value === null ? '(empty)' : JSON.stringify(found.value),
      reason: found.value === null ? 'the column does not allow missing values' : 'not a finite number',
    })
  }
}

function unreadable(error: unknown, names: Names): FabriqueError {
  const message = error instanceof Error ? error.message : String(error)
  if (/Maximum line size/i.test(message)) {
    return new FabriqueError(
      'source_unreadable',
      { ...names, reason: `a line is longer than ${limit('data.line_bytes_max')} bytes` },
      { cause: error },
    )
  }
  if (/utf-?8|unicode|encod/i.test(message)) {
    return new FabriqueError('source_unreadable', { ...names, reason: 'its bytes are not UTF-8' }, { cause: error })
  }
  const reason = message.split('\n').slice(0, 2).join(' ').slice(0, 300)
  return new FabriqueError('source_unreadable', { ...names, reason }, { cause: error })
}
