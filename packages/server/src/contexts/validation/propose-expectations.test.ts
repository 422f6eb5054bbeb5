import type { ColumnProfile, ColumnType, Expectation } from '@fabrique/contract'
import { parseExpectation } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { type ProposalBasis, proposeExpectations } from './propose-expectations.js'

const numbers = (found: Partial<ColumnProfile> = {}): ColumnProfile => ({
  name: 'size',
  type: 'number',
  count: 1000,
  missing: 0,
  distinct: 700,
  distinct_is_exact: true,
  min: 3,
  max: 43,
  mean: 20,
  std: 8,
  ...found,
})

const texts = (found: Partial<ColumnProfile> = {}): ColumnProfile => ({
  name: 'kind',
  type: 'text',
  count: 1000,
  missing: 0,
  distinct: 3,
  distinct_is_exact: true,
  top: [
    { value: 'a', count: 500 },
    { value: 'b', count: 300 },
    { value: 'c', count: 200 },
  ],
  length: { min: 1, max: 1, mean: 1 },
  ...found,
})

function propose(column: ColumnProfile, more: Partial<ProposalBasis> = {}, declared = false) {
  const items = proposeExpectations({
    profile: { row_count: column.count + column.missing, columns: [column] },
    columns: [{ name: column.name, type: column.type, nullable: !declared, declared }],
    key: [],
    enforced: new Set(),
    rowCounts: [column.count + column.missing],
    now: new Date('2026-11-21T06:31:47.000Z'),
    language: 'en',
    ...more,
  })
  for (const { expectation, why } of items) {
    expect(parseExpectation(expectation)).toEqual(expectation)
    expect(why).not.toBe('')
  }
  return new Map<string, Expectation & { why: string }>(
    items.map(({ expectation, why }) => [expectation.type, { ...expectation, why }]),
  )
}

describe('proposeExpectations', () => {
  test('a range has a margin of a quarter, and what is never negative stays so', () => {
    expect(propose(numbers()).get('expect_column_values_to_be_between')).toMatchObject({
      kwargs: { min_value: 0, max_value: 53 },
      severity: 'warning',
    })
    expect(propose(numbers({ min: -10 })).get('expect_column_values_to_be_between')?.kwargs).toEqual({
      column: 'size',
      min_value: -24,
      max_value: 57,
    })
  })

  test.each([
    [1e-9, 5e-9],
    [-1e300, 1e300],
    [0.1, 0.30000000000000004],
    [123456789, 123456790],
    [5e-324, 1e-323],
  ])('the range from %d to %d holds itself', (min, max) => {
    const kwargs = propose(numbers({ min, max })).get('expect_column_values_to_be_between')?.kwargs
    expect(Number(kwargs?.min_value)).toBeLessThanOrEqual(min)
    expect(Number(kwargs?.max_value)).toBeGreaterThanOrEqual(max)
  })

  test('a share is between 0 and 1', () => {
    const found = propose(numbers({ min: 0.2, max: 0.7, mean: 0.4, std: 0.1 }))
    expect(found.get('expect_column_values_to_be_between')?.kwargs).toEqual({
      column: 'size',
      min_value: 0,
      max_value: 1,
    })
  })

  test('a mean is watched where there are many rows, and only tells', () => {
    expect(propose(numbers()).get('expect_column_mean_to_be_between')).toMatchObject({
      kwargs: { min_value: 16, max_value: 24 },
      severity: 'info',
    })
    expect(propose(numbers({ count: 50 })).has('expect_column_mean_to_be_between')).toBe(false)
  })

  test('a constant, a handful of rows and an empty column get no range', () => {
    expect(propose(numbers({ max: 3 })).has('expect_column_values_to_be_between')).toBe(false)
    expect(propose(numbers({ count: 10 })).has('expect_column_values_to_be_between')).toBe(false)
    expect([...propose(numbers({ count: 0, missing: 30 })).keys()]).toEqual([
      'expect_table_columns_to_match_set',
      'expect_table_row_count_to_be_between',
    ])
  })

  test('few values that come often are a set; rare ones leave room for new ones', () => {
    expect(propose(texts()).get('expect_column_values_to_be_in_set')?.kwargs).toEqual({
      column: 'kind',
      value_set: ['a', 'b', 'c'],
    })
    const top = [
      { value: 'a', count: 999 },
      { value: 'b', count: 1 },
    ]
    expect(propose(texts({ distinct: 2, top })).get('expect_column_values_to_be_in_set')?.kwargs).toMatchObject({
      mostly: 0.99,
    })
    const many = texts({ distinct: 400, top: texts().top ?? [], length: { min: 4, max: 9, mean: 6 } })
    const found = propose(many)
    expect(found.has('expect_column_values_to_be_in_set')).toBe(false)
    expect(found.get('expect_column_value_lengths_to_be_between')?.kwargs).toMatchObject({
      min_value: 2,
      max_value: 18,
    })
  })

  test('what is declared blocks, what is only seen warns, what is enforced at reading is left out', () => {
    expect(propose(numbers(), {}, true).get('expect_column_values_to_not_be_null')?.severity).toBe('critical')
    expect(propose(numbers()).get('expect_column_values_to_not_be_null')?.severity).toBe('warning')
    const enforced = propose(numbers(), { enforced: new Set(['size']) })
    expect(enforced.has('expect_column_values_to_be_between')).toBe(false)
  })

  test('a few missing values leave room for twice as many; many are nothing to expect', () => {
    expect(propose(numbers({ count: 970, missing: 30 })).get('expect_column_values_to_not_be_null')?.kwargs).toEqual({
      column: 'size',
      mostly: 0.94,
    })
    expect(propose(numbers({ count: 500, missing: 500 })).has('expect_column_values_to_not_be_null')).toBe(false)
  })

  test('keys are unique: the declared one, and what is named like one', () => {
    const id = numbers({ name: 'user_id', type: 'integer' as ColumnType, distinct: 1000 })
    expect(propose(id).get('expect_column_values_to_be_unique')?.severity).toBe('warning')
    expect(propose(id).has('expect_column_values_to_be_between')).toBe(false)
    expect(propose(id, { key: ['user_id'] }).get('expect_column_values_to_be_unique')?.severity).toBe('critical')
    expect(propose(numbers({ distinct: 1000 })).has('expect_column_values_to_be_unique')).toBe(false)
    const both = propose(id, { key: ['user_id', 'day'] })
    expect(both.get('expect_compound_columns_to_be_unique')?.kwargs).toEqual({ column_list: ['user_id', 'day'] })
    expect(both.has('expect_column_values_to_be_unique')).toBe(false)
  })

  test('the number of rows follows the history where there is one', () => {
    expect(propose(numbers()).get('expect_table_row_count_to_be_between')?.kwargs).toEqual({
      min_value: 500,
      max_value: 2000,
    })
    const history = propose(numbers(), { rowCounts: [1000, 1100, 900, 1050] })
    expect(history.get('expect_table_row_count_to_be_between')?.kwargs).toEqual({ min_value: 450, max_value: 1650 })
  })

  test('dates are not in the future, not long before the first, and fresh', () => {
    const days: ColumnProfile = {
      ...numbers({ name: 'day "x"', type: 'date', min: '2026-01-01', max: '2026-11-11', distinct: 300 }),
    }
    const found = propose(days, { time: 'day "x"' })
    expect(found.get('unexpected_rows_expectation')?.kwargs.unexpected_rows_query).toBe(
      'select * from {batch} where cast("day ""x""" as date) > current_date',
    )
    expect(found.get('expect_column_values_to_be_between')?.kwargs).toEqual({
      column: 'day "x"',
      min_value: '2025-01-01',
    })
    expect(found.get('expect_column_max_to_be_recent')?.kwargs.max_age).toBe('23d')
    const future = propose({ ...days, max: '2027-01-01' })
    expect(future.has('unexpected_rows_expectation')).toBe(false)
    expect(propose({ ...days, min: '0001-01-01' }).has('expect_column_values_to_be_between')).toBe(false)
  })

  test('reasons are in the language asked for', () => {
    expect(propose(numbers(), { language: 'fr' }).get('expect_column_mean_to_be_between')?.why).toBe(
      'La moyenne est de 20\u202f; un demi-écart-type est admis de chaque côté',
    )
  })
})
