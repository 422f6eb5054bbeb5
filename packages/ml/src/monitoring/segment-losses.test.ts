import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { adjustedChances } from '../statistics/adjusted-chances.js'
import { changeOfLosses, figureOfLosses, lossesOfClasses, lossesOfNumbers } from './segment-losses.js'

const rows = {
  classes: ['no', 'yes'],
  truth: Int32Array.of(0, 1, 1, -1, 1),
  predicted: Int32Array.of(0, 0, 1, 1, -1),
  probabilities: [Float64Array.of(0.9, 0.6, 0.2, 0.5, 0), Float64Array.of(0.1, 0.4, 0.8, 0.5, 0)],
}

describe('losses of rows', () => {
  test.each([
    ['accuracy', [0, 1, 0]],
    ['recall', [1, 0]],
    ['precision', [0]],
    ['log_loss', [-Math.log(0.9), -Math.log(0.4), -Math.log(0.8)]],
    ['brier', [0.01, 0.36, 0.04]],
  ] as const)('of %s: rows without truth or answer say nothing', (metric, expected) => {
    const known = lossesOfClasses(rows, metric).filter((loss) => !Number.isNaN(loss))
    expect(known).toHaveLength(expected.length)
    for (const [index, loss] of expected.entries()) expect(known[index]).toBeCloseTo(loss, 12)
  })

  test('a row without probabilities says nothing of what is made of them', () => {
    const gaps = rows.probabilities.map((column) => Float64Array.of(Number.NaN, ...column.slice(1)))
    for (const metric of ['log_loss', 'brier'] as const) {
      expect([...lossesOfClasses({ ...rows, probabilities: gaps }, metric)].map(Number.isNaN)).toEqual([
        true,
        false,
        false,
        true,
        true,
      ])
    }
    expect(lossesOfClasses({ ...rows, probabilities: gaps }, 'accuracy')[0]).toBe(0)
  })

  test('of numbers', () => {
    const [truth, predicted] = [Float64Array.of(1, 2, Number.NaN), Float64Array.of(3, 2, 1)]
    expect([...lossesOfNumbers(truth, predicted, 'mae')]).toEqual([2, 0, Number.NaN])
    expect([...lossesOfNumbers(truth, predicted, 'rmse')]).toEqual([4, 0, Number.NaN])
    expect(figureOfLosses('rmse', 4)).toBe(2)
    expect(figureOfLosses('accuracy', 0.25)).toBe(0.75)
  })

  test('what a figure cannot be told of is refused', () => {
    expect(() => lossesOfClasses(rows, 'mae')).toThrow(/classes/)
    expect(() => lossesOfClasses({ ...rows, classes: ['a', 'b', 'c'] }, 'recall')).toThrow(/3 classes/)
    expect(() => lossesOfClasses({ ...rows, probabilities: null }, 'brier')).toThrow(/probabilities/)
    expect(() => lossesOfNumbers(Float64Array.of(1), Float64Array.of(1), 'accuracy')).toThrow(/numbers/)
  })
})

const hits = (misses: number, count: number) => Float64Array.from({ length: count }, (_, row) => (row < misses ? 1 : 0))

describe('whether losses rose', () => {
  test('wrong answers: the exact test of Fisher', () => {
    // Summed by hand over the hypergeometric distribution: 12 or more of 18 among 40 of 100 rows.
    expect(changeOfLosses(hits(6, 60), hits(12, 40)).pValue).toBeCloseTo(0.011_682_193_530_032_56, 10)
    expect(changeOfLosses(hits(12, 40), hits(6, 60)).pValue).toBe(1)
  })

  test('what never failed before and fails now has an effect without bound', () => {
    const change = changeOfLosses(hits(0, 50), hits(25, 50))
    expect(change).toMatchObject({ before: 0, now: 0.5, effect: Number.POSITIVE_INFINITY })
    expect(change.pValue).toBeLessThan(1e-6)
  })

  test('losses that are one and the same did not rise', () => {
    expect(changeOfLosses(new Float64Array(40).fill(2), new Float64Array(40).fill(2))).toMatchObject({
      pValue: 1,
      effect: 0,
    })
  })

  test('with nothing changed, sizes alarm no more often than is promised', () => {
    const random = createRandom(7)
    // Skewed, as errors are.
    const draw = (count: number) => Float64Array.from({ length: count }, () => (-Math.log(1 - random.float())) ** 3)
    const chances = Array.from({ length: 1000 }, () => changeOfLosses(draw(60), draw(40)).pValue)
    const share = chances.filter((p) => p <= 0.05).length / chances.length
    expect(share).toBeGreaterThan(0.02)
    expect(share).toBeLessThan(0.075)
  })
})

test('chances with all in mind, by hand', () => {
  const found = adjustedChances([0.01, 0.04, 0.03, 0.005])
  for (const [index, value] of [0.02, 0.04, 0.04, 0.02].entries()) expect(found[index]).toBeCloseTo(value, 12)
  expect(adjustedChances([])).toEqual([])
})
