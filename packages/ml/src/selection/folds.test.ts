import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { classLabels } from '../data/class-labels.js'
import { groupKFold, kFold, stratifiedKFold, timeSeriesFolds } from './folds.js'
import { groupSplit, randomSplit, timeSplit } from './hold-out.js'
import type { TrainTestSplit } from './stratified-split.js'

/** Made with scikit-learn by `test/conformance/ml_parity/selection.py`. */
const expected = JSON.parse(readFileSync(new URL('../../test/parity/selection.json', import.meta.url), 'utf8')) as {
  codes: number[]
  groups: number[]
  k_fold: number[][]
  stratified_k_fold: number[][]
  group_k_fold: number[][]
  time_series: number[][]
}
const codes = Int32Array.from(expected.codes)
const labels = classLabels(codes, ['a', 'b', 'c', 'd'])
const groups = Int32Array.from(expected.groups)
const tested = (splits: readonly TrainTestSplit[]) => splits.map(({ testRows }) => [...testRows])
const all = ({ trainRows, testRows }: TrainTestSplit) => [...trainRows, ...testRows].sort((a, b) => a - b)
const rowNumbers = (count: number) => Array.from({ length: count }, (_, row) => row)

describe('folds are those of scikit-learn', () => {
  test('in the order of the rows', () => {
    expect(tested(kFold(31, { folds: 4 }))).toEqual(expected.k_fold)
    expect(tested(stratifiedKFold(labels, { folds: 4 }))).toEqual(expected.stratified_k_fold)
  })

  test('by group, and by time', () => {
    expect(tested(groupKFold(groups, { folds: 3 }))).toEqual(expected.group_k_fold)
    expect(tested(timeSeriesFolds(Float64Array.from(rowNumbers(31)), { folds: 4 }))).toEqual(expected.time_series)
  })
})

describe('by chance', () => {
  test.each([
    { name: 'kFold', splits: kFold(31, { folds: 4, seed: 7 }) },
    { name: 'stratifiedKFold', splits: stratifiedKFold(labels, { folds: 4, seed: 7 }) },
  ])('$name tests each row once', ({ splits }) => {
    expect(
      tested(splits)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual(rowNumbers(31))
    for (const split of splits) expect(all(split)).toEqual(rowNumbers(31))
  })

  test('each fold has its share of the classes', () => {
    for (const { testRows } of stratifiedKFold(labels, { folds: 4, seed: 1 })) {
      const common = [...testRows].filter((row) => codes[row] === 0).length
      expect(Math.abs(common - expected.codes.filter((code) => code === 0).length / 4)).toBeLessThan(1)
    }
  })

  test('the seed decides', () => {
    expect(kFold(31, { folds: 4, seed: 7 })).toEqual(kFold(31, { folds: 4, seed: 7 }))
    expect(kFold(31, { folds: 4, seed: 7 })).not.toEqual(kFold(31, { folds: 4, seed: 8 }))
  })
})

describe('one split', () => {
  test('random', () => {
    const split = randomSplit(10, { testShare: 0.25, seed: 3 })
    expect(split.testRows).toHaveLength(3)
    expect(all(split)).toEqual(rowNumbers(10))
  })

  test('a group is on one side only', () => {
    const split = groupSplit(groups, { testShare: 0.3, seed: 3 })
    const sides = (rows: Int32Array) => new Set([...rows].map((row) => groups[row]))
    expect([...sides(split.trainRows)].filter((group) => sides(split.testRows).has(group))).toEqual([])
    expect(sides(split.testRows).size).toBe(3)
    expect(all(split)).toEqual(rowNumbers(40))
  })

  test('the newest rows are tested, rows of one moment together', () => {
    const split = timeSplit(Float64Array.of(5, 1, 3, 3, 2), 0.4)
    expect([...split.trainRows]).toEqual([1, 4])
    expect([...split.testRows]).toEqual([2, 3, 0])
  })
})

describe('what cannot be split is refused', () => {
  test.each([
    { name: 'fewer rows than folds', code: 'split_too_small', split: () => kFold(3, { folds: 4 }) },
    { name: 'one fold', code: 'split_too_small', split: () => kFold(3, { folds: 1 }) },
    { name: 'one row', code: 'split_too_small', split: () => randomSplit(1, { testShare: 0.5, seed: 1 }) },
    {
      name: 'one group',
      code: 'split_too_small',
      split: () => groupSplit(Int32Array.of(1, 1), { testShare: 0.5, seed: 1 }),
    },
    { name: 'one moment', code: 'split_too_small', split: () => timeSplit(Float64Array.of(1, 1, 1), 0.5) },
    { name: 'a missing moment', code: 'non_finite_value', split: () => timeSplit(Float64Array.of(1, NaN), 0.5) },
    { name: 'a share of all', code: 'invalid_share', split: () => randomSplit(5, { testShare: 1, seed: 1 }) },
    {
      name: 'small classes',
      code: 'class_too_small',
      split: () => stratifiedKFold(classLabels(Int32Array.of(0, 0, 1, 1, 2), ['a', 'b', 'c']), { folds: 3 }),
    },
  ])('$name', ({ code, split }) => {
    expect(split).toThrowError(expect.objectContaining({ code }))
  })
})
