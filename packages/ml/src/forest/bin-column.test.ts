import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { assignBins, binColumn, binSampleRows, columnBins, missingBin } from './bin-column.js'

function binsOf(values: Float32Array): Uint8Array {
  const bins = new Uint8Array(values.length)
  assignBins(values, columnBins(values), bins)
  return bins
}

describe('columnBins', () => {
  test('up to 256 distinct values have a bin each', () => {
    const values = Float32Array.from({ length: 2560 }, (_, row) => (row * 37) % 256)
    const { lower, upper } = columnBins(values)
    expect([...lower]).toEqual(Array.from({ length: 256 }, (_, value) => value))
    expect(upper).toEqual(lower)
    expect([...binsOf(values)]).toEqual([...values])
  })

  test('a constant has one bin; zero and minus zero are one value', () => {
    expect(columnBins(Float32Array.of(5, 5, 5)).upper).toEqual(Float32Array.of(5))
    expect(columnBins(Float32Array.of(0, -0, 1)).lower.length).toBe(2)
    expect([...binsOf(Float32Array.of(0, -0, 1))]).toEqual([0, 0, 1])
  })

  test('more distinct values share 256 bins of about equal size', () => {
    const random = createRandom(1)
    const values = Float32Array.from({ length: 25_600 }, () => random.float() ** 3)
    const { lower, upper } = columnBins(values)
    expect(lower.length).toBe(256)
    const counts = new Int32Array(256)
    for (const bin of binsOf(values)) counts[bin] = (counts[bin] ?? 0) + 1
    expect(Math.min(...counts)).toBeGreaterThan(80)
    expect(Math.max(...counts)).toBeLessThan(120)
    for (let bin = 0; bin < 256; bin++) {
      expect((lower[bin] ?? 0) <= (upper[bin] ?? 0) && (upper[bin] ?? 0) < (lower[bin + 1] ?? Infinity)).toBe(true)
    }
  })

  test('a value that fills much of the set has a bin alone and costs the others none', () => {
    const random = createRandom(2)
    const values = Float32Array.from({ length: 10_000 }, () => (random.float() < 0.5 ? 0 : random.float() - 0.5))
    const { lower, upper } = columnBins(values)
    const zero = upper.indexOf(0)
    expect(lower[zero]).toBe(0)
    expect(lower.length).toBeGreaterThan(250)
  })

  test('every value lies within its bin', () => {
    const random = createRandom(3)
    for (const distinct of [2, 255, 256, 257, 258, 300, 1000, 5000]) {
      const values = Float32Array.from({ length: 5000 }, () => random.intBelow(distinct) ** 2 - 1000)
      const { lower, upper } = columnBins(values)
      expect(lower.length).toBeLessThanOrEqual(256)
      for (const [row, bin] of binsOf(values).entries()) {
        const value = values[row] ?? Number.NaN
        expect(value >= (lower[bin] ?? Infinity) && value <= (upper[bin] ?? -Infinity)).toBe(true)
      }
    }
  })
})

describe('a column that lacks values', () => {
  test('has them in the last bin, and the others in the bins before it', () => {
    const values = Float32Array.from({ length: 2000 }, (_, row) => (row % 10 === 0 ? Number.NaN : (row * 37) % 1009))
    const column = columnBins(values)
    expect(column.hasMissing).toBe(true)
    expect(column.lower.length).toBe(missingBin)
    for (const [row, bin] of binsOf(values).entries()) {
      expect(bin === missingBin).toBe(Number.isNaN(values[row]))
    }
  })

  test('may lack all', () => {
    const values = new Float32Array(5).fill(Number.NaN)
    expect(columnBins(values)).toEqual({ lower: new Float32Array(0), upper: new Float32Array(0), hasMissing: true })
    expect([...binsOf(values)]).toEqual([255, 255, 255, 255, 255])
  })
})

describe('binColumn of a long column', () => {
  const random = createRandom(4)
  const long = 3 * binSampleRows

  test.each([
    { name: 'even', draw: () => random.float() },
    { name: 'skewed, with values far away', draw: () => 1 / (1e-9 + random.float()) ** 3 },
    { name: 'mostly one value', draw: () => (random.float() < 0.7 ? 0 : random.float() - 0.5) },
    { name: 'lacking some values', draw: () => (random.float() < 0.1 ? Number.NaN : random.float()) },
  ])('is by a sample: $name', ({ draw }) => {
    const values = Float32Array.from({ length: long }, draw)
    const bins = new Uint8Array(long)
    const { lower, upper, hasMissing } = binColumn(values, bins)
    expect(hasMissing).toBe(values.some(Number.isNaN))
    expect(lower.length).toBeGreaterThan(70)
    expect(lower.length).toBeLessThanOrEqual(hasMissing ? 255 : 256)
    for (let bin = 1; bin < lower.length; bin++) {
      expect((upper[bin - 1] ?? Infinity) < (lower[bin] ?? -Infinity) && lower[bin] !== Infinity).toBe(true)
    }
    let wrong = 0
    for (const [row, value] of values.entries()) {
      const bin = bins[row] ?? 0
      const isInside = value >= (lower[bin] ?? Infinity) && value <= (upper[bin] ?? -Infinity)
      if (Number.isNaN(value) ? bin !== missingBin : !isInside) wrong++
    }
    expect(wrong).toBe(0)
  })

  test('of few values is exact, also for a value that a sample would miss', () => {
    const values = Float32Array.from({ length: long }, (_, row) => (row === 77_777 ? 1000 : row % 200))
    const { lower, upper } = binColumn(values, new Uint8Array(long))
    expect([...lower]).toEqual([...Array.from({ length: 200 }, (_, value) => value), 1000])
    expect(upper).toEqual(lower)
  })
})
