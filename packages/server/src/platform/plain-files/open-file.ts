import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnType } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/client'
import { limit } from '../../kernel/index.js'
import { inferredType, openDataEngine, rowsOf, sqlText } from '../duckdb/index.js'
import { scanFile } from './scan-file.js'

export type FileFormat = 'csv' | 'parquet' | 'json'

/** A file of the user as a table. */
export interface OpenedFile {
  readonly path: string
  readonly format: FileFormat
  /** What stands after `from` in the SQL of the data engine. */
  readonly table: string
  /** The Parquet file behind it: the file itself, or a copy of a text file that stays until the work is over. */
  readonly parquet: string
  /** `sqlType` is the name of the type in the engine. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType; readonly sqlType: string }[]
  readonly rowCount: number
}

/** A file, and how it is read. */
export interface FileToOpen {
  readonly path: string
  /** Columns of a CSV file whose values are read as they are written, where it has them; or all of its columns. */
  readonly texts?: readonly string[] | 'all'
}

/** The data engine for plain files, with a folder of its own for what does not fit in memory. */
export interface FileEngine {
  /**
   * Runs work on a file: CSV and TSV, JSON and NDJSON (these also as `.gz` or `.zst`), Parquet. Errors: `file_not_found`,
   * `file_unreadable`, `file_format_unknown`.
   */
  use<Result>(
    file: string | FileToOpen,
    work: (connection: DuckDBConnection, file: OpenedFile) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result>
  /** Stops the engine and removes its folder. */
  close(): Promise<void>
}

export interface FileEngineOptions {
  /** Folder for temporary files; that of the system unless told. */
  readonly tempFolder?: string
  readonly threads: number
}

/** Opens an engine for plain files. */
export async function openFileEngine({ tempFolder = tmpdir(), threads }: FileEngineOptions): Promise<FileEngine> {
  const folder = await mkdtemp(join(tempFolder, 'fabrique-files-'))
  const engine = openDataEngine({ tempFolder: join(folder, 'spill'), threads })
  let opened = 0
  return {
    use: (file, work, signal) => {
      opened += 1
      const copy = join(folder, `${opened}.parquet`)
      return engine.use(async (connection) => {
        try {
          // Times without a zone are UTC wherever this runs.
          await connection.run("set TimeZone = 'UTC'")
          const wanted = typeof file === 'string' ? { path: file } : file
          return await work(connection, await openFile(connection, wanted, copy))
        } finally {
          await rm(copy, { force: true })
        }
      }, signal)
    },
    async close() {
      await engine.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface NamedFormat {
  readonly format: FileFormat
  readonly compression: 'none' | 'gzip' | 'zstd'
}

/** The format by the name of a file; throws `file_format_unknown`. */
export function formatOfName(path: string): NamedFormat {
  const [, format = '', packed] =
    /\.(csv|tsv|txt|parquet|pq|json|ndjson|jsonl)(?:\.(gz|zst|zstd))?$/i.exec(basename(path)) ?? []
  const compression = packed === undefined ? 'none' : packed.toLowerCase() === 'gz' ? 'gzip' : 'zstd'
  switch (format.toLowerCase()) {
    case 'csv':
    case 'tsv':
    case 'txt':
      return { format: 'csv', compression }
    case 'json':
    case 'ndjson':
    case 'jsonl':
      return { format: 'json', compression }
    case 'parquet':
    case 'pq':
      if (compression === 'none') return { format: 'parquet', compression }
  }
  throw new FabriqueError('file_format_unknown', { path })
}

async function openFile(
  connection: DuckDBConnection,
  { path, texts = [] }: FileToOpen,
  copy: string,
): Promise<OpenedFile> {
  const found = await stat(path).catch((error: unknown) => {
    throw new FabriqueError('file_not_found', { path }, { cause: error })
  })
  const { format, compression } = formatOfName(path)
  if (!found.isFile()) throw new FabriqueError('file_unreadable', { path, reason: 'it is not a file' })
  if (found.size === 0) throw new FabriqueError('file_unreadable', { path, reason: 'it is empty' })
  try {
    let table = `read_parquet(${sqlText(path)})`
    if (format !== 'parquet') {
      // Text is read once; what follows looks at its columns many times.
      const lines = format === 'csv' && compression === 'none' ? await measureLines(path) : undefined
      const write = `(format parquet, compression zstd, row_group_size 122880)`
      await copyText(connection, `to ${sqlText(copy)} ${write}`, { path, format, compression, texts })
      table = `read_parquet(${sqlText(copy)})`
      if (lines !== undefined) await refuseLostRows(connection, table, path, lines)
    }
    const described = rowsOf<{ column_name: string; column_type: string }>(
      await connection.runAndReadAll(`describe select * from ${table}`),
    )
    const counted = await connection.runAndReadAll(`select count(*)::double from ${table}`)
    if (format === 'csv') await refuseRepeatedNames(connection, described, { path, format, compression })
    const columns = described.map(({ column_name: name, column_type: sqlType }) => ({
      name,
      type: inferredType(sqlType),
      sqlType,
    }))
    return {
      path,
      format,
      table,
      parquet: format === 'parquet' ? path : copy,
      columns,
      rowCount: Number(counted.value(0, 0)),
    }
  } catch (error) {
    if (error instanceof FabriqueError) throw error
    const message = error instanceof Error ? error.message : String(error)
    const reason = message.split('\n').slice(0, 2).join(' ').replaceAll(copy, path).slice(0, 300)
    throw new FabriqueError('file_unreadable', { path, reason }, { cause: error })
  }
}

async function copyText(
  connection: DuckDBConnection,
  target: string,
  { path, format, compression, texts }: NamedFormat & Required<FileToOpen>,
): Promise<void> {
  const packed = `compression = '${compression}'`
  if (format === 'json') {
    // The two readers have other words for the same.
    const json = compression === 'none' ? "compression = 'uncompressed'" : packed
    await connection.run(`copy (select * from read_json(${sqlText(path)}, ${json})) ${target}`)
    return
  }
  const types = await typesOfTexts(connection, `read_csv(${sqlText(path)}, ${packed})`, texts)
  const read = (sample: number) =>
    `copy (select * from read_csv(${sqlText(path)}, ${packed}, sample_size = ${sample}${types},
      max_line_size = ${limit('data.line_bytes_max')})) ${target}`
  // Types come from the first rows; where a later one does not fit them, from all rows.
  await connection.run(read(20_480)).catch(() => connection.run(read(-1)))
}

/** The option of the reader that says which columns are texts: it refuses names that the file does not have. */
async function typesOfTexts(
  connection: DuckDBConnection,
  read: string,
  texts: Required<FileToOpen>['texts'],
): Promise<string> {
  if (texts === 'all') return ', all_varchar = true'
  if (texts.length === 0) return ''
  const names = (await connection.runAndReadAll(`select * from ${read} limit 0`)).columnNames()
  const types = texts.filter((name) => names.includes(name)).map((name) => `${sqlText(name)}: 'VARCHAR'`)
  return types.length === 0 ? '' : `, types = {${types.join(', ')}}`
}

/** The reader gives a second column of a name, or of one that differs in case only, another name without a word. */
async function refuseRepeatedNames(
  connection: DuckDBConnection,
  described: readonly { readonly column_name: string }[],
  { path, compression }: NamedFormat & { readonly path: string },
): Promise<void> {
  const names = described.map(({ column_name: name }) => name.toLowerCase())
  const isSuspect = names.some((name) => names.includes(name.replace(/_\d+$/, '')) && /_\d+$/.test(name))
  if (!isSuspect) return
  const read = await connection.runAndReadAll(
    `select * from read_csv(${sqlText(path)}, compression = '${compression}', header = false, all_varchar = true) limit 1`,
  )
  const header = (read.getRows()[0] ?? []).map((name) => String(name ?? '').trim())
  const at = header.findIndex((name, index) => name !== '' && header.slice(0, index).some(isSameAs(name)))
  const [name = '', first = ''] = [header[at], header.find(isSameAs(header[at] ?? ''))]
  if (at < 0) return
  const isSame = name === first
  const quoted = JSON.stringify(name)
  throw new FabriqueError('file_unreadable', {
    path,
    reason: `its header has ${isSame ? `${quoted} more than once` : `${JSON.stringify(first)} and ${quoted}, which differ in case only`}`,
    reason_fr: `son en-tête a ${isSame ? `${quoted} plus d’une fois` : `${JSON.stringify(first)} et ${quoted}, qui ne diffèrent que par la casse`}`,
  })
}

function isSameAs(name: string): (other: string) => boolean {
  return (other) => other.toLowerCase() === name.toLowerCase()
}

/** The reader leaves a line of gigabytes out without a word, so lines are counted beside it. */
async function measureLines(path: string): Promise<number> {
  const { longestLine, recordCount } = await scanFile(path)
  const allowed = limit('data.line_bytes_max')
  if (longestLine.bytes <= allowed) return recordCount
  throw new FabriqueError('file_unreadable', {
    path,
    reason: `line ${longestLine.number} has ${longestLine.bytes} bytes, more than the limit of ${allowed}`,
  })
}

async function refuseLostRows(
  connection: DuckDBConnection,
  table: string,
  path: string,
  records: number,
): Promise<void> {
  const counted = await connection.runAndReadAll(`select count(*)::double from ${table}`)
  const rows = Number(counted.value(0, 0))
  if (rows >= records - 1) return
  const skipped = await connection.runAndReadAll(
    `select SkipRows::double, Comment, Quote from sniff_csv(${sqlText(path)})`,
  )
  // Lines before the header, comments, and quotes of another kind are not rows.
  const [skip, comment, quote] = skipped.getRows()[0] ?? []
  const isPlain = String(comment ?? '').length <= 1 && (quote === '"' || String(quote ?? '').length === 0)
  if (!isPlain || rows >= records - 1 - Number(skip)) return
  throw new FabriqueError('file_unreadable', { path, reason: `it has ${records} lines and ${rows} rows were read` })
}
