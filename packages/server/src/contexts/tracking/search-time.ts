import { FabriqueError } from '@fabrique/contract'
import pg from 'pg'
import { limit } from '../../kernel/index.js'

const statementCancelled = '57014'

/**
 * Runs a statement of a search. One that the database stops after its time is the fault of the question, not of the server:
 * told as a failure, clients of MLflow would ask it seven times again. Throws `search_too_slow`.
 */
export async function withinTime<Result>(search: () => Promise<Result>): Promise<Result> {
  try {
    return await search()
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== statementCancelled) throw error
    const seconds = limit('database.statement_timeout_ms') / 1000
    throw new FabriqueError('search_too_slow', { seconds }, { cause: error })
  }
}
