import { describe, expect, test } from 'vitest'
import { float64At, itemAt } from '../data/element.js'
import { columnNamed, type Table, table, takeTableRows, textColumn } from '../data/table.js'
import { createRandom } from '../random/create-random.js'
import { sampledPredictions, sampleShapley } from './sample-shapley.js'

const random = createRandom(9)
const count = 60
const number = (name: string) => ({
  kind: 'number' as const,
  name,
  values: Float64Array.from({ length: count }, () => 2 * random.float() - 1),
})
const all = table([
  number('a'),
  number('b'),
  number('c'),
  textColumn(
    'd',
    Array.from({ length: count }, (_, row) => ['red', 'blue', null][row % 3] ?? null),
  ),
])
const at = (rows: Table, name: string) => {
  const column = columnNamed(rows, name)
  return column.kind === 'text'
    ? Array.from(column.codes, (code) => (column.categories[code] === 'red' ? 1 : 0))
    : column.values
}

/** With interactions, and with a jump. */
async function predict(rows: Table) {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => at(rows, name))
  const values = Float64Array.from({ length: rows.rowCount }, (_, row) => {
    const [x, y, z, red] = [a, b, c, d].map((column) => column?.[row] ?? Number.NaN)
    return (x ?? 0) * (y ?? 0) + ((z ?? 0) > 0.2 ? 1 : 0) * (red ?? 0) + 0.5 * (x ?? 0)
  })
  return [values, values.map((value) => -2 * value)]
}

const background = takeTableRows(
  all,
  Int32Array.from({ length: 40 }, (_, row) => row),
)
const explained = takeTableRows(
  all,
  Int32Array.from({ length: 12 }, (_, row) => 45 + row),
)

/** The sum over all subsets of the other columns, each averaged over the whole background. */
async function exactly(row: number): Promise<number[]> {
  const columnCount = all.columns.length
  const means: number[] = []
  for (let subset = 0; subset < 1 << columnCount; subset++) {
    const columns = background.columns.map((column, index) => {
      if ((subset >> index) % 2 === 0) return column
      const own = takeTableRows(explained, new Int32Array(background.rowCount).fill(row)).columns[index]
      return own ?? column
    })
    const [values] = await predict({ rowCount: background.rowCount, columns })
    means.push((values ?? new Float64Array(0)).reduce((sum, value) => sum + value, 0) / background.rowCount)
  }
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  return all.columns.map((_, column) => {
    let sum = 0
    for (let subset = 0; subset < 1 << columnCount; subset++) {
      if ((subset >> column) % 2 === 1) continue
      const size = [...subset.toString(2)].filter((digit) => digit === '1').length
      const weight = (factorial(size) * factorial(columnCount - size - 1)) / factorial(columnCount)
      sum += weight * (itemAt(means, subset | (1 << column)) - itemAt(means, subset))
    }
    return sum
  })
}

describe('sampleShapley', () => {
  test('comes to the exact values as its standard errors say', async () => {
    const errorsOf: number[] = []
    for (const rounds of [1, 16]) {
      const found = await sampleShapley(explained, predict, { background, seed: 3, rounds })
      let [misses, total, errorSum] = [0, 0, 0]
      for (let row = 0; row < explained.rowCount; row++) {
        for (const [column, exact] of (await exactly(row)).entries()) {
          const error = itemAt(itemAt(itemAt(found.standardErrors, 0), column), row)
          const off = Math.abs(itemAt(itemAt(itemAt(found.contributions, 0), column), row) - exact)
          if (off > 2 * error + 1e-9) misses++
          expect(off).toBeLessThanOrEqual(5 * error + 1e-9)
          errorSum += error
          total++
        }
      }
      expect(misses / total).toBeLessThan(0.1)
      errorsOf.push(errorSum / total)
    }
    // Sixteen times the samples: a quarter of the error.
    expect(itemAt(errorsOf, 1) / itemAt(errorsOf, 0)).toBeGreaterThan(0.15)
    expect(itemAt(errorsOf, 1) / itemAt(errorsOf, 0)).toBeLessThan(0.35)
  })

  test('base and contributions are the prediction, of every output', async () => {
    const found = await sampleShapley(explained, predict, { background, seed: 4 })
    const said = await predict(explained)
    for (const [output, values] of said.entries()) {
      for (let row = 0; row < explained.rowCount; row++) {
        const own = itemAt(found.contributions, output)
        const sum = own.reduce((total, column) => total + itemAt(column, row), float64At(found.expected, output))
        expect(Math.abs(sum - itemAt(values, row))).toBeLessThan(1e-12)
      }
    }
  })

  test('of a linear function one round is exact', async () => {
    const linear = async (rows: Table) => [
      Float64Array.from(at(rows, 'a'), (value, row) => 3 * value - (at(rows, 'b')[row] ?? 0)),
    ]
    const found = await sampleShapley(explained, linear, { background, seed: 1 })
    const mean = background.rowCount
    const a = at(background, 'a')
    const expected = 3 * (itemAt(at(explained, 'a'), 2) - Array.from(a).reduce((sum, value) => sum + value, 0) / mean)
    expect(itemAt(itemAt(itemAt(found.contributions, 0), 0), 2)).toBeCloseTo(expected, 12)
    expect(itemAt(itemAt(itemAt(found.contributions, 0), 2), 2)).toBe(0)
  })

  test('the same seed gives the same, progress is told, and an abort ends it', async () => {
    const done: number[] = []
    const options = { background, seed: 7, onProgress: (progress: { done: number }) => done.push(progress.done) }
    const once = await sampleShapley(explained, predict, options)
    expect(await sampleShapley(explained, predict, { background, seed: 7 })).toEqual(once)
    expect(done).toEqual(Array.from({ length: explained.rowCount }, (_, row) => row + 1))
    await expect(
      sampleShapley(explained, predict, { background, seed: 7, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'training_aborted' })
    expect(sampledPredictions(100, 10)).toBe(2200)
  })
})
