import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ColumnType, Expectation, Json, Profile } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataEngine, openDataEngine } from '../../../platform/index.js'
import { computeProfile } from '../../datasets/index.js'
import { evaluateSuite } from './evaluate-suite.js'
import type { EvaluatedExpectation } from './model.js'

const folder = mkdtempSync(join(tmpdir(), 'fabrique-known-'))
let engine: DataEngine
let profile: Profile
beforeAll(async () => {
  engine = openDataEngine({ tempFolder: folder, threads: 2 })
  const columns = Object.entries(types).map(([name, type]) => ({ name, type }))
  const computed = await engine.use((connection) => computeProfile(connection, table, columns))
  // As the database gives it back.
  profile = JSON.parse(JSON.stringify(computed)) as Profile
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const types: Readonly<Record<string, ColumnType>> = {
  id: 'integer',
  big: 'integer',
  x: 'number',
  odd: 'number',
  none: 'number',
  few: 'integer',
  kind: 'text',
  name: 'text',
  long: 'text',
  flag: 'boolean',
  at: 'timestamp',
  day: 'date',
  late: 'timestamp',
}

const sqlTypes = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  text: 'VARCHAR',
  category: 'VARCHAR',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
} as const

/** 800 rows: some are missing, one column has NaN, one infinite moments, one numbers that a double cannot tell apart. */
const table = `(select
    i::bigint as id, 9007199254740990 + i as big, case when i % 7 = 6 then null else (i * 37 % 101) / 8 - 3 end::double as x,
    case when i = 5 then 'nan' when i % 9 = 1 then null else i / 10 end::double as odd, null::double as none,
    (i % 4)::bigint as few, case when i % 11 = 3 then null else ['a', 'b', 'it''s or c0 is not null', 'é'][i % 4 + 1] end as kind,
    'n' || (i % 300) as name, repeat('x', (i % 5 * 100)::int) || i as long,
    case when i % 13 = 0 then null else i % 3 = 0 end as flag,
    timestamp '2026-01-01 00:00:00' + interval (i) hour as at, date '2026-01-01' + (i % 40)::int as day,
    case when i = 9 then timestamp 'infinity' else timestamp '2026-01-01' + interval (i) second end as late
  from range(800) t(i))`

/** A table of the same columns that nobody can read: what is still told of it comes from the profile. */
const unreadable = `(select ${Object.entries(types)
  .map(([name, type]) => `error('read' || i)::${sqlTypes[type]} as ${name}`)
  .join(', ')} from range(3) t(i))`

const of = (type: string, kwargs: Readonly<Record<string, Json>>): Expectation => ({
  type,
  kwargs: { ...kwargs },
  severity: 'critical',
})

const evaluated = (source: string, expectations: readonly Expectation[], facts: { profile?: Profile }) =>
  engine.use((connection) =>
    evaluateSuite(connection, source, facts, expectations, { now: new Date('2026-03-01T00:00:00Z') }),
  )

/** Numbers to twelve digits: sums of the same numbers in another order differ in the last ones. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(12))
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]))
}

const outcome = ({ success, is_evaluated, exception, result }: EvaluatedExpectation) =>
  rounded({ success, is_evaluated, exception, result })

const columns = Object.keys(types)
const ofEach = (type: string, kwargs: Readonly<Record<string, Json>> = {}) =>
  columns.map((column) => of(type, { column, ...kwargs }))
const quantiles = (values: readonly number[]) => ({
  quantile_ranges: { quantiles: [...values], value_ranges: values.map(() => [-1, 5]) },
})

const whole: readonly Expectation[] = [
  of('expect_table_row_count_to_be_between', { min_value: 1, max_value: 800 }),
  of('expect_table_row_count_to_equal', { value: 799 }),
  ...ofEach('expect_column_values_to_not_be_null'),
  ...ofEach('expect_column_values_to_be_null', { mostly: 0.05 }),
  ...ofEach('expect_column_values_to_be_unique'),
  ...ofEach('expect_column_unique_value_count_to_be_between', { min_value: 4, max_value: 300 }),
  ...ofEach('expect_column_proportion_of_unique_values_to_be_between', { min_value: 0.5 }),
  ...ofEach('expect_column_proportion_of_non_null_values_to_be_between', { min_value: 0.9 }),
  ...ofEach('expect_column_most_common_value_to_be_in_set', { value_set: ['a', 1, true, 'n1'], ties_okay: true }),
  ...ofEach('expect_column_distinct_values_to_be_in_set', { value_set: ['a', 'b', 1, 2, true] }),
  ...ofEach('expect_column_distinct_values_to_equal_set', { value_set: [0, 1, 2, 3] }),
  ...ofEach('expect_column_distinct_values_to_contain_set', { value_set: ['é', 3, false] }),
  ...ofEach('expect_column_values_to_be_in_set', { value_set: [0, 1, 2, 3, 'a', 'b', true] }),
  ...ofEach('expect_column_values_to_not_be_in_set', { value_set: [3, "it's or c0 is not null", false], mostly: 0.8 }),
  ...['id', 'big', 'x', 'odd', 'none', 'few'].flatMap((column) => [
    of('expect_column_values_to_be_between', { column, min_value: -3, max_value: 9.5 }),
    of('expect_column_values_to_be_between', { column, min_value: -3, max_value: 1e17 }),
    of('expect_column_values_to_be_between', { column, min_value: -3, max_value: 9.5, strict_min: true, mostly: 0.9 }),
    of('expect_column_min_to_be_between', { column, min_value: -3, max_value: 0 }),
    of('expect_column_max_to_be_between', { column, min_value: 3, max_value: 799, strict_max: true }),
    of('expect_column_mean_to_be_between', { column, min_value: 1.5, max_value: 400 }),
    of('expect_column_median_to_be_between', { column, min_value: 1.5, max_value: 400 }),
    // The engine sums numbers beyond 2^53 with an error that the profile does not have.
    ...(column === 'big' ? [] : [of('expect_column_stdev_to_be_between', { column, max_value: 300 })]),
    of('expect_column_sum_to_be_between', { column, max_value: 1200 }),
    of('expect_column_quantile_values_to_be_between', { column, ...quantiles([0.05, 0.25, 0.5, 0.95]) }),
    of('expect_column_quantile_values_to_be_between', {
      column,
      allow_relative_error: 'linear',
      ...quantiles([0.01, 0.99]),
    }),
    of('expect_column_quantile_values_to_be_between', { column, ...quantiles([0.1, 0.5]) }),
  ]),
  ...['at', 'day', 'late'].flatMap((column) => [
    of('expect_column_values_to_be_between', { column, min_value: '2026-01-01', max_value: '2026-02-03 07:00' }),
    of('expect_column_values_to_be_between', { column, min_value: '2026-01-02' }),
    of('expect_column_min_to_be_between', { column, min_value: '2026-01-01' }),
    of('expect_column_max_to_be_between', { column, max_value: '2026-02-09' }),
    of('expect_column_max_to_be_recent', { column, max_age: '40d' }),
  ]),
  ...['kind', 'name', 'long'].flatMap((column) => [
    of('expect_column_value_lengths_to_be_between', { column, min_value: 1, max_value: 23 }),
    of('expect_column_value_lengths_to_be_between', { column, min_value: 2 }),
    of('expect_column_values_to_match_regex', { column, regex: '^[a-z]\\d*$' }),
    of('expect_column_values_to_not_match_regex', { column, regex: '(?=x)x{3}' }),
    of('expect_column_values_to_match_regex', { column, regex: '^[a-z]{1,1500}.*$' }),
    of('expect_column_values_to_match_regex_list', { column, regex_list: ['^a', '7$'], match_on: 'any' }),
    of('expect_column_values_to_match_like_pattern', { column, like_pattern: 'n%' }),
    of('expect_column_values_to_be_between', { column, min_value: 'a', max_value: 'o' }),
    of('expect_column_min_to_be_between', { column, min_value: 'a' }),
    of('expect_column_values_to_be_dateutil_parseable', { column }),
  ]),
  of('expect_compound_columns_to_be_unique', { column_list: ['few', 'id'] }),
  of('expect_compound_columns_to_be_unique', { column_list: ['few', 'name'] }),
  of('expect_compound_columns_to_be_unique', { column_list: ['x', 'kind'], ignore_row_if: 'any_value_is_missing' }),
  of('expect_column_pair_values_a_to_be_greater_than_b', { column_A: 'id', column_B: 'x', or_equal: true }),
  of('expect_column_pair_values_to_be_equal', { column_A: 'id', column_B: 'few', ignore_row_if: 'neither' }),
]

describe('a profile of the same rows', () => {
  test('changes no result of any expectation', async () => {
    const read = await evaluated(table, whole, {})
    const told = await evaluated(table, whole, { profile })
    expect(told).toHaveLength(read.length)
    for (const [index, expectation] of whole.entries())
      expect({ expectation, ...(outcome(told[index] as EvaluatedExpectation) as object) }).toEqual({
        expectation,
        ...(outcome(read[index] as EvaluatedExpectation) as object),
      })
  })

  test('changes none where only some rows are asked about', async () => {
    const some = whole
      .filter(({ type }) => /column_values_|unique_value|_mean_|_max_to_be_b|distinct_values|compound/.test(type))
      .map((expectation) => ({
        ...expectation,
        kwargs: { ...expectation.kwargs, row_condition: 'few == 1', condition_parser: 'pandas' },
      }))
    const read = await evaluated(table, some, {})
    const told = await evaluated(table, some, { profile })
    expect(told.map(outcome)).toEqual(read.map(outcome))
  })

  test('tells these without a look at the rows', async () => {
    const asked = [
      of('expect_table_row_count_to_be_between', { min_value: 800, max_value: 800 }),
      of('expect_column_values_to_not_be_null', { column: 'id' }),
      of('expect_column_values_to_be_unique', { column: 'id' }),
      of('expect_compound_columns_to_be_unique', { column_list: ['few', 'id'] }),
      of('expect_column_values_to_be_between', { column: 'x', min_value: -3, max_value: 9.5 }),
      of('expect_column_values_to_be_between', { column: 'at', min_value: '2026-01-01' }),
      of('expect_column_values_to_be_in_set', { column: 'kind', value_set: ['a', 'b', 'é', "it's or c0 is not null"] }),
      of('expect_column_values_to_match_regex', { column: 'kind', regex: '[^z]' }),
      of('expect_column_value_lengths_to_be_between', { column: 'name', min_value: 2, max_value: 4 }),
      of('expect_column_distinct_values_to_equal_set', { column: 'few', value_set: [0, 1, 2, 3] }),
      of('expect_column_mean_to_be_between', { column: 'x', min_value: 2, max_value: 5 }),
      of('expect_column_median_to_be_between', { column: 'x', min_value: 2, max_value: 5 }),
      of('expect_column_stdev_to_be_between', { column: 'x', min_value: 2, max_value: 5 }),
      of('expect_column_max_to_be_between', { column: 'id', max_value: 799 }),
      of('expect_column_unique_value_count_to_be_between', { column: 'name', min_value: 300, max_value: 300 }),
      of('expect_column_quantile_values_to_be_between', { column: 'x', ...quantiles([0.25, 0.5]) }),
    ]
    const told = await evaluated(unreadable, asked, { profile })
    expect(told.map(({ expectation, is_evaluated }) => ({ type: expectation.type, is_evaluated }))).toEqual(
      asked.map(({ type }) => ({ type, is_evaluated: true })),
    )
    const read = await evaluated(table, asked, {})
    expect(told.map(outcome)).toEqual(read.map(outcome))
  })

  test('is not asked where it does not tell: NaN, infinite moments, and bounds where the last digits decide', async () => {
    const asked = [
      of('expect_column_values_to_not_be_null', { column: 'odd' }),
      of('expect_column_values_to_be_between', { column: 'late', min_value: '2026-01-01' }),
      of('expect_column_mean_to_be_between', { column: 'x', min_value: profile.columns[2]?.mean ?? 0 }),
      of('expect_column_quantile_values_to_be_between', { column: 'x', ...quantiles([0.1]) }),
    ]
    const told = await evaluated(unreadable, asked, { profile })
    expect(told.map(({ is_evaluated }) => is_evaluated)).toEqual(asked.map(() => false))
  })

  test('of columns with other types, or of another number of rows, tells nothing', async () => {
    const asked = [of('expect_column_values_to_not_be_null', { column: 'id' })]
    const cast = `(select id::INTEGER as id from ${unreadable})`
    const [other] = await evaluated(cast, asked, { profile })
    expect(other?.is_evaluated).toBe(false)
    const [fewer] = await evaluated(unreadable, asked, { profile: { ...profile, row_count: 799 } })
    expect(fewer?.is_evaluated).toBe(false)
  })
})
