import { CompiledQuery } from 'kysely'
import { type Db, prepared, toDatabaseError } from '../../../platform/index.js'

/** Channel of the database that wakes workers: a run is ready, a slot is free, a run is to be cancelled. */
export const flowChannel = 'fabrique_flows'
/** Channel that tells the id of a run of which there is something new to see. */
export const flowRunChannel = 'fabrique_flow_runs'

/** Runs a statement that each connection parses once. Failures that mean something to a caller are errors of the catalogue. */
export async function query<Row>(db: Db, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
  try {
    const { rows } = await db.executeQuery(CompiledQuery.raw(prepared(text), [...values]))
    return toRows<Row>(rows)
  } catch (error) {
    throw toDatabaseError(error)
  }
}

/** The columns are those that the statement names. */
function toRows<Row>(rows: readonly unknown[]): readonly Row[] {
  return rows as readonly Row[]
}

/** Runs an action in a transaction. */
export async function transact<Output>(db: Db, action: (tx: Db) => Promise<Output>): Promise<Output> {
  try {
    return await db.transaction().execute(action)
  } catch (error) {
    throw toDatabaseError(error)
  }
}

export const notifyWorkers = (db: Db, payload: string) => query(db, 'select pg_notify($1, $2)', [flowChannel, payload])

/** Tells that there is something new to see of runs. */
export const notifyWatchers = (db: Db, runs: readonly string[]) =>
  runs.length === 0
    ? Promise.resolve([])
    : query(db, 'select pg_notify($1, run) from unnest($2::text[]) as run', [flowRunChannel, runs])
