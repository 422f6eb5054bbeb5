import pg from 'pg'
import { limit } from '../../kernel/index.js'

// The protocol has int8 as text. All our int8 values (times in ms, counts, bytes) are far below 2^53.
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text))

/** Client configuration for a PostgreSQL URL; a `host` that is a folder means its Unix socket. */
export function clientConfig(url: string, applicationName: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: limit('database.connect_timeout_ms'),
    // Of a host that is gone no answer ever comes: that it is gone is asked after a moment of silence, not after two hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  }
}

const connectionStates = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  '53300',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
])
const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EAI_AGAIN',
])
const connectionMessages =
  /Connection terminated|^timeout expired$|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after/

/** True when an error says that the database is away rather than that a statement is wrong. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const fromPool = 'syscall' in error || error instanceof pg.DatabaseError || error instanceof AggregateError
  if (connectionStates.has(code) || connectionMessages.test(error.message)) return true
  return fromPool && connectionErrors.has(code)
}
