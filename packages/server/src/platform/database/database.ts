import { Socket } from 'node:net'
import { FabriqueError } from '@fabrique/contract'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { limit } from '../../kernel/index.js'
import { clientConfig, isConnectionError } from './connection.js'
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
    idleTimeoutMillis: 10_000,
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

/** Values that a text or number column cannot hold, whatever the schema of the request allowed; by SQLSTATE. */
const refusedValues: Readonly<Record<string, string>> = {
  '22021': 'it holds a character that cannot be stored, such as NUL',
  '22P05': 'it holds a character that cannot be stored, such as NUL',
  '22003': 'the number is out of range',
  // Half of a surrogate pair is all of JSON that this program can write and the database cannot read.
  '22P02 json': 'it holds a character that cannot be stored, such as half of a surrogate pair',
  '2201B': 'it is not a regular expression',
  '22025': 'the pattern ends with an escape character',
  '54000': 'it is too long',
  '54001': 'it is nested too deep',
}

function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return undefined
  // The same state also says that a statement of ours is wrong.
  const state = error.code === '22P02' && error.message.endsWith('type json') ? '22P02 json' : error.code
  return Object.hasOwn(refusedValues, state) ? refusedValues[state] : undefined
}

/** Turns failures of the database that a user can act on into errors of the catalogue; others stay as they are. */
export function toDatabaseError(error: unknown): unknown {
  if (isConnectionError(error)) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = error instanceof Error && error.message !== '' ? error.message : code
    return new FabriqueError('database_unavailable', { reason }, { cause: error })
  }
  const refused = refusalOf(error)
  if (refused !== undefined) {
    return new FabriqueError('invalid_request', { field: 'a value', reason: refused }, { cause: error })
  }
  // Of two statements that cannot both go on, the database ends one: the same request again succeeds.
  if (error instanceof pg.DatabaseError && (error.code === '40P01' || error.code === '40001')) {
    return new FabriqueError('database_conflict', {}, { cause: error })
  }
  if (error instanceof pg.DatabaseError && error.code === '57014') {
    const seconds = limit('database.statement_timeout_ms') / 1000
    return new FabriqueError('database_too_slow', { seconds }, { cause: error })
  }
  if (error instanceof pg.DatabaseError && error.code === '53100') {
    return new FabriqueError('disk_full', { folder: 'the database' }, { cause: error })
  }
  return error
}

/**
 * The value of a jsonb column. The column is declared as the text that is written; the driver gives it back parsed. Its form
 * was checked when it was written, by the schema of the verb that wrote it.
 */
export function fromJsonb<Value>(column: unknown): Value {
  return column as Value
}
