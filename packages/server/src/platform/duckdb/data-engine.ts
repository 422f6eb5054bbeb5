import type { DuckDBConnection, DuckDBInstance, DuckDBResultReader } from '@duckdb/node-api'
import { limit } from '../../kernel/index.js'
import { engineModule } from './engine-module.js'

/** The analytical engine: DuckDB in this process, for reading files, checks and statistics. */
export interface DataEngine {
  /**
   * Runs work on a connection of its own (statements of one connection must not overlap). An aborted signal interrupts
   * the running statement. The engine is opened at first use and closed when nothing has used it for a while, so that an
   * idle process does not hold its memory.
   */
  use<Result>(work: (connection: DuckDBConnection) => Promise<Result>, signal?: AbortSignal): Promise<Result>
  close(): Promise<void>
}

export interface DataEngineOptions {
  /** Where it spills what does not fit in memory. */
  readonly tempFolder: string
  readonly threads: number
  /** Milliseconds without use after which it is closed. */
  readonly idleMs?: number
}

/** A text in DuckDB SQL, in single quotes. A statement ends at a NUL, which is written as a function. */
export function sqlText(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`
  return quoted.includes('\u0000') ? `(${quoted.replaceAll('\u0000', "' || chr(0) || '")})` : quoted
}

/** Double quotes for a name in DuckDB SQL. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * The rows of a small result as JSON objects. `Row` states the columns that the statement selects; the engine gives exactly
 * those, whole numbers of 64 bits and decimals as text.
 */
export function rowsOf<Row>(result: DuckDBResultReader): readonly Row[] {
  const rows: unknown = result.getRowObjectsJson()
  return rows as readonly Row[]
}

export function openDataEngine(options: DataEngineOptions): DataEngine {
  let instance: Promise<DuckDBInstance> | undefined
  let users = 0
  let idleTimer: NodeJS.Timeout | undefined

  const open = async () =>
    engineModule().DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      memory_limit: `${Math.round(limit('data.memory_bytes_max') / 1024 / 1024)}MiB`,
      temp_directory: options.tempFolder,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })

  const closeNow = async () => {
    const opened = instance
    instance = undefined
    ;(await opened)?.closeSync()
  }

  return {
    async use(work, signal) {
      signal?.throwIfAborted()
      clearTimeout(idleTimer)
      users += 1
      instance ??= open()
      try {
        const connection = await (await instance).connect()
        const interrupt = () => connection.interrupt()
        signal?.addEventListener('abort', interrupt, { once: true })
        try {
          return await work(connection)
        } finally {
          signal?.removeEventListener('abort', interrupt)
          connection.closeSync()
        }
      } finally {
        users -= 1
        if (users === 0) {
          idleTimer = setTimeout(() => void closeNow(), options.idleMs ?? 2_000)
          idleTimer.unref()
        }
      }
    },
    async close() {
      clearTimeout(idleTimer)
      await closeNow()
    },
  }
}
