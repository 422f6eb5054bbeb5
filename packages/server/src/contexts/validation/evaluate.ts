import type { DuckDBConnection } from '@duckdb/node-api'
import type { CheckResult, Expectation, Json } from '@fabrique/contract'
import { limit, present, unreachable } from '../../kernel/index.js'
import { sqlName, sqlText } from '../../platform/index.js'

/** A check of each value of a column: `unexpected` is the SQL condition of a value that breaks it. */
interface ColumnCheck {
  readonly column: string
  readonly unexpected: string
  /** Great Expectations leaves missing values out of every check of values but the one for them. */
  readonly countsNulls: boolean
  readonly mostly: number
}

function literal(value: string | number | boolean): string {
  return typeof value === 'string' ? sqlText(value) : String(value)
}

function columnCheck(expectation: Expectation): ColumnCheck | undefined {
  switch (expectation.type) {
    case 'expect_table_columns_to_match_set':
    case 'expect_table_row_count_to_be_between':
    case 'expect_column_to_exist':
      return undefined
    case 'expect_column_values_to_not_be_null': {
      const { column, mostly } = expectation.kwargs
      return { column, unexpected: `${sqlName(column)} is null`, countsNulls: true, mostly: mostly ?? 1 }
    }
    case 'expect_column_values_to_be_between': {
      const { column, min_value, max_value, strict_min, strict_max, mostly } = expectation.kwargs
      const name = sqlName(column)
      const outside = [
        ...(min_value === undefined ? [] : [`${name} ${strict_min ? '<=' : '<'} ${min_value}`]),
        ...(max_value === undefined ? [] : [`${name} ${strict_max ? '>=' : '>'} ${max_value}`]),
      ]
      return {
        column,
        unexpected: outside.length === 0 ? 'false' : outside.join(' or '),
        countsNulls: false,
        mostly: mostly ?? 1,
      }
    }
    case 'expect_column_values_to_be_in_set': {
      const { column, value_set, mostly } = expectation.kwargs
      const set = value_set.map(literal).join(', ')
      const unexpected = value_set.length === 0 ? 'true' : `${sqlName(column)} not in (${set})`
      return { column, unexpected, countsNulls: false, mostly: mostly ?? 1 }
    }
    case 'expect_column_values_to_be_unique': {
      const { column, mostly } = expectation.kwargs
      const unexpected = `count(*) over (partition by ${sqlName(column)}) > 1`
      return { column, unexpected, countsNulls: false, mostly: mostly ?? 1 }
    }
    default:
      return unreachable(expectation)
  }
}

/**
 * Evaluates expectations on a table with the semantics of Great Expectations 1.x. Checks of values are compiled into one
 * pass over the table; a second, bounded read fetches examples for those that fail.
 */
export async function evaluate(
  connection: DuckDBConnection,
  table: string,
  columns: readonly string[],
  expectations: readonly Expectation[],
): Promise<CheckResult[]> {
  const checks = expectations.map(columnCheck)
  const counts = await countUnexpected(connection, table, columns, checks)
  const results: CheckResult[] = []
  for (const [index, expectation] of expectations.entries()) {
    const check = checks[index]
    results.push(
      check === undefined
        ? tableCheck(expectation, columns, counts.rows)
        : await valueCheck(connection, table, expectation, check, counts.byCheck[index]),
    )
  }
  return results
}

interface Counts {
  readonly rows: number
  readonly byCheck: readonly ({ readonly elements: number; readonly unexpected: number } | undefined)[]
}

async function countUnexpected(
  connection: DuckDBConnection,
  table: string,
  columns: readonly string[],
  checks: readonly (ColumnCheck | undefined)[],
): Promise<Counts> {
  const flags: string[] = []
  const sums: string[] = ['count(*)::double']
  for (const [index, check] of checks.entries()) {
    if (check === undefined || !columns.includes(check.column)) continue
    const counted = check.countsNulls ? 'true' : `${sqlName(check.column)} is not null`
    flags.push(`(${counted}) as counted_${index}`, `((${counted}) and (${check.unexpected})) as unexpected_${index}`)
    sums.push(`count(*) filter (counted_${index})::double`, `count(*) filter (unexpected_${index})::double`)
  }
  const source = flags.length === 0 ? table : `(select ${flags.join(', ')} from ${table})`
  const result = await connection.runAndReadAll(`select ${sums.join(', ')} from ${source}`)
  const [values = []] = result.getRows() as readonly (readonly number[])[]
  let next = 1
  const byCheck = checks.map((check) => {
    if (check === undefined || !columns.includes(check.column)) return undefined
    const elements = present(values[next], 'count')
    const unexpected = present(values[next + 1], 'count')
    next += 2
    return { elements, unexpected }
  })
  return { rows: present(values[0], 'row count'), byCheck }
}

async function valueCheck(
  connection: DuckDBConnection,
  table: string,
  expectation: Expectation,
  check: ColumnCheck,
  counts: { readonly elements: number; readonly unexpected: number } | undefined,
): Promise<CheckResult> {
  if (counts === undefined)
    return { expectation, success: false, observed: `Column ${check.column} is not in the table` }
  const { elements, unexpected } = counts
  const success = elements === 0 || (elements - unexpected) / elements >= check.mostly
  const base = { expectation, success, element_count: elements, unexpected_count: unexpected }
  if (unexpected === 0) return base
  const notNull = check.countsNulls ? '' : `${sqlName(check.column)} is not null and `
  const sample = await connection.runAndReadAll(
    `select ${sqlName(check.column)} from (select *, (${check.unexpected}) as is_unexpected from ${table})
     where ${notNull}is_unexpected limit ${limit('checks.sample_max')}`,
  )
  return { ...base, unexpected_sample: (sample.getRowsJson() as Json[][]).map(([value]) => value ?? null) }
}

function tableCheck(expectation: Expectation, columns: readonly string[], rows: number): CheckResult {
  switch (expectation.type) {
    case 'expect_table_columns_to_match_set': {
      const { column_set, exact_match } = expectation.kwargs
      const missing = column_set.filter((name) => !columns.includes(name))
      const unexpected = columns.filter((name) => !column_set.includes(name))
      const success = missing.length === 0 && (!exact_match || unexpected.length === 0)
      return { expectation, success, observed: [...columns] }
    }
    case 'expect_table_row_count_to_be_between': {
      const { min_value, max_value } = expectation.kwargs
      const success = (min_value === undefined || rows >= min_value) && (max_value === undefined || rows <= max_value)
      return { expectation, success, observed: rows }
    }
    case 'expect_column_to_exist':
      return { expectation, success: columns.includes(expectation.kwargs.column), observed: [...columns] }
    default:
      return { expectation, success: false }
  }
}
