import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError, isFabriqueError, type QueryResult } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { engineModule, isWhole, sqlName, sqlText } from '../../../platform/duckdb/index.js'
import { checkSelect, placeOf } from './check-select.js'
import { jsonReader } from './json-values.js'

/** A table that a query may read: what stands after `from`, and the files that it needs. */
export interface QueryTable {
  readonly name: string
  readonly table: string
  readonly paths: readonly string[]
}

export interface QueryGiven {
  readonly sql: string
  readonly tables: readonly QueryTable[]
  readonly limit: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs one select in an engine of its own, which may read the files of its tables and nothing else: no other file, no network, no
 * extension, no setting, no temporary file. Memory, threads, time and the size of the reply are bounded; an aborted signal ends it.
 * Errors: `query_refused`, `query_failed`, `query_timeout`, `query_too_large`.
 */
export async function runSandboxed(given: QueryGiven): Promise<Omit<QueryResult, 'elapsed_ms'>> {
  given.signal?.throwIfAborted()
  const instance = await engineModule().DuckDBInstance.create(':memory:', {
    threads: String(limit('query.threads_max')),
    memory_limit: `${Math.round(limit('query.memory_bytes_max') / 1024 / 1024)}MiB`,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    try {
      await closeDoors(connection, given.tables)
      return await runBounded(connection, given)
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}

/** From here on the engine opens the files of the tables alone, and no setting can be changed. */
async function closeDoors(connection: DuckDBConnection, tables: readonly QueryTable[]): Promise<void> {
  for (const { name, table } of tables) await connection.run(`create view ${sqlName(name)} as select * from ${table}`)
  await connection.run("set TimeZone = 'UTC'")
  const paths = [...new Set(tables.flatMap((table) => table.paths))]
  await connection.run(`set allowed_paths = [${paths.map(sqlText).join(', ')}]`)
  await connection.run('set enable_external_access = false')
  await connection.run('set lock_configuration = true')
}

async function runBounded(connection: DuckDBConnection, given: QueryGiven): Promise<Omit<QueryResult, 'elapsed_ms'>> {
  let isLate = false
  const interrupt = () => connection.interrupt()
  // Told again and again: an interrupt between two statements of the engine would be lost.
  const timer = setTimeout(() => {
    isLate = true
    interrupt()
  }, given.timeoutMs)
  const again = setInterval(() => {
    if (isLate || given.signal?.aborted) interrupt()
  }, 100)
  given.signal?.addEventListener('abort', interrupt, { once: true })
  try {
    await checkSelect(
      connection,
      given.sql,
      given.tables.map(({ name }) => name),
    )
    return await readRows(connection, given)
  } catch (error) {
    given.signal?.throwIfAborted()
    if (isFabriqueError(error)) throw error
    if (isLate) throw new FabriqueError('query_timeout', { seconds: given.timeoutMs / 1000 }, { cause: error })
    throw toQueryError(error, given)
  } finally {
    clearTimeout(timer)
    clearInterval(again)
    given.signal?.removeEventListener('abort', interrupt)
  }
}

/** Reads one row more than asked for, to know whether there is one. */
async function readRows(
  connection: DuckDBConnection,
  { sql, limit: rowsMax }: QueryGiven,
): Promise<Omit<QueryResult, 'elapsed_ms'>> {
  const stream = await connection.stream(sql)
  const columns = stream.columnNames().map((name, index) => ({ name, type: String(stream.columnType(index)) }))
  const toJson = jsonReader(columns.map(({ type }) => type))
  const rows: QueryResult['rows'] = []
  let bytes = 0
  for await (const some of stream.yieldRowsJson()) {
    for (const row of toJson(some)) {
      if (rows.length === rowsMax) return { columns, rows, is_complete: false }
      bytes += Buffer.byteLength(JSON.stringify(row))
      if (bytes > limit('query.reply_bytes_max')) return { columns, rows, is_complete: false }
      rows.push(row)
    }
  }
  if (!isWhole(stream)) {
    // What went wrong is told where it goes wrong once more.
    await connection.run(`explain analyze ${sql}`)
    throw new Error('The statement was interrupted')
  }
  return { columns, rows, is_complete: true }
}

/** What the engine says, without the places of files on this machine. */
function toQueryError(error: unknown, { sql, tables }: QueryGiven): FabriqueError {
  const full = error instanceof Error ? error.message : String(error)
  if (/^Out of Memory/i.test(full)) {
    return new FabriqueError('query_too_large', { limit_bytes: limit('query.memory_bytes_max') }, { cause: error })
  }
  let message = full
  for (const { name, paths } of tables) for (const path of paths) message = message.replaceAll(path, name)
  // A path that is not one of ours stands in the query itself or is a place of the engine.
  message = message.replace(/"\/[^"\n]*"/g, '"…"')
  const line = /^LINE (\d+): .*\n(\s*)\^/m.exec(full)
  const at = line === null ? undefined : markedPlace(sql, line)
  const [said = ''] = message.split(/\n\s*\nLINE |\nLINE |\n\n/)
  const reason = said.replaceAll('\n', ' ').slice(0, 1000)
  return new FabriqueError(
    'query_failed',
    { reason: at === undefined ? reason : `${reason} (${at})` },
    { cause: error },
  )
}

/** The engine shows a piece of the line with a mark under it; where it cut the line, only its number is told. */
function markedPlace(sql: string, [text = '', number = '1', space = '']: RegExpExecArray): string {
  const shown = text.split('\n')[0]?.slice(`LINE ${number}: `.length) ?? ''
  const lines = sql.split('\n')
  const line = lines[Number(number) - 1]
  if (line === undefined || shown !== line) return `line ${number}`
  const before = lines.slice(0, Number(number) - 1).reduce((sum, { length }) => sum + length + 1, 0)
  const column = space.length - `LINE ${number}: `.length
  return placeOf(sql, before + Math.max(0, column))
}
