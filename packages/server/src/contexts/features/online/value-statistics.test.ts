import { expect, test } from 'vitest'
import type { OnlineValue } from './model.js'
import { distributionsOf } from './value-statistics.js'

const of = (values: readonly OnlineValue[]) =>
  distributionsOf(
    ['x'],
    values.map((value) => ({ values: [value], eventUs: 0, ageUs: 0, isTooOld: false })),
  )[0]

test('numbers have their figures, as NumPy computes them', () => {
  // numpy 2.4: mean, std, quantile([1, 2, 3, 4, 10], [.05, .25, .5, .75, .95])
  const found = of([4, 1, null, 10, 2, 3, 'NaN'])
  expect(found).toMatchObject({ nulls: 1, distinct: 6, numbers: { finite: 5, min: 1, max: 10, mean: 4 } })
  expect(found?.null_rate).toBeCloseTo(1 / 7, 12)
  expect(found?.numbers?.std).toBeCloseTo(3.1622776601683795, 12)
  const expected = [1.2, 2, 3, 4, 8.8]
  found?.numbers?.quantiles.forEach((quantile, place) => {
    expect(quantile).toBeCloseTo(expected[place] ?? 0, 12)
  })
  expect(found?.histogram?.edges).toHaveLength(21)
  expect(found?.histogram?.edges.at(-1)).toBe(10)
  expect(found?.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(5)
  expect(found?.histogram?.counts.at(-1)).toBe(1)
})

test('one number, none, and none but nulls', () => {
  expect(of([7, 7])).toMatchObject({
    numbers: { min: 7, max: 7, mean: 7, std: 0, quantiles: [7, 7, 7, 7, 7] },
    histogram: { edges: [7, 7], counts: [2] },
  })
  expect(of([])).toEqual({ name: 'x', nulls: 0, null_rate: 0, distinct: 0 })
  expect(of([null, null])).toEqual({ name: 'x', nulls: 2, null_rate: 1, distinct: 0 })
})

test('what is no number has its most frequent values', () => {
  const found = of(['b', 'a', 'b', true, null, 'NaN'])
  expect(found).toMatchObject({ nulls: 1, distinct: 4 })
  expect(found?.numbers).toBeUndefined()
  expect(found?.top).toEqual([
    { value: 'b', count: 2 },
    { value: 'NaN', count: 1 },
    { value: 'a', count: 1 },
    { value: 'true', count: 1 },
  ])
})

test('the greatest numbers there are stay within JSON', () => {
  const found = of([-Number.MAX_VALUE, 0, Number.MAX_VALUE])
  expect(found?.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(3)
  expect(JSON.parse(JSON.stringify(found))).toEqual(found)
})
