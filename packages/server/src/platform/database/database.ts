import { Socket } from 'node:net'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { limit } from '../../kernel/index.js'
import { clientConfig } from './connection.js'
import { sendPrepared } from './prepared.js'

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
  /** A connection that nobody uses is closed after this, with the statements that it has prepared. */
  readonly idleMs?: number
  /** Settings of the server for each connection, as `enable_seqscan: 'off'`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Connection trouble between requests, for the log; requests get their own errors. */
  readonly onError: (error: Error) => void
}

export interface Database {
  readonly db: Db
  readonly pool: pg.Pool
  /** Ends all connections at once, without a word to the server: what waits for an answer that does not come fails. */
  breakConnections(): void
  close(): Promise<void>
}

const settingsText = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')

/** Opens a lazy pool: no connection is made before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const sockets = new Set<Socket>()
  const pool = new pg.Pool({
    ...clientConfig(options.url, options.applicationName),
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
    max: options.poolMax ?? limit('database.pool_max'),
    idleTimeoutMillis: options.idleMs ?? 10_000,
    statement_timeout: limit('database.statement_timeout_ms'),
    ...(options.settings === undefined ? {} : { options: settingsText(options.settings) }),
  })
  pool.on('error', options.onError)
  // Compiling a statement takes longer than any of ours runs. Sent first, so that it is set before what the connection is for.
  pool.on('connect', (client) => void client.query('set jit = off').catch(options.onError))
  pool.on('connect', sendPrepared)
  // A connection that breaks while a request holds it: its statement fails, and the process goes on.
  pool.on('connect', (client) => client.on('error', options.onError))
  const db: Db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  const breakConnections = () => {
    for (const socket of sockets) socket.destroy()
  }
  return { db, pool, breakConnections, close: () => db.destroy() }
}

/**
 * The value of a jsonb column. The column is declared as the text that is written; the driver gives it back parsed. Its form
 * was checked when it was written, by the schema of the verb that wrote it.
 */
export function fromJsonb<Value>(column: unknown): Value {
  return column as Value
}
