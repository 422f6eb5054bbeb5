import type { DuckDBConnection } from '@duckdb/node-api'
import {
  type CheckResult,
  type Expectation,
  FabriqueError,
  fillParameters,
  isFabriqueError,
  type Json,
  type KnownExpectation,
  knownExpectation,
  parseExpectation,
} from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { kindOf, tableColumns } from './columns.js'
import { evaluateDistribution } from './evaluate-distribution.js'
import { evaluateRowCheck, findUnexpected, type Outcome } from './evaluate-rows.js'
import { evaluateTable, readQuery } from './evaluate-table.js'
import { evaluateWhole } from './evaluate-whole.js'
import {
  CannotEvaluate,
  type EvaluatedExpectation,
  type EvaluateOptions,
  type TableFacts,
  type UnexpectedRow,
} from './model.js'
import { rowCheckOf, rowSql } from './row-checks.js'
import { openScan, type Scan } from './scan.js'
import { textCheckOf } from './text-checks.js'

/** Changes when results of the same suite on the same data would differ. */
export const engineVersion = 3

const defaults: EvaluateOptions = {
  resultFormat: 'SUMMARY',
  partialUnexpectedCount: 20,
  unexpectedIndexColumns: [],
  parameters: {},
  now: new Date(0),
  otherTable: () => undefined,
}

/**
 * Evaluates expectations on a table (what stands after `from` in the SQL of DuckDB) with the semantics of Great Expectations 1.x. All
 * that can be told in one pass is told in one; what is grouped is grouped once for all that ask about it; and a last pass finds the
 * first unexpected rows of all that failed. An expectation that cannot be evaluated gives a result that says why. Errors:
 * `expectation_unknown`, `expectation_invalid`; what interrupts the engine is thrown as it is.
 */
export async function evaluateSuite(
  connection: DuckDBConnection,
  table: string,
  facts: TableFacts | readonly string[],
  expectations: readonly Expectation[],
  options: Partial<EvaluateOptions> = {},
): Promise<EvaluatedExpectation[]> {
  const chosen = { ...defaults, ...options }
  const filled = expectations.map((expectation) => parseExpectation(withParameters(expectation, chosen.parameters)))
  const scan = await openScan(connection, table, 'profile' in facts ? facts.profile : undefined)
  refuseOtherColumns(scan, facts)
  try {
    return await Promise.all(filled.map((expectation) => evaluateOne(scan, expectation, chosen)))
  } finally {
    await scan.close()
  }
}

/** The callers' columns have to be those of the table: anything else would check another table than they mean. */
function refuseOtherColumns(scan: Scan, facts: TableFacts | readonly string[]): void {
  const names = 'columns' in facts ? facts.columns : Array.isArray(facts) ? (facts as readonly string[]) : undefined
  const missing = names?.find((name) => !scan.columns.has(name))
  if (missing !== undefined) throw new CannotEvaluate(`The table has no column ${missing}`)
}

function withParameters(expectation: Expectation, parameters: Readonly<Record<string, Json>>): Expectation {
  const kwargs = fillParameters(expectation.kwargs, parameters)
  return { ...expectation, kwargs: kwargs as Expectation['kwargs'] }
}

/** The name of a parameter of the suite that has no value. */
function unfilled(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('$PARAMETER' in value) return String((value as Readonly<Record<string, Json>>).$PARAMETER)
  for (const item of Object.values(value)) {
    const found = unfilled(item as Json)
    if (found !== undefined) return found
  }
  return undefined
}

async function evaluateOne(
  scan: Scan,
  expectation: Expectation,
  options: EvaluateOptions,
): Promise<EvaluatedExpectation> {
  try {
    const parameter = unfilled(expectation.kwargs)
    if (parameter !== undefined) throw new CannotEvaluate(`The suite parameter ${parameter} has no value`)
    const known = knownExpectation(expectation)
    const { success, result } = await outcomeOf(scan, known, options)
    return { expectation, success, is_evaluated: true, result: options.resultFormat === 'BOOLEAN_ONLY' ? {} : result }
  } catch (error) {
    const isAboutRows = isFabriqueError(error) && error.code === 'expectation_invalid'
    if (!(error instanceof CannotEvaluate) && !isAboutRows) throw error
    if (isAboutRows) throw error
    return { expectation, success: false, is_evaluated: false, exception: { message: error.message }, result: {} }
  }
}

async function outcomeOf(scan: Scan, known: KnownExpectation, options: EvaluateOptions): Promise<Outcome> {
  const check = rowCheckOf(known, scan.columns) ?? textCheckOf(known, scan.columns)
  if (check !== undefined) return evaluateRowCheck(scan, check, options)
  const outcome =
    (await evaluateTable(scan, known, options)) ??
    (await evaluateWhole(scan, known, options)) ??
    (await evaluateDistribution(scan, known))
  if (outcome === undefined) throw new FabriqueError('expectation_unknown', { type: known.type })
  return outcome
}

/** The result of an expectation as it is stored and sent. */
export function toCheckResult(evaluated: EvaluatedExpectation): CheckResult {
  const { expectation, success, exception, result } = evaluated
  const { element_count, unexpected_count, missing_count, partial_unexpected_list, observed_value } = result
  const sample = Array.isArray(partial_unexpected_list) ? (partial_unexpected_list as readonly Json[]) : undefined
  const hasObserved = observed_value !== undefined && (observed_value !== null || typeof unexpected_count !== 'number')
  return {
    expectation,
    success,
    ...(exception === undefined ? {} : { error: exception.message }),
    ...(typeof element_count === 'number'
      ? { element_count: element_count - (typeof missing_count === 'number' ? missing_count : 0) }
      : {}),
    ...(typeof unexpected_count === 'number' ? { unexpected_count } : {}),
    ...(typeof missing_count === 'number' ? { missing_count } : {}),
    ...(hasObserved ? { observed: observed_value } : {}),
    ...(sample === undefined || sample.length === 0
      ? {}
      : { unexpected_sample: sample.slice(0, limit('checks.sample_max')) }),
  }
}

/** `evaluateSuite` in the form that is stored and sent. */
export async function evaluate(
  connection: DuckDBConnection,
  table: string,
  columns: readonly string[],
  expectations: readonly Expectation[],
  options: Partial<EvaluateOptions> = {},
): Promise<CheckResult[]> {
  const evaluated = await evaluateSuite(connection, table, { columns }, expectations, {
    resultFormat: 'BASIC',
    ...options,
  })
  return evaluated.map(toCheckResult)
}

/** Which unexpected rows are read, and what of them. */
export interface UnexpectedRowsQuery {
  readonly limit: number
  readonly offset: number
  /** Columns whose values are given; all where there are none. */
  readonly columns: readonly string[]
  readonly parameters?: Readonly<Record<string, Json>>
}

/** Rows that break an expectation, in the order of the table, with their number in all; those of a query have its columns. */
export interface UnexpectedRows {
  readonly columns: readonly string[]
  readonly rows: readonly UnexpectedRow[]
  readonly total: number
}

/**
 * Reads the rows that break an expectation; undefined where it is not about rows. An expectation that cannot be evaluated on this
 * table throws `expectation_invalid`.
 */
export async function unexpectedRows(
  connection: DuckDBConnection,
  table: string,
  given: Expectation,
  { limit: most, offset, columns, parameters = {} }: UnexpectedRowsQuery,
): Promise<UnexpectedRows | undefined> {
  const known = knownExpectation(withParameters(given, parameters))
  const scan = await openScan(connection, table)
  try {
    if (known.type === 'unexpected_rows_expectation') {
      const query = known.kwargs.unexpected_rows_query
      const found = await readQuery(scan, query, { limit: most, offset })
      const kinds = found.columns.map(({ type }) => kindOf(type))
      return {
        columns: found.columns.map(({ name }) => name),
        rows: found.rows.map((values) => ({ values: values.map((value, index) => shownValue(kinds[index], value)) })),
        total: found.total,
      }
    }
    const check = rowCheckOf(known, scan.columns) ?? textCheckOf(known, scan.columns)
    if (check === undefined) return undefined
    const shown = columns.length === 0 ? [...scan.columns.values()] : columns.map((name) => scan.column(name))
    const found = await findUnexpected(scan, check)
    const { source, condition } = found.rows
    const list = shown.map(({ sql }) => `, ${sql}`).join('')
    const rows = await scan.rows(
      `select rn::DOUBLE${list} from ${source} where ${condition} order by rn limit ${Math.trunc(most)} offset ${Math.trunc(offset)}`,
    )
    return {
      columns: shown.map(({ name }) => name),
      rows: rows.map(([row = null, ...values]) => ({
        row: Number(row),
        values: values.map((value, index) => shownValue(shown[index]?.kind, value)),
      })),
      total: found.count,
    }
  } catch (error) {
    if (error instanceof CannotEvaluate)
      throw new FabriqueError(
        'expectation_invalid',
        { type: given.type, argument: 'kwargs', reason: error.message },
        { cause: error },
      )
    throw error
  } finally {
    await scan.close()
  }
}

function shownValue(kind: string | undefined, value: Json): Json {
  if (kind !== 'integer' || typeof value !== 'string') return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/**
 * The SQL condition that is true for a row that breaks the expectation, over the columns of the table under their own names; undefined
 * where a row alone does not tell (copies, order, figures of the whole, texts that are judged outside SQL). `columns` have the types of
 * DuckDB. Errors: `expectation_unknown`, `expectation_invalid`.
 */
export function rowCondition(
  expectation: Expectation,
  columns: readonly { readonly name: string; readonly type: string }[],
): string | undefined {
  const known = knownExpectation(expectation)
  const named = tableColumns(columns)
  try {
    const check = rowCheckOf(known, named)
    const sql = check === undefined ? undefined : rowSql(check)
    return check === undefined || sql === undefined ? undefined : `coalesce((${check.looked}) and (${sql}), false)`
  } catch (error) {
    if (error instanceof CannotEvaluate)
      throw new FabriqueError(
        'expectation_invalid',
        { type: known.type, argument: 'kwargs', reason: error.message },
        { cause: error },
      )
    throw error
  }
}
