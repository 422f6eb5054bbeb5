import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { binBounds } from './bin-bounds.js'
import { createLeafQueue } from './leaf-queue.js'
import { binaryProbabilities, softmaxProbabilities } from './link.js'
import { ascending, averagedWeightedPercentile, percentile, weightedPercentile } from './percentile.js'
import { quantiseLeaves } from './quantise-leaves.js'
import { sortFloats } from './sort-floats.js'

describe('sortFloats', () => {
  test.each([0, 1, 1999, 2000, 50_000])('sorts %i numbers', (length) => {
    const random = createRandom(length)
    const values = Float32Array.from({ length }, () => (random.float() - 0.5) * 10 ** (random.intBelow(60) - 30))
    values.set([Infinity, -Infinity, 0, 1.5, 1.5].slice(0, length))
    expect(sortFloats(values)).toEqual(values.slice().sort())
  })
})

describe('percentiles', () => {
  test('between two values in proportion (numpy 2.4 percentile)', () => {
    expect(percentile(Float64Array.of(4, 1, 3, 2), 0.3)).toBeCloseTo(1.9, 12)
    expect(percentile(Float64Array.of(5), 0.9)).toBe(5)
  })

  test('by weight (scikit-learn 1.9.1 _weighted_percentile)', () => {
    const values = Float64Array.of(10, 30, 20, 40)
    const weights = Float64Array.of(1, 0, 2, 1)
    expect(weightedPercentile(values, weights, 0.25)).toBe(10)
    expect(weightedPercentile(values, weights, 0.26)).toBe(20)
    expect(weightedPercentile(values, weights, 0.9)).toBe(40)
    const order = ascending(values)
    expect(averagedWeightedPercentile(values, weights, order, 0.25)).toBe(15)
    expect(averagedWeightedPercentile(values, weights, order, 0.75)).toBe(30)
    expect(averagedWeightedPercentile(values, weights, order, 0.8)).toBe(40)
  })
})

describe('bin bounds', () => {
  const rows = (length: number) => Int32Array.from({ length }, (_, row) => row)

  test('few values are parted half-way, missing ones left aside', () => {
    const values = Float32Array.of(3, Number.NaN, 1, 3, 2)
    expect([...binBounds({ values, rows: rows(5), weights: null, maxBins: 255 })]).toEqual([1.5, 2.5])
  })

  test('many values are parted evenly (numpy 2.4 percentile, averaged_inverted_cdf)', () => {
    const values = Float32Array.from({ length: 10 }, (_, row) => row)
    expect([...binBounds({ values, rows: rows(10), weights: null, maxBins: 4 })]).toEqual([2, 4.5, 7])
    const ones = new Float64Array(10).fill(1)
    expect([...binBounds({ values, rows: rows(10), weights: ones, maxBins: 4 })]).toEqual([2, 4.5, 7])
    const weights = Float64Array.from(ones, (_, row) => (row < 5 ? 0 : 1))
    expect([...binBounds({ values, rows: rows(10), weights, maxBins: 5 })]).toEqual([5.5, 6.5, 7.5, 8.5])
  })

  test('a bound of two neighbours is the lower one', () => {
    const values = Float32Array.of(1, 1 + 2 ** -23)
    expect([...binBounds({ values, rows: rows(2), weights: null, maxBins: 2 })]).toEqual([1])
  })
})

test('leaves come by gain, equal ones by age; without a limit the smaller sibling first', () => {
  const byGain = createLeafQueue<{ depth: number; count: number }>(31)
  for (const [count, gain] of [3, 7, 5, 7, 1, 6].entries()) byGain.add({ depth: 1, count }, gain)
  expect(Array.from({ length: 7 }, () => byGain.next()?.count)).toEqual([1, 3, 5, 2, 0, 4, undefined])
  for (const [count, gain] of [3, 7, 5, 7, 1, 6].entries()) byGain.add({ depth: 1, count }, gain)
  for (let ahead = 0; ahead < 8; ahead++) {
    expect(byGain.first(ahead).map(({ count }) => count)).toEqual([1, 3, 5, 2, 0, 4].slice(0, ahead))
  }
  expect(byGain.size()).toBe(6)
  const free = createLeafQueue<{ depth: number; count: number }>(Infinity)
  free.add({ depth: 1, count: 2 }, 1)
  free.add({ depth: 1, count: 5 }, 9)
  expect(free.next()?.count).toBe(2)
  free.add({ depth: 2, count: 9 }, 1)
  free.add({ depth: 2, count: 1 }, 1)
  expect(free.first(0)).toEqual([])
  expect(free.first(2).map(({ count }) => count)).toEqual([1, 9])
  expect(Array.from({ length: 4 }, () => free.next()?.count)).toEqual([1, 9, 5, undefined])
})

test('leaf values are float32, near, and their float32 sums are exact in any order', () => {
  const random = createRandom(9)
  const [treeCount, leafCount] = [1000, 31]
  const values = Float64Array.from(
    { length: treeCount * leafCount },
    (_, node) => (random.float() - 0.5) / (1 + node / 500),
  )
  const roots = Int32Array.from({ length: treeCount + 1 }, (_, tree) => tree * leafCount)
  const rounded = quantiseLeaves(values, roots, 1)
  let total = 0
  for (let tree = 0; tree < treeCount; tree++) {
    total += Math.max(...values.subarray(tree * leafCount, (tree + 1) * leafCount).map(Math.abs))
  }
  for (const [node, value] of rounded.entries())
    expect(Math.abs(value - (values[node] ?? 0))).toBeLessThan(total * 2 ** -24)
  for (let round = 0; round < 50; round++) {
    const picked = Array.from({ length: treeCount }, (_, tree) => {
      const leaves = rounded.subarray(tree * leafCount, (tree + 1) * leafCount)
      return round === 0 ? Math.max(...leaves.map(Math.abs)) : (leaves[random.intBelow(leafCount)] ?? 0)
    })
    random.shuffle(picked)
    let single = 0
    let exact = 0
    for (const value of picked) {
      single = Math.fround(single + value)
      exact += value
    }
    expect(single).toBe(exact)
  }
})

describe('links', () => {
  test('the second of two classes exactly above 0', () => {
    const raw = Float32Array.of(0, 2 ** -149, -(2 ** -149), 1e-9, 100, -200, Math.LN2)
    const [first, second] = binaryProbabilities(raw)
    for (const [row, value] of raw.entries()) {
      expect((second[row] ?? 0) > (first[row] ?? 0)).toBe(value > 0)
      expect((second[row] ?? 0) + (first[row] ?? 0)).toBe(1)
    }
    expect(second[6]).toBeCloseTo(2 / 3, 6)
  })

  test('the class of the greatest output stays so, and equal ones stay equal', () => {
    const raw = [Float32Array.of(1, 5, 100), Float32Array.of(1 + 2 ** -23, 5, -100), Float32Array.of(0.5, 5, 0)]
    const [a, b, c] = softmaxProbabilities(raw)
    expect(b?.[0]).toBeGreaterThan(a?.[0] ?? 1)
    expect([a?.[1], b?.[1], c?.[1]]).toEqual(new Array(3).fill(Math.fround(1 / 3)))
    expect([a?.[2], b?.[2]]).toEqual([1, 0])
  })
})
