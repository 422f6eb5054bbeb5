import type { Json, KnownExpectation } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { sqlName } from '../../../platform/duckdb/index.js'
import { asCount, type Outcome } from './evaluate-rows.js'
import { between } from './evaluate-whole.js'
import { cannotEvaluate, type EvaluateOptions } from './model.js'
import { rowsOf } from './row-checks.js'
import type { Scan } from './scan.js'

/** Evaluates an expectation about the shape of a table, or about what a query finds; undefined where it is of another kind. */
export async function evaluateTable(
  scan: Scan,
  known: KnownExpectation,
  options: EvaluateOptions,
): Promise<Outcome | undefined> {
  const { type, kwargs } = known
  const names = [...scan.columns.keys()]
  const rowCount = (condition: string) => scan.count(condition)
  switch (type) {
    case 'expect_column_to_exist': {
      const { column, column_index: index } = kwargs
      const isThere = index ? names.at(index) === column : names.includes(column)
      return { success: isThere, result: {} }
    }
    case 'expect_table_column_count_to_be_between':
      return between(names.length, kwargs)
    case 'expect_table_column_count_to_equal':
      return { success: names.length === kwargs.value, result: { observed_value: names.length } }
    case 'expect_table_columns_to_match_ordered_list':
      return orderedColumns(names, kwargs.column_list)
    case 'expect_table_columns_to_match_set':
      return columnSet(names, kwargs.column_set, kwargs.exact_match ?? true)
    case 'expect_table_row_count_to_be_between':
      return between(await rowCount(rowsOf(type, kwargs, scan.columns)), kwargs)
    case 'expect_table_row_count_to_equal': {
      const rows = await rowCount(rowsOf(type, kwargs, scan.columns))
      return { success: rows === kwargs.value, result: { observed_value: rows } }
    }
    case 'expect_table_row_count_to_equal_other_table': {
      const other = options.otherTable(kwargs.other_table_name)
      if (other === undefined) return cannotEvaluate(`There is no table ${kwargs.other_table_name} to compare with`)
      const self = rowCount(rowsOf(type, kwargs, scan.columns))
      const [[count = null] = []] = await scan.rows(`select count(*)::DOUBLE from ${other}`)
      const counts = { self: await self, other: asCount(count) }
      return { success: counts.self === counts.other, result: { observed_value: counts } }
    }
    case 'unexpected_rows_expectation':
      return unexpectedRowsOf(scan, kwargs.unexpected_rows_query, options)
    case 'expect_query_results_to_match_comparison':
      return compareQueries(scan, [kwargs.base_query, kwargs.comparison_query], kwargs.mostly ?? 1)
    default:
      return undefined
  }
}

function orderedColumns(names: readonly string[], expected: readonly string[] | undefined): Outcome {
  const success =
    expected === undefined ||
    (names.length === expected.length && names.every((name, index) => name === expected[index]))
  if (success || expected === undefined) return { success, result: { observed_value: [...names] } }
  const count = Math.max(names.length, expected.length)
  const mismatched = Array.from({ length: count }, (_, index) => ({
    'Expected Column Position': index,
    Expected: expected[index] ?? null,
    Found: names[index] ?? null,
  })).filter(({ Expected, Found }) => Expected !== Found)
  return { success, result: { observed_value: [...names], details: { mismatched } } }
}

function columnSet(names: readonly string[], expected: readonly string[] | undefined, isExact: boolean): Outcome {
  const wanted = new Set(expected ?? [])
  const observed = [...names].sort()
  const unexpected = observed.filter((name) => !wanted.has(name))
  const missing = [...wanted].filter((name) => !names.includes(name)).sort()
  if (unexpected.length === 0 && missing.length === 0) return { success: true, result: { observed_value: observed } }
  const mismatched = {
    ...(unexpected.length === 0 ? {} : { unexpected }),
    ...(missing.length === 0 ? {} : { missing }),
  }
  return { success: !isExact && missing.length === 0, result: { observed_value: observed, details: { mismatched } } }
}

/** The name that stands for `{batch}` in a query. */
const batchName = 'batch_rows'

/** A query of a suite over the table in the place of `{batch}`. It may only read, and only that table. */
async function querySql(scan: Scan, query: string): Promise<string> {
  const sql = query.trim().replace(/;\s*$/, '').replaceAll('{batch}', batchName)
  await scan.checkSelect(sql, [batchName])
  const names = [...scan.columns.values()].map(({ name, sql: alias }) => `${alias} as ${sqlName(name)}`)
  return `with ${batchName} as (select ${names.join(', ')} from ${scan.base}) select * from (${sql})`
}

async function unexpectedRowsOf(scan: Scan, query: string, options: EvaluateOptions): Promise<Outcome> {
  const sql = await querySql(scan, query)
  const [[found = null] = []] = await scan.rows(`select count(*)::DOUBLE from (${sql})`)
  const count = asCount(found)
  const result: Record<string, Json> = { observed_value: count }
  if (options.resultFormat === 'COMPLETE') {
    const described = await scan.rows(`describe ${sql}`)
    const names = described.map(([name = null]) => String(name))
    const rows = await scan.rows(`select * from (${sql}) limit ${limit('checks.partial_max')}`)
    const unexpected_rows = rows.map((row) =>
      Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])),
    )
    result.details = { unexpected_rows }
  }
  return { success: count === 0, result }
}

/** What the rows of a query are: their columns, those of a page, and how many there are in all. */
export interface QueriedRows {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly Json[])[]
  readonly total: number
}

/** A page of the rows that a query of a suite finds, in the order of their values: that of the query may differ from page to page. */
export async function readQuery(
  scan: Scan,
  query: string,
  { limit: most, offset }: { readonly limit: number; readonly offset: number },
): Promise<QueriedRows> {
  const sql = await querySql(scan, query)
  const [[total = null] = []] = await scan.rows(`select count(*)::DOUBLE from (${sql})`)
  const described = await scan.rows(`describe ${sql}`)
  const rows = await scan.rows(
    `select * from (${sql}) order by all limit ${Math.trunc(most)} offset ${Math.trunc(offset)}`,
  )
  const columns = described.map(([name = null, type = null]) => ({ name: String(name), type: String(type) }))
  return { columns, rows, total: asCount(total) }
}

/** Rows of the second query that the first gives too, each as often. */
async function compareQueries(scan: Scan, queries: readonly [string, string], mostly: number): Promise<Outcome> {
  const base = await querySql(scan, queries[0])
  const comparison = await querySql(scan, queries[1])
  const [[left = null, right = null, shared = null] = []] = await scan.rows(
    `select (select count(*) from (${base}))::DOUBLE, (select count(*) from (${comparison}))::DOUBLE,
      (select count(*) from ((${base}) intersect all (${comparison})))::DOUBLE`,
  )
  const total = Math.max(asCount(left), asCount(right))
  const unexpected = total - asCount(shared)
  const success = total === 0 || (total - unexpected) / total >= mostly
  const percent = total === 0 ? null : (unexpected / total) * 100
  return { success, result: { unexpected_count: unexpected, unexpected_percent: percent } }
}
