import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { leafUnitsFor, quantiseShares } from './quantise-shares.js'

describe('leafUnitsFor', () => {
  test('the sum of all trees has at most 24 bits, and uses more than 23', () => {
    for (let treeCount = 1; treeCount <= 10_000; treeCount++) {
      const units = leafUnitsFor(treeCount)
      const isExact = treeCount * units <= 2 ** 24 && treeCount * units > 2 ** 23
      if (!(isExact && Number.isInteger(units) && units >= 2 ** 10))
        expect.fail(`${treeCount} trees have ${units} units`)
    }
  })

  test.each([1, 2, 3, 100, 127, 128, 129, 1000, 10_000])(
    'float32 sums over %i trees are exact in any order',
    (treeCount) => {
      const units = leafUnitsFor(treeCount)
      const random = createRandom(treeCount)
      const whole = Int32Array.from({ length: treeCount }, () =>
        random.float() < 0.3 ? units : random.intBelow(units + 1),
      )
      const exact = whole.reduce((sum, share) => sum + share, 0) / units
      for (let round = 0; round < 5; round++) {
        random.shuffle(whole)
        expect(whole.reduce((sum, share) => Math.fround(sum + Math.fround(share / units)), 0)).toBe(exact)
      }
    },
  )

  test.each([2, 3, 7, 100, 128])('dividing by %i trees keeps neighbouring sums apart', (treeCount) => {
    const units = leafUnitsFor(treeCount)
    const random = createRandom(treeCount)
    for (let round = 0; round < 4000; round++) {
      // Most of them near the whole, where floats are sparsest.
      const sum = treeCount * units - 1 - random.intBelow(round % 2 === 0 ? 1000 : treeCount * units - 1)
      const quotient = (whole: number) => Math.fround(Math.fround(whole / units) / treeCount)
      if (quotient(sum) >= quotient(sum + 1)) expect.fail(`${sum} of ${units} meets its neighbour`)
    }
  })
})

describe('quantiseShares', () => {
  function quantised(weights: readonly number[], units: number): number[] {
    const shares = new Int32Array(weights.length)
    quantiseShares(Float64Array.from(weights), units, shares)
    return [...shares]
  }

  test('largest remainders get the rest, the lower class first when equal, and absent classes nothing', () => {
    expect(quantised([1, 1, 1], 1024)).toEqual([342, 341, 341])
    expect(quantised([0, 2, 1], 1024)).toEqual([0, 683, 341])
    expect(quantised([0, 5, 0], 1024)).toEqual([0, 1024, 0])
    expect(quantised([1e-9, 1], 1024)).toEqual([0, 1024])
  })

  test('shares add up to the whole and are within one unit of what is due', () => {
    const random = createRandom(9)
    for (let round = 0; round < 2000; round++) {
      const weights = Array.from(
        { length: 1 + random.intBelow(20) },
        () => random.intBelow(50) * (random.float() + 0.01),
      )
      weights[0] = (weights[0] ?? 0) + 1
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const shares = quantised(weights, 2 ** 17)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(2 ** 17)
      for (const [code, weight] of weights.entries()) {
        expect(Math.abs((shares[code] ?? 0) - (weight / total) * 2 ** 17)).toBeLessThan(1)
      }
    }
  })
})
