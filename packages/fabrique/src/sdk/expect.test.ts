import { type ExpectationInput, expectationTypes, parseExpectation } from '@fabrique/contract'
import { describe, expect as expecting, test } from 'vitest'
import { integer, text } from './columns.js'
import { dataset } from './dataset.js'
import { type Expected, expect } from './expect.js'
import { csv } from './sources.js'

const a = expect.column('a')
const pair = expect.pair('a', 'b')
const together = expect.columns(['a', 'b', 'c'])
const bins = { bins: [0, 1, 2], weights: [0.5, 0.5] }
const words = { values: ['x', 'y'], weights: [0.5, 0.5] }

const everything: readonly Expected[] = [
  a.exists({ index: 0 }),
  a.notNull({ mostly: 0.9 }),
  a.isNull(),
  a.unique(),
  a.inSet(['x', 1, true]),
  a.notInSet(['x']),
  a.between(0, 10, { strictMin: true, strictMax: false }),
  a.between(undefined, new Date('2026-11-21T06:31:47.000Z')),
  a.ofType('integer'),
  a.ofTypes(['integer', 'number']),
  a.typeIs('integer'),
  a.matchRegex(/^x.*$/i),
  a.notMatchRegex('^y'),
  a.matchRegexList(['^x', /z/], { matchOn: 'all' }),
  a.notMatchRegexList(['^y']),
  a.matchLike('x%'),
  a.notMatchLike('y%'),
  a.matchLikeList(['x%', 'z_'], { matchOn: 'any' }),
  a.notMatchLikeList(['y%']),
  a.lengthBetween(1, 3, { strictMax: true }),
  a.lengthEqual(2),
  a.zScoreBelow(3),
  a.notOutliers({ method: 'std', multiplier: 3 }),
  a.increasing({ strictly: true }),
  a.decreasing(),
  a.dateParseable(),
  a.jsonParseable(),
  a.matchJsonSchema({ type: 'object' }),
  a.matchStrftime('%Y-%m-%d'),
  a.minBetween(0, undefined),
  a.maxBetween('2026-01-01', '2026-12-31'),
  a.meanBetween(0, 1),
  a.medianBetween(0, 1),
  a.sumBetween(0, 1),
  a.stdevBetween(0, 1, { strictMin: true }),
  a.uniqueCountBetween(1, 5),
  a.uniqueShareBetween(0.5, 1),
  a.nonNullShareBetween(0.9, undefined),
  a.fresh('3d'),
  a.quantilesBetween([{ quantile: 0.5, min: 1, max: 2 }, { quantile: 0.9 }], { interpolation: 'linear' }),
  a.mostCommonInSet(['x'], { tiesOkay: true }),
  a.distinctInSet(['x', 'y']),
  a.distinctContain(['x']),
  a.distinctEqual(['x']),
  a.klDivergenceBelow(words, 0.1, { tailWeightHoldout: 0.01 }),
  a.chiSquareAbove(words, 0.05),
  a.ksAbove(bins, 0.05, { samples: 20, sampleSize: 40 }),
  a.followsDistribution('norm', { mean: 0, std_dev: 1 }, { pValue: 0.01 }),
  a.followsDistribution('norm', [0, 1]),
  pair.equal({ ignoreRowIf: 'neither' }),
  pair.greater({ orEqual: true }),
  pair.inSet([
    ['x', 'y'],
    [null, 1],
  ]),
  pair.cramersPhiBelow(0.2, {
    bins: [
      [0, 1],
      [0, 2],
    ],
  }),
  together,
  together.unique({ ignoreRowIf: 'never' }),
  together.differWithinRow(),
  together.equal(),
  together.sumEqual(100),
  expect.table.columnCountBetween(1, undefined),
  expect.table.columnCountEqual(3),
  expect.table.columnsInOrder(['a', 'b']),
  expect.table.columnsMatch(['a'], { exact: false }),
  expect.table.rowCountBetween(1, 10),
  expect.table.rowCountEqual(3),
  expect.table.rowCountEqualsTable('other'),
  expect.table.noRows('select * from {batch} where a < 0'),
  expect.table.sameRows('select 1', 'select 1', { mostly: 0.9 }),
  expect.rowCount(30),
  expect.custom('expect_multicolumn_values_to_be_unique', { column_list: ['a', 'b'] }),
]

describe('expect', () => {
  test('has a word for every expectation of the catalogue', () => {
    const said = new Set<string>(everything.map(({ expectation }) => expectation.type))
    expecting(expectationTypes.filter((type) => !said.has(type))).toEqual([])
  })

  test.each(everything.map(({ expectation }): [string, ExpectationInput] => [expectation.type, expectation]))(
    'says %s with arguments that the catalogue takes',
    (_type, expectation) => {
      const parsed = parseExpectation(expectation)
      expecting(parsed.kwargs).toEqual(expectation.kwargs)
      // It travels as JSON.
      expecting(JSON.parse(JSON.stringify(expectation))).toEqual(expectation)
    },
  )

  test('keeps severity, action, condition and notes', () => {
    const options = { severity: 'warning', action: 'quarantine', where: 'col("b") > 0', notes: 'since May' } as const
    expecting(a.between(0, 1, { ...options, mostly: 0.95 }).expectation).toEqual({
      type: 'expect_column_values_to_be_between',
      kwargs: {
        column: 'a',
        min_value: 0,
        max_value: 1,
        mostly: 0.95,
        row_condition: 'col("b") > 0',
        condition_parser: 'great_expectations',
      },
      severity: 'warning',
      action: 'quarantine',
      notes: 'since May',
    })
  })

  test('takes the flags of a pattern along', () => {
    expecting(a.matchRegex(/x/gimu).expectation.kwargs.regex).toBe('(?im)x')
  })

  test('leaves an open side out', () => {
    expecting(a.between(undefined, 5).expectation.kwargs).toEqual({ column: 'a', max_value: 5 })
  })
})

test('columns are checked against those that are declared', () => {
  const columns = { id: integer(), name: text() }
  const declared = dataset('people', csv('people.csv'), {
    columns,
    expect: [
      expect.column('id').unique({ severity: 'warning' }),
      expect.pair('id', 'name').equal(),
      expect.columns(['id', 'name']).unique(),
      expect.table.columnsInOrder(['id', 'name']),
      expect.rowCount(1),
    ],
  })
  expecting(declared.definition.expectations.map(({ severity }) => severity)).toEqual([
    'warning',
    'critical',
    'critical',
    'critical',
    'critical',
  ])
  // @ts-expect-error no such column
  dataset('people', csv('people.csv'), { columns, expect: [expect.column('nam').unique()] })
  // @ts-expect-error no such column
  dataset('people', csv('people.csv'), { columns, expect: [expect.pair('id', 'nam').equal()] })
  // @ts-expect-error no such column
  dataset('people', csv('people.csv'), { columns, expect: [expect.columns(['id', 'nam']).unique()] })
  // @ts-expect-error no such argument
  expect.custom('expect_column_values_to_be_unique', { colum: 'id' })
  // @ts-expect-error a whole table has no rows to set aside
  expect.rowCount(1, 2, { action: 'quarantine' })
})
