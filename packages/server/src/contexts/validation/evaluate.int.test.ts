import type { Expectation } from '@fabrique/contract'
import { afterAll, describe, expect, test } from 'vitest'
import { openDataEngine } from '../../platform/index.js'
import { evaluate } from './evaluate.js'

const engine = openDataEngine({ tempFolder: '/tmp', threads: 1 })
afterAll(() => engine.close())

const table = `(select * from (values (1, 'a', 1.5), (2, 'b', null), (3, 'b', 9.0::double), (4, null, 2.0)) as t(id, kind, size))`
const columns = ['id', 'kind', 'size']

async function check(expectation: Expectation) {
  const [result] = await engine.use((connection) => evaluate(connection, table, columns, [expectation]))
  return result
}

describe('evaluate', () => {
  const between = (kwargs: object): Expectation => ({
    type: 'expect_column_values_to_be_between',
    kwargs: { column: 'size', ...kwargs },
  })
  const cases: readonly [name: string, expectation: Expectation, expected: object][] = [
    [
      'leaves missing values out of a range',
      between({ min_value: 1, max_value: 9 }),
      { success: true, element_count: 3, unexpected_count: 0 },
    ],
    [
      'includes bounds unless strict',
      between({ min_value: 1, max_value: 9, strict_max: true }),
      { success: false, unexpected_sample: [9] },
    ],
    ['passes at the edge of mostly', between({ max_value: 2, mostly: 2 / 3 }), { success: true, unexpected_count: 1 }],
    ['fails just above mostly', between({ max_value: 2, mostly: 0.67 }), { success: false }],
    [
      'counts missing values',
      { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'kind' } },
      { success: false, element_count: 4, unexpected_count: 1, unexpected_sample: [null] },
    ],
    [
      'finds values outside a set',
      { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'kind', value_set: ['a'] } },
      { success: false, element_count: 3, unexpected_count: 2 },
    ],
    [
      'counts each of equal values',
      { type: 'expect_column_values_to_be_unique', kwargs: { column: 'kind' } },
      { success: false, unexpected_count: 2, unexpected_sample: ['b', 'b'] },
    ],
    [
      'fails for a column that is not there',
      { type: 'expect_column_values_to_be_unique', kwargs: { column: 'nope' } },
      { success: false, observed: 'Column nope is not in the table' },
    ],
    ['finds a column', { type: 'expect_column_to_exist', kwargs: { column: 'id' } }, { success: true }],
    [
      'compares the set of columns',
      { type: 'expect_table_columns_to_match_set', kwargs: { column_set: ['size', 'id', 'kind'], exact_match: true } },
      { success: true },
    ],
    [
      'refuses further columns when exact',
      { type: 'expect_table_columns_to_match_set', kwargs: { column_set: ['size', 'id'], exact_match: true } },
      { success: false, observed: columns },
    ],
    [
      'counts rows',
      { type: 'expect_table_row_count_to_be_between', kwargs: { min_value: 5 } },
      { success: false, observed: 4 },
    ],
  ]
  test.each(cases)('%s', async (_name, expectation, expected) => {
    expect(await check(expectation)).toMatchObject(expected)
  })

  test('passes vacuously where every value is missing', async () => {
    const empty = `(select null::double as size from range(3))`
    const [result] = await engine.use((connection) =>
      evaluate(connection, empty, ['size'], [between({ min_value: 0, max_value: 1 })]),
    )
    expect(result).toMatchObject({ success: true, element_count: 0 })
  })
})
