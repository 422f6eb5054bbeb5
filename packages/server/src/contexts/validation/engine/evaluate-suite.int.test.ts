import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Expectation, type ExpectationType, expectationTypes, type Json } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limit } from '../../../kernel/index.js'
import { type DataEngine, openDataEngine } from '../../../platform/index.js'
import { evaluate, evaluateSuite, rowCondition, unexpectedRows } from './evaluate-suite.js'

const folder = mkdtempSync(join(tmpdir(), 'fabrique-expectations-'))
let engine: DataEngine
beforeAll(() => {
  engine = openDataEngine({ tempFolder: folder, threads: 2 })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const columns = `n INTEGER, x DOUBLE, y DOUBLE, s VARCHAR, t VARCHAR, flag BOOLEAN, at TIMESTAMP, doc VARCHAR, g VARCHAR`
/** Ten rows with two missing values in `x` and in `s`, and one of everything that is wrong. */
const rows = [
  [1, 1, 1, 'ab', 'ab', true, '2026-01-01 00:00:00', '{"a":1}', '2026-01-01'],
  [2, 2, 1, 'cd', 'cd', true, '2026-01-02 00:00:00', '{"a":2}', '2026-01-02'],
  [3, 3, 1, 'ef', 'xx', false, '2026-01-03 00:00:00', '[1]', '2026-01-03'],
  [4, 4, 5, 'gh', 'gh', false, '2026-01-04 00:00:00', '{"a":"x"}', '2026-13-99'],
  [5, 5, 5, 'ab', 'ab', true, '2026-01-05 00:00:00', 'null', '2026-01-05'],
  [6, 6, 5, 'Z9', 'Z9', true, '2026-01-06 00:00:00', '{"a":3}', '2026-01-06'],
  [7, 7, 5, 'ij', 'ij', true, '2026-01-07 00:00:00', '1', '2026-01-07'],
  [8, 100, 5, 'kl', 'kl', true, '2026-01-08 00:00:00', '"x"', '2026-01-08'],
  [9, null, 5, null, null, true, '2026-01-09 00:00:00', '{"a":4}', '2026-01-09'],
  [9, null, 5, null, 'mn', true, '2026-01-10 00:00:00', '{"a":5}', '2026-01-10'],
] as const
const literal = (value: string | number | boolean | null) => (typeof value === 'string' ? `'${value}'` : String(value))
const types = columns.split(', ').map((column) => column.split(' ') as [string, string])
const asTable = (values: readonly (readonly (string | number | boolean | null)[])[]) =>
  `(select ${types.map(([name, type], index) => `col${index}::${type} as ${name}`).join(', ')}
    from (values ${values.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}) v(${types.map((_, index) => `col${index}`).join(', ')}))`
const full = asTable(rows)
const empty = `(select * from ${full} where false)`
const missing = `(select ${types.map(([name, type]) => `null::${type} as ${name}`).join(', ')} from range(4))`

const options = {
  now: new Date('2026-01-11T00:00:00Z'),
  otherTable: (name: string) => (name === 'other' ? full : undefined),
}
const of = (type: string, kwargs: Readonly<Record<string, Json>>): Expectation => ({
  type,
  kwargs: { ...kwargs },
  severity: 'critical',
})
const all = (table: string, expectations: readonly Expectation[]) =>
  engine.use((connection) => evaluateSuite(connection, table, {}, expectations, options))
const one = async (table: string, expectation: Expectation) => {
  const [found] = await all(table, [expectation])
  if (found === undefined) throw new Error('no result')
  return found
}

type Kwargs = Readonly<Record<string, Json>>
interface Case {
  readonly type: ExpectationType
  readonly pass: Kwargs
  readonly fail: Kwargs
  /** What an empty table, and one whose values are all missing, give for the failing arguments. */
  readonly empty: boolean
  readonly missing: boolean
}

const x = { column: 'x' }
const ab = { column_A: 's', column_B: 't' }
const partition = { values: ['ab', 'cd'], weights: [0.5, 0.5] }
const bins = { bins: [0, 4, 8, 200], weights: [0.35, 0.5, 0.15] }
const cases: readonly Case[] = [
  { type: 'expect_column_to_exist', pass: x, fail: { column: 'nope' }, empty: false, missing: false },
  {
    type: 'expect_table_column_count_to_be_between',
    pass: { min_value: 9, max_value: 9 },
    fail: { max_value: 8 },
    empty: false,
    missing: false,
  },
  { type: 'expect_table_column_count_to_equal', pass: { value: 9 }, fail: { value: 3 }, empty: false, missing: false },
  {
    type: 'expect_table_columns_to_match_ordered_list',
    pass: { column_list: types.map(([name]) => name) },
    fail: { column_list: ['x', 'n'] },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_table_columns_to_match_set',
    pass: { column_set: ['x', 'n'], exact_match: false },
    fail: { column_set: ['x', 'n'] },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_table_row_count_to_be_between',
    pass: { min_value: 10 },
    fail: { max_value: 10, strict_max: true, min_value: 5 },
    empty: false,
    missing: false,
  },
  { type: 'expect_table_row_count_to_equal', pass: { value: 10 }, fail: { value: 9 }, empty: false, missing: false },
  {
    type: 'expect_table_row_count_to_equal_other_table',
    pass: { other_table_name: 'other' },
    fail: { other_table_name: 'none' },
    empty: false,
    missing: false,
  },
  {
    type: 'unexpected_rows_expectation',
    pass: { unexpected_rows_query: 'select * from {batch} where n > 9' },
    fail: { unexpected_rows_query: 'select * from {batch} where n = 9;' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_query_results_to_match_comparison',
    pass: { base_query: 'select s from {batch}', comparison_query: 'select s from {batch}' },
    fail: { base_query: 'select s from {batch}', comparison_query: 'select t from {batch}' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_null',
    pass: { column: 'x', mostly: 0.2 },
    fail: { column: 'x', mostly: 0.21 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_not_be_null',
    pass: { column: 'x', mostly: 0.8 },
    fail: { column: 'x', mostly: 0.81 },
    empty: true,
    missing: false,
  },
  {
    type: 'expect_column_values_to_be_unique',
    pass: { column: 's', mostly: 0.75 },
    fail: { column: 's', mostly: 0.76 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_in_set',
    pass: { column: 's', value_set: ['ab', 'cd'], mostly: 0.375 },
    fail: { column: 's', value_set: ['ab', 'cd'], mostly: 0.376 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_not_be_in_set',
    pass: { column: 's', value_set: ['ab', 7], mostly: 0.75 },
    fail: { column: 's', value_set: ['ab'], mostly: 0.76 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_between',
    pass: { column: 'x', min_value: 1, max_value: 7, mostly: 0.875 },
    fail: { column: 'x', min_value: 1, strict_min: true, max_value: 100 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_of_type',
    pass: { column: 'n', type_: 'int32' },
    fail: { column: 'x', type_: 'str' },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_values_to_be_in_type_list',
    pass: { column: 'x', type_list: ['INTEGER', 'DOUBLE'] },
    fail: { column: 'x', type_list: ['text', 'int64'] },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_type_to_be',
    pass: { column: 'at', type_: 'timestamp' },
    fail: { column: 'at', type_: 'bool' },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_value_lengths_to_be_between',
    pass: { column: 's', min_value: 1, max_value: 2 },
    fail: { column: 's', max_value: 2, strict_max: true },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_value_lengths_to_equal',
    pass: { column: 's', value: 2 },
    fail: { column: 'doc', value: 3 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_match_regex',
    pass: { column: 's', regex: '^[a-l]{2}$', mostly: 0.875 },
    fail: { column: 's', regex: '^(?!Z)' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_not_match_regex',
    pass: { column: 's', regex: 'Q' },
    fail: { column: 's', regex: '\\d$' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_match_regex_list',
    pass: { column: 's', regex_list: ['[a-z]', '\\d'] },
    fail: { column: 's', regex_list: ['[a-z]', '\\d'], match_on: 'all' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_not_match_regex_list',
    pass: { column: 's', regex_list: ['Q', 'W'] },
    fail: { column: 's', regex_list: ['Q', 'Z'] },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_match_like_pattern',
    pass: { column: 's', like_pattern: '__' },
    fail: { column: 's', like_pattern: 'a%' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_not_match_like_pattern',
    pass: { column: 's', like_pattern: 'A%' },
    fail: { column: 's', like_pattern: 'a%' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_match_like_pattern_list',
    pass: { column: 's', like_pattern_list: ['__', 'q'] },
    fail: { column: 's', like_pattern_list: ['__', 'q'], match_on: 'all' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_not_match_like_pattern_list',
    pass: { column: 's', like_pattern_list: ['q%', 'r'] },
    fail: { column: 's', like_pattern_list: ['q%', 'Z_'] },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_match_strftime_format',
    pass: { column: 'g', strftime_format: '%Y-%m-%d', mostly: 0.9 },
    fail: { column: 'g', strftime_format: '%Y-%m-%d', mostly: 0.91 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_dateutil_parseable',
    pass: { column: 'g', mostly: 0.9 },
    fail: { column: 'g' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_json_parseable',
    pass: { column: 'doc' },
    fail: { column: 's' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_match_json_schema',
    pass: { column: 'doc', json_schema: { type: 'object', required: ['a'] }, mostly: 0.6 },
    fail: { column: 'doc', json_schema: { type: 'object', required: ['a'] }, mostly: 0.61 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_increasing',
    pass: { column: 'n' },
    fail: { column: 'n', strictly: true },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_be_decreasing',
    pass: { column: 'n', mostly: 0.2 },
    fail: { column: 'n', mostly: 0.21 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_value_z_scores_to_be_less_than',
    pass: { column: 'x', threshold: 2.5, double_sided: true },
    fail: { column: 'x', threshold: 2, double_sided: false },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_values_to_not_be_outliers',
    pass: { column: 'y' },
    fail: { column: 'x' },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_min_to_be_between',
    pass: { column: 'x', min_value: 1 },
    fail: { column: 'x', min_value: 1, strict_min: true },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_max_to_be_between',
    pass: { column: 'at', max_value: '10 Jan 2026' },
    fail: { column: 'at', max_value: '2026-01-09' },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_mean_to_be_between',
    pass: { column: 'x', min_value: 16, max_value: 16 },
    fail: { column: 'x', max_value: 15 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_median_to_be_between',
    pass: { column: 'x', min_value: 4.5, max_value: 4.5 },
    fail: { column: 'x', min_value: 5 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_sum_to_be_between',
    pass: { column: 'x', min_value: 128, max_value: 128 },
    fail: { column: 'x', min_value: 129 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_stdev_to_be_between',
    pass: { column: 'x', min_value: 34, max_value: 34.1 },
    fail: { column: 'x', max_value: 32 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_unique_value_count_to_be_between',
    pass: { column: 's', min_value: 7, max_value: 7 },
    fail: { column: 's', min_value: 8 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_proportion_of_unique_values_to_be_between',
    pass: { column: 's', min_value: 0.875, max_value: 0.875 },
    fail: { column: 's', min_value: 0.9 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_proportion_of_non_null_values_to_be_between',
    pass: { column: 's', min_value: 0.8, max_value: 0.8 },
    fail: { column: 's', min_value: 0.81 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_quantile_values_to_be_between',
    pass: {
      column: 'x',
      quantile_ranges: {
        quantiles: [0, 0.5, 1],
        value_ranges: [
          [1, 1],
          [4, 5],
          [null, 100],
        ],
      },
    },
    fail: { column: 'x', quantile_ranges: { quantiles: [0.5], value_ranges: [[6, null]] } },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_most_common_value_to_be_in_set',
    pass: { column: 's', value_set: ['ab'] },
    fail: { column: 's', value_set: ['cd'] },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_distinct_values_to_be_in_set',
    pass: { column: 'flag', value_set: [true, false] },
    fail: { column: 'flag', value_set: [true] },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_distinct_values_to_contain_set',
    pass: { column: 's', value_set: ['ab', 'cd'] },
    fail: { column: 's', value_set: ['qq'] },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_distinct_values_to_equal_set',
    pass: { column: 'flag', value_set: [false, true] },
    fail: { column: 'flag', value_set: [true] },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_max_to_be_recent',
    pass: { column: 'at', max_age: '1d' },
    fail: { column: 'at', max_age: '23h' },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_kl_divergence_to_be_less_than',
    pass: { column: 'x', partition_object: bins, threshold: 0.1 },
    fail: { column: 's', partition_object: partition, threshold: 0.1 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_chisquare_test_p_value_to_be_greater_than',
    pass: { column: 'flag', partition_object: { values: [true, false], weights: [0.8, 0.2] } },
    fail: { column: 's', partition_object: partition },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_bootstrapped_ks_test_p_value_to_be_greater_than',
    pass: { column: 'x', partition_object: bins },
    fail: { column: 'x', partition_object: { bins: [1000, 1001, 1002], weights: [0.5, 0.5] } },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than',
    pass: { column: 'n', distribution: 'uniform', params: { min: 0, max: 10 } },
    fail: { column: 'n', distribution: 'norm', params: { mean: 100, std_dev: 1 } },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_pair_cramers_phi_value_to_be_less_than',
    pass: { column_A: 's', column_B: 't', threshold: 1 },
    fail: { column_A: 's', column_B: 't', threshold: 0.1 },
    empty: false,
    missing: false,
  },
  {
    type: 'expect_column_pair_values_to_be_equal',
    pass: { ...ab, ignore_row_if: 'either_value_is_missing', mostly: 0.875 },
    fail: { ...ab, mostly: 0.8 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_pair_values_a_to_be_greater_than_b',
    pass: { column_A: 'n', column_B: 'y', or_equal: true, mostly: 0.9 },
    fail: { column_A: 'n', column_B: 'y', mostly: 0.9 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_column_pair_values_to_be_in_set',
    pass: {
      ...ab,
      value_pairs_set: [
        ['ab', 'ab'],
        [null, 'mn'],
        ['cd', 'cd'],
      ],
      mostly: 0.4,
    },
    fail: { ...ab, value_pairs_set: [['ab', 'ab']] },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_compound_columns_to_be_unique',
    pass: { column_list: ['n', 'at'] },
    fail: { column_list: ['n', 'x'] },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_select_column_values_to_be_unique_within_record',
    pass: { column_list: ['n', 'y'], mostly: 0.8 },
    fail: { column_list: ['n', 'y'], mostly: 0.81 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_multicolumn_values_to_be_unique',
    pass: { column_list: ['n', 'y'], mostly: 0.8 },
    fail: { column_list: ['n', 'y'] },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_multicolumn_sum_to_equal',
    pass: { column_list: ['n', 'y'], sum_total: 2, mostly: 0.1 },
    fail: { column_list: ['n', 'y'], sum_total: 2 },
    empty: true,
    missing: true,
  },
  {
    type: 'expect_multicolumn_values_to_be_equal',
    pass: { column_list: ['s', 't'], mostly: 0.7 },
    fail: { column_list: ['s', 't'] },
    empty: true,
    missing: true,
  },
]

describe('every expectation', () => {
  test('has a case', () => {
    expect(cases.map(({ type }) => type).toSorted()).toEqual([...expectationTypes].toSorted())
  })

  test.each(cases)('$type', async ({ type, pass, fail, empty: ofEmpty, missing: ofMissing }) => {
    const passed = await one(full, of(type, pass))
    expect(passed).toMatchObject({ success: true, is_evaluated: true })
    const failed = await one(full, of(type, fail))
    expect(failed.success).toBe(false)
    if (type !== 'expect_table_row_count_to_equal_other_table') expect(failed.is_evaluated).toBe(true)
    expect((await one(empty, of(type, fail))).success).toBe(ofEmpty)
    expect((await one(missing, of(type, fail))).success).toBe(ofMissing)
  })

  test('all at once give what each gives alone', async () => {
    const expectations = cases.flatMap(({ type, pass, fail }) => [of(type, pass), of(type, fail)])
    const together = await all(full, expectations)
    for (const [index, expectation] of expectations.entries()) {
      expect(together[index], expectation.type).toEqual(await one(full, expectation))
    }
  })
})

describe('results', () => {
  const between = of('expect_column_values_to_be_between', { column: 'x', min_value: 2, max_value: 7 })

  test('count and list as Great Expectations does', async () => {
    const [found] = await engine.use((connection) =>
      evaluateSuite(connection, full, {}, [between], { resultFormat: 'COMPLETE', unexpectedIndexColumns: ['n'] }),
    )
    expect(found?.result).toEqual({
      element_count: 10,
      unexpected_count: 2,
      unexpected_percent: 25,
      missing_count: 2,
      missing_percent: 20,
      unexpected_percent_total: 20,
      unexpected_percent_nonmissing: 25,
      unexpected_index_column_names: ['n'],
      partial_unexpected_list: [1, 100],
      partial_unexpected_counts: [
        { value: 1, count: 1 },
        { value: 100, count: 1 },
      ],
      partial_unexpected_index_list: [
        { x: 1, n: 1 },
        { x: 100, n: 8 },
      ],
      unexpected_list: [1, 100],
      unexpected_index_list: [
        { x: 1, n: 1 },
        { x: 100, n: 8 },
      ],
    })
  })

  test('of many failing expectations list what all together may, and say what is cut', async () => {
    const rows = limit('checks.listed_max') / 10
    const table = `(select i as x, (i * 7) % ${rows} as y from range(${rows + 5}) t(i))`
    const below = (column: string) => of('expect_column_values_to_be_between', { column, max_value: -1 })
    const expectations = [
      ...Array.from({ length: 12 }, () => below('x')),
      below('y'),
      of('expect_column_values_to_be_unique', { column: 'y' }),
    ]
    const found = await engine.use((connection) =>
      evaluateSuite(connection, table, {}, expectations, { resultFormat: 'COMPLETE' }),
    )
    const lists = found.map(({ result }) => result.unexpected_list as readonly number[])
    expect(lists.reduce((sum, list) => sum + list.length, 0)).toBeLessThan(limit('checks.listed_max') * 1.01)
    expect(lists[0]?.length).toBe(limit('checks.unexpected_max'))
    expect(lists[0]?.slice(-2)).toEqual([limit('checks.unexpected_max') - 2, limit('checks.unexpected_max') - 1])
    // What comes late lists few, the first ones, and is counted as it was.
    expect(lists[12]).toEqual(Array.from({ length: limit('checks.partial_max') }, (_, i) => (i * 7) % rows))
    for (const [index, { result }] of found.entries()) {
      const count = Number(result.unexpected_count)
      expect(count).toBe(index === 13 ? 10 : rows + 5)
      expect(result.unexpected_list_is_cut ?? false).toBe((lists[index]?.length ?? 0) < count)
    }
    expect(lists[13]).toHaveLength(10)
  })

  test('say nothing but success where asked so', async () => {
    const [found] = await engine.use((connection) =>
      evaluateSuite(connection, full, {}, [between], { resultFormat: 'BOOLEAN_ONLY' }),
    )
    expect(found).toMatchObject({ success: false, result: {} })
  })

  test('have the form that is stored', async () => {
    const checks = await engine.use((connection) => evaluate(connection, full, ['x'], [between]))
    expect(checks).toEqual([
      {
        expectation: between,
        success: false,
        element_count: 8,
        unexpected_count: 2,
        missing_count: 2,
        unexpected_sample: [1, 100],
      },
    ])
  })

  test('say why an expectation cannot be evaluated, and do not keep others from it', async () => {
    const wrong = of('expect_column_mean_to_be_between', { column: 's', min_value: 1 })
    const absent = of('expect_column_values_to_be_unique', { column: 'nope' })
    const unreadable = of('expect_column_values_to_match_json_schema', { column: 's', json_schema: true })
    const json = of('expect_column_values_to_be_json_parseable', { column: 's' })
    const results = await all(full, [wrong, absent, unreadable, json, between])
    expect(results.map(({ is_evaluated }) => is_evaluated)).toEqual([false, false, false, true, true])
    expect(results[1]?.exception?.message).toContain('"nope" does not exist')
  })

  test('take parameters of the suite', async () => {
    const open = of('expect_column_max_to_be_between', { column: 'x', max_value: { $PARAMETER: 'top' } })
    const results = await engine.use(async (connection) => [
      ...(await evaluateSuite(connection, full, {}, [open], { parameters: { top: 100 } })),
      ...(await evaluateSuite(connection, full, {}, [open])),
    ])
    expect(results.map(({ success }) => success)).toEqual([true, false])
    expect(results[1]?.exception?.message).toContain('top has no value')
  })

  test('judge many different texts', async () => {
    const table = `(select 'no ' || i as t from range(5000) r(i) union all select '2026-01-01')`
    const parse = of('expect_column_values_to_match_strftime_format', { column: 't', strftime_format: '%Y-%m-%d' })
    const found = await one(table, parse)
    expect(found.result).toMatchObject({ unexpected_count: 5000, element_count: 5001 })
    expect((found.result.partial_unexpected_list as Json[]).length).toBe(20)
  })
})

test.each([
  ['n > 3 and flag == True', 6],
  ["s == 'ab' or x.isnull()", 4],
  ['not (x > 3)', 5],
  ['`n` in [1, 2] & ~(s == "cd")', 1],
  ['2 <= n < 5', 3],
])('the row condition %s keeps %i rows', async (row_condition, count) => {
  const counting = of('expect_table_row_count_to_equal', { value: count, row_condition, condition_parser: 'pandas' })
  expect(await one(full, counting)).toMatchObject({ success: true, result: { observed_value: count } })
})

test('rows that are missing are left out by the parser of Great Expectations', async () => {
  const counting = (row_condition: string, value: number) =>
    of('expect_table_row_count_to_equal', { value, row_condition, condition_parser: 'great_expectations' })
  const results = await all(full, [counting('col("x") != 1', 7), counting('col("s").notNull() and col("n") > 5', 3)])
  expect(results.map(({ success }) => success)).toEqual([true, true])
})

test('a query cannot read anything but the table', async () => {
  for (const query of [
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    'drop table x',
    "select getenv('HOME') from {batch}",
  ]) {
    const found = await one(full, of('unexpected_rows_expectation', { unexpected_rows_query: query }))
    expect(found, query).toMatchObject({ success: false, is_evaluated: false })
  }
})

describe('rows that break an expectation', () => {
  const read = (expectation: Expectation, offset = 0) =>
    engine.use((connection) => unexpectedRows(connection, full, expectation, { limit: 2, offset, columns: ['n', 's'] }))

  test.each([
    [of('expect_column_values_to_be_between', { column: 'x', min_value: 2, max_value: 7 }), [0, 7], 2],
    [of('expect_column_values_to_be_unique', { column: 's' }), [0, 4], 2],
    [of('expect_compound_columns_to_be_unique', { column_list: ['n', 'x'] }), [8, 9], 2],
    [of('expect_column_values_to_be_increasing', { column: 'n', strictly: true }), [9], 1],
    [of('expect_column_values_to_be_dateutil_parseable', { column: 'g' }), [3], 1],
    [of('expect_column_values_to_not_be_outliers', { column: 'x' }), [7], 1],
  ])('$type', async (expectation, numbers, total) => {
    const found = await read(expectation)
    expect(found).toMatchObject({ columns: ['n', 's'], total })
    expect(found?.rows.map(({ row }) => row)).toEqual(numbers)
  })

  test('come in pages', async () => {
    const found = await read(of('expect_column_values_to_be_unique', { column: 's' }), 1)
    expect(found).toMatchObject({ total: 2, rows: [{ row: 4, values: [5, 'ab'] }] })
  })

  test('are none of an expectation about the whole', async () => {
    expect(await read(of('expect_column_mean_to_be_between', { column: 'x' }))).toBeUndefined()
  })
})

describe('the condition of a row', () => {
  const known = types.map(([name, type]) => ({ name, type }))

  test.each(
    cases.filter(
      ({ type }) => rowCondition(of(type, cases.find((one) => one.type === type)?.fail ?? {}), known) !== undefined,
    ),
  )('$type finds what its check counts', async ({ type, fail }) => {
    const sql = rowCondition(of(type, fail), known)
    const counted = await engine.use(async (connection) =>
      (await connection.runAndReadAll(`select count(*)::DOUBLE from ${full} where ${sql}`)).value(0, 0),
    )
    expect(counted).toBe((await one(full, of(type, fail))).result.unexpected_count)
  })

  test('is none where other rows decide', () => {
    expect(rowCondition(of('expect_column_values_to_be_unique', { column: 's' }), known)).toBeUndefined()
    expect(
      rowCondition(of('expect_column_values_to_match_regex', { column: 's', regex: '(a)\\1' }), known),
    ).toBeUndefined()
  })
})
