import type { Expectation } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { expectationIdentity, suiteIdentities } from './expectation-identity.js'

const of = (type: string, kwargs: Expectation['kwargs']): Expectation => ({ type, kwargs, severity: 'critical' })
const between = (kwargs: Expectation['kwargs']) => of('expect_column_values_to_be_between', { column: 'a', ...kwargs })

describe('expectationIdentity', () => {
  const same: readonly [string, Expectation, Expectation][] = [
    ['a bound moves', between({ min_value: 0 }), between({ min_value: 1, max_value: 5, strict_max: true })],
    ['mostly moves', between({ mostly: 0.9 }), between({})],
    [
      'a value joins a set',
      of('expect_column_values_to_be_in_set', { column: 'a', value_set: ['x'] }),
      of('expect_column_values_to_be_in_set', { column: 'a', value_set: ['x', 'y'] }),
    ],
    [
      'a column joins the table',
      of('expect_table_columns_to_match_ordered_list', { column_list: ['a'] }),
      of('expect_table_columns_to_match_ordered_list', { column_list: ['a', 'b'] }),
    ],
    ['severity changes', between({}), { ...between({}), severity: 'warning' }],
    ['its notes change', between({ notes: 'x', meta: { a: 1 } }), between({})],
  ]
  test.each(same)('stays when %s', (_name, left, right) => {
    expect(expectationIdentity(left)).toBe(expectationIdentity(right))
  })

  const different: readonly [string, Expectation, Expectation][] = [
    ['another column', between({}), between({ column: 'b' })],
    ['another type', between({}), of('expect_column_values_to_be_unique', { column: 'a' })],
    ['a condition on rows', between({}), between({ row_condition: 'b > 0' })],
    [
      'another pattern',
      of('expect_column_values_to_match_regex', { column: 'a', regex: '^x' }),
      of('expect_column_values_to_match_regex', { column: 'a', regex: '^y' }),
    ],
    [
      'other columns together',
      of('expect_compound_columns_to_be_unique', { column_list: ['a', 'b'] }),
      of('expect_compound_columns_to_be_unique', { column_list: ['a', 'c'] }),
    ],
  ]
  test.each(different)('differs for %s', (_name, left, right) => {
    expect(expectationIdentity(left)).not.toBe(expectationIdentity(right))
  })

  test('does not depend on the order of arguments', () => {
    const left = of('expect_column_pair_values_to_be_equal', { column_A: 'a', column_B: 'b' })
    const right = of('expect_column_pair_values_to_be_equal', { column_B: 'b', column_A: 'a' })
    expect(expectationIdentity(left)).toBe(expectationIdentity(right))
  })
})

test('expectations of a suite that differ in bounds only keep histories of their own', () => {
  const identities = suiteIdentities([between({ mostly: 0.9 }), between({ min_value: 3 }), between({ column: 'b' })])
  expect(new Set(identities).size).toBe(3)
  expect(identities[1]).toBe(`${identities[0]}-2`)
})
