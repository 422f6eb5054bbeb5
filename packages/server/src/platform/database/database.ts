import { FabriqueError } from '@fabrique/contract'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { limit } from '../../kernel/index.js'

/** Tables that every context writes through the verbs. A context sees its own with `db.withTables<…>()`. */
export interface PlatformTables {
  events: { kind: string; subject: string; payload: string; actor: string; at: Date }
  audit: {
    at: Date
    actor: string
    verb: string
    subject: string
    request_id: string | null
    reason: string
    detail: string
  }
}

/** A typed connection pool, or a transaction on it. */
export type Db<Tables = unknown> = Kysely<PlatformTables & Tables>

export interface DatabaseOptions {
  readonly url: string
  /** Shown in `pg_stat_activity`; starts with `fabrique`. */
  readonly applicationName: string
  readonly poolMax?: number
  /** Connection trouble between requests, for the log; requests get their own errors. */
  readonly onError: (error: Error) => void
}

export interface Database {
  readonly db: Db
  readonly pool: pg.Pool
  close(): Promise<void>
}

// The protocol has int8 as text. All our int8 values (times in ms, counts, bytes) are far below 2^53.
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text))

/** Client configuration for a PostgreSQL URL; a `host` that is a folder means its Unix socket. */
export function clientConfig(url: string, applicationName: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: limit('database.connect_timeout_ms'),
    types,
  }
}

/** Opens a lazy pool: no connection is made before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...clientConfig(options.url, options.applicationName),
    max: options.poolMax ?? limit('database.pool_max'),
    idleTimeoutMillis: 30_000,
    statement_timeout: limit('database.statement_timeout_ms'),
  })
  pool.on('error', options.onError)
  const db: Db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  return { db, pool, close: () => db.destroy() }
}

const connectionStates = new Set(['57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08004', '08006'])
const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
])
const connectionMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after/

/** True when an error says that the database is away rather than that a statement is wrong. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const fromPool = 'syscall' in error || error instanceof pg.DatabaseError || error instanceof AggregateError
  if (connectionStates.has(code) || connectionMessages.test(error.message)) return true
  return fromPool && connectionErrors.has(code)
}

/** Turns failures of the database that a user can act on into errors of the catalogue; others stay as they are. */
export function toDatabaseError(error: unknown): unknown {
  if (isConnectionError(error)) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = error instanceof Error && error.message !== '' ? error.message : code
    return new FabriqueError('database_unavailable', { reason }, { cause: error })
  }
  if (error instanceof pg.DatabaseError && error.code === '53100') {
    return new FabriqueError('disk_full', { folder: 'the database' }, { cause: error })
  }
  return error
}
