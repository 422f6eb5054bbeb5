import type { Expectation, Json, Profile, ResultFormat } from '@fabrique/contract'

/** How a suite is evaluated, and how much of each result is kept. */
export interface EvaluateOptions {
  /** SUMMARY by default, as validation definitions of Great Expectations. */
  readonly resultFormat: ResultFormat
  /** Unexpected values kept with a result that is not COMPLETE; 20 by default, at most 200. */
  readonly partialUnexpectedCount: number
  /** Columns whose values name an unexpected row; the number of the row, from 0, where there are none. */
  readonly unexpectedIndexColumns: readonly string[]
  /** Values of `{"$PARAMETER": name}`. */
  readonly parameters: Readonly<Record<string, Json>>
  /** The moment that freshness is measured from. */
  readonly now: Date
  /** The SQL of another table by its name; none by default. */
  readonly otherTable: (name: string) => string | undefined
}

/** What is known of the table before it is read. Both are looked up where they are left out. */
export interface TableFacts {
  readonly columns?: readonly string[]
  readonly rowCount?: number
  /** The figures of exactly these rows: what they tell is not read again. */
  readonly profile?: Profile
}

/** What one expectation found. Where it could not be evaluated `exception` says why, and it is not a success. */
export interface EvaluatedExpectation {
  readonly expectation: Expectation
  readonly success: boolean
  readonly is_evaluated: boolean
  readonly exception?: { readonly message: string }
  /** The members that Great Expectations gives a result of this type in this format. */
  readonly result: Readonly<Record<string, Json>>
}

/** A row that breaks an expectation, by its number from 0; without one where a query gives the rows. */
export interface UnexpectedRow {
  readonly row?: number
  readonly values: readonly Json[]
}

/** Why one expectation cannot be evaluated on this table; a result, never a failure of the suite. */
export class CannotEvaluate extends Error {
  override readonly name = 'CannotEvaluate'
}

export function cannotEvaluate(message: string): never {
  throw new CannotEvaluate(message)
}
