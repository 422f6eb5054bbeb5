import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import pg from 'pg'
import { limit } from '../../kernel/index.js'
import { isConnectionError } from './connection.js'

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

/** For `retry`: how long what goes on by itself waits for a database that is away, until its signal ends it. */
export const databaseAway = {
  attempts: Number.MAX_SAFE_INTEGER,
  delayMs: 250,
  delayMsMax: 5_000,
  retryable: isDatabaseAway,
}

/** Whether a failure of the catalogue says that the database is away: what failed by it may be done again. */
export function isDatabaseAway(error: unknown): boolean {
  return isFabriqueError(error) && error.code === 'database_unavailable'
}
