import { describe, expect, test } from 'vitest'
import { classLabels, countClasses, takeLabels } from '../data/class-labels.js'
import { stratifiedSplit } from './stratified-split.js'

function labelsWith(counts: readonly number[]) {
  const codes = counts.flatMap((count, code) => new Array<number>(count).fill(code))
  const classes = counts.map((_, code) => `class ${code}`)
  return classLabels(Int32Array.from(codes), classes)
}

describe('stratifiedSplit', () => {
  // Training and test rows by class from train_test_split(test_size, stratify=y) of scikit-learn 1.9.1; the same for
  // twenty random states.
  test.each([
    { counts: [50, 50, 50], testShare: 0.2, train: [40, 40, 40], test: [10, 10, 10] },
    { counts: [7, 13, 31], testShare: 0.3, train: [5, 9, 21], test: [2, 4, 10] },
    { counts: [2, 3, 95], testShare: 0.1, train: [2, 3, 85], test: [0, 0, 10] },
    { counts: [11, 22, 5, 9], testShare: 0.37, train: [7, 14, 3, 5], test: [4, 8, 2, 4] },
  ])('$counts by $testShare has the sizes of scikit-learn', ({ counts, testShare, train, test: testCounts }) => {
    const labels = labelsWith(counts)
    const split = stratifiedSplit(labels, { testShare, seed: 5 })
    const countsOf = (rows: Int32Array) => [...countClasses(takeLabels(labels, rows).codes, counts.length)]
    expect(countsOf(split.trainRows)).toEqual(train)
    expect(countsOf(split.testRows)).toEqual(testCounts)
  })

  test('equal remainders go to a class by chance', () => {
    const labels = labelsWith([50, 50, 50])
    const found = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const { trainRows } = stratifiedSplit(labels, { testShare: 0.25, seed })
      found.add(countClasses(takeLabels(labels, trainRows).codes, 3).join())
    }
    // The three outcomes that scikit-learn has too.
    expect([...found].sort()).toEqual(['37,37,38', '37,38,37', '38,37,37'])
  })

  test('every row is in one part, the order is mixed, and the seed decides', () => {
    const labels = labelsWith([30, 70])
    const { trainRows, testRows } = stratifiedSplit(labels, { testShare: 0.2, seed: 1 })
    expect([...trainRows, ...testRows].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, row) => row))
    expect([...trainRows]).not.toEqual([...trainRows].sort((a, b) => a - b))
    expect(stratifiedSplit(labels, { testShare: 0.2, seed: 1 })).toEqual({ trainRows, testRows })
    expect(stratifiedSplit(labels, { testShare: 0.2, seed: 2 })).not.toEqual({ trainRows, testRows })
  })

  test('a class without rows does no harm', () => {
    const split = stratifiedSplit(labelsWith([10, 0, 10]), { testShare: 0.5, seed: 0 })
    expect(split.testRows.length).toBe(10)
  })

  test.each([0, 1, -0.1, 1.5, Number.NaN])('the share %d is refused', (testShare) => {
    expect(() => stratifiedSplit(labelsWith([5, 5]), { testShare, seed: 0 })).toThrowError(
      expect.objectContaining({ code: 'invalid_share', value: testShare }),
    )
  })

  test('sets that cannot be split are refused, saying which class or share it is', () => {
    const options = { testShare: 0.2, seed: 0 }
    expect(() => stratifiedSplit(labelsWith([]), options)).toThrowError(expect.objectContaining({ code: 'empty_set' }))
    expect(() => stratifiedSplit(labelsWith([5, 1]), options)).toThrowError(
      expect.objectContaining({ code: 'class_too_small', value: 'class 1' }),
    )
    expect(() => stratifiedSplit(labelsWith([2, 2, 2]), options)).toThrowError(
      expect.objectContaining({
        code: 'split_too_small',
        message: expect.stringContaining('2 test rows for 3 classes'),
      }),
    )
    expect(() => stratifiedSplit(labelsWith([2, 2, 2]), { testShare: 0.8, seed: 0 })).toThrowError(
      expect.objectContaining({ code: 'split_too_small', message: expect.stringContaining('1 training rows') }),
    )
  })
})
