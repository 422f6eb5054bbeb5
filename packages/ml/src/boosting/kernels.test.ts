import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { wasm } from '../wasm/wasm-runtime.js'
import { binsPerFeature, compileKernels, linkKernels } from './kernels.js'
import { createDerivatives, lossOf } from './losses.js'

const countShift = 41
const featureCells = binsPerFeature * 2

function linked(width: number) {
  const memory = new wasm.Memory({ initial: 16, maximum: 16, shared: true })
  return { memory, kernels: linkKernels(compileKernels(width), memory) }
}

describe('kernels', () => {
  test.each([1, 3, 20, 32])('sums of rows, taken apart again, are those of a plain loop (%i features)', (width) => {
    const { memory, kernels } = linked(width)
    const random = createRandom(width)
    const rowCount = 500
    const places = { rows: 0, gradients: 4096, bins: 16_384, cells: 65_536, values: 262_144 }
    const rows = Int32Array.from({ length: 300 }, () => random.intBelow(rowCount))
    const gradients = Int32Array.from({ length: 2 * rowCount }, (_, index) =>
      index % 2 === 0 ? random.intBelow(2 ** 30) - 2 ** 29 : random.intBelow(2 ** 29),
    )
    const bins = Uint8Array.from({ length: rowCount * width }, () => random.intBelow(binsPerFeature))
    new Int32Array(memory.buffer, places.rows).set(rows)
    new Int32Array(memory.buffer, places.gradients).set(gradients)
    new Uint8Array(memory.buffer, places.bins).set(bins)
    kernels.addRows(places.rows, places.rows + 4 * rows.length, places.bins, places.gradients, places.cells, countShift)
    for (let feature = 0; feature < width; feature++) {
      const expected = new Float64Array(3 * binsPerFeature)
      for (const row of rows) {
        const at = 3 * (bins[row * width + feature] ?? 0)
        for (const [place, addend] of [(gradients[2 * row] ?? 0) / 4, (gradients[2 * row + 1] ?? 0) / 2, 1].entries()) {
          expected[at + place] = (expected[at + place] ?? 0) + addend
        }
      }
      const cells = places.cells + feature * 8 * featureCells
      kernels.unpackCells(cells, cells + 8 * featureCells, places.values, countShift, 1 / 4, 1 / 2)
      expect(new Float64Array(memory.buffer, places.values, expected.length)).toEqual(expected)
    }
  })

  test('cells are added and subtracted', () => {
    const { memory, kernels } = linked(1)
    const values = new BigInt64Array(memory.buffer)
    values.set([1n, -2n, 3n, 2n ** 40n], 0)
    values.set([10n, 20n, -30n, 5n], 4)
    kernels.sumCells(64, 96, 0, 32)
    expect([...values.slice(8, 12)]).toEqual([11n, 18n, -27n, 2n ** 40n + 5n])
    kernels.subtractCells(64, 96, 32)
    expect([...values.slice(8, 12)]).toEqual([1n, -2n, 3n, 2n ** 40n])
  })

  test.each([0, 1, 7, 300])('%i rows are parted in place, in order', (count) => {
    const { memory, kernels } = linked(1)
    const random = createRandom(count)
    const places = { rows: 0, column: 4096, table: 8192, scratch: 12_288 }
    const rows = Int32Array.from({ length: count }, (_, index) => 3 * index)
    const column = Uint8Array.from({ length: 1000 }, () => random.intBelow(binsPerFeature))
    const table = Uint8Array.from({ length: binsPerFeature }, () => 4 * random.intBelow(2))
    new Int32Array(memory.buffer, places.rows).set(rows)
    new Uint8Array(memory.buffer, places.column).set(column)
    new Uint8Array(memory.buffer, places.table).set(table)
    const { rows: start, ...others } = places
    const middle = kernels.partRows(start, start + 4 * count, others.column, others.table, others.scratch)
    const goesLeft = (row: number) => table[column[row] ?? 0] === 4
    const left = rows.filter(goesLeft)
    expect(middle).toBe(4 * left.length)
    expect([...new Int32Array(memory.buffer, 0, count)]).toEqual([...left, ...rows.filter((row) => !goesLeft(row))])
  })

  test('values are binned by their bounds', () => {
    const { memory, kernels } = linked(1)
    const bounds = [-1.5, 0, 0.1, 7]
    new Float32Array(memory.buffer, 4096, 256).fill(Infinity).set(bounds)
    const values = [-Infinity, -1.5, -1.4, 0, 0.05, Math.fround(0.1), 0.2, 7, 8, Infinity, Number.NaN]
    new Float32Array(memory.buffer).set(values)
    kernels.binValues(0, 4 * values.length, 4096, 8192)
    const rounded = bounds.map(Math.fround)
    const expected = values.map((value) =>
      Number.isNaN(value) ? 255 : rounded.filter((bound) => value > bound).length,
    )
    expect([...new Uint8Array(memory.buffer, 8192, values.length)]).toEqual(expected)
    new Float32Array(memory.buffer, 4096, 254).set(Float32Array.from({ length: 254 }, (_, index) => index))
    new Float32Array(memory.buffer).set([253, 254])
    kernels.binValues(0, 8, 4096, 8192)
    expect([...new Uint8Array(memory.buffer, 8192, 2)]).toEqual([253, 254])
  })

  test.each([
    { cellCount: 12, isAfter: false, peak: 6 },
    { cellCount: 13, isAfter: false, peak: 9 },
    { cellCount: 12, isAfter: true, peak: 6 },
    { cellCount: 13, isAfter: true, peak: 9 },
    { cellCount: 1, isAfter: true, peak: 0 },
  ])('the best of $cellCount last cells is that of a plain loop, of equal ones too', ({ cellCount, isAfter, peak }) => {
    const { memory, kernels } = linked(1)
    const random = createRandom(cellCount)
    const counts = Array.from({ length: 14 }, (_, cell) => (cell % 3 === 1 ? 0 : 1 + random.intBelow(9)))
    const gradients = counts.map((count) => (count === 0 ? 0 : random.intBelow(41) - 20))
    // The cell behind the peak is empty, so that both are as good. What comes behind the last cell must not count.
    gradients[peak] = 5000
    gradients[cellCount] = 1e6
    const cells = new BigInt64Array(memory.buffer, 1024, 28)
    for (const [cell, count] of counts.entries()) {
      cells[2 * cell] = BigInt(gradients[cell] ?? 0)
      cells[2 * cell + 1] = (BigInt(count) << BigInt(countShift)) + BigInt(2 * count)
    }
    cells.copyWithin(26, 0, 2)
    const first = isAfter ? 1024 + 13 * 16 : 0
    const [count, gradient, hessian] = [200, 300, 400]
    let expected = { gain: 0, cell: -1, left: 0 }
    let [left, leftGradient] = isAfter ? [counts[0] ?? 0, gradients[0] ?? 0] : [0, 0]
    for (let cell = 0; cell < cellCount; cell++) {
      left += counts[cell] ?? 0
      leftGradient += gradients[cell] ?? 0
      if (left < 5) continue
      const rightGradient = gradient - leftGradient
      const gain =
        leftGradient * (leftGradient / (2 * left + 1e-15)) +
        rightGradient * (rightGradient / (hessian - 2 * left + 1e-15))
      const isBetter = gain > expected.gain || (isAfter && expected.cell >= 0 && gain === expected.gain)
      if (isBetter) expected = { gain, cell, left }
    }
    const list = new Float64Array(memory.buffer, 0, 17)
    list.set([1, 1, count, gradient, hessian, 0, 0, -Infinity, Infinity, 0, 5, 1e-3, 0])
    kernels.scanCells(1024, 1024 + 16 * cellCount, first, 0, countShift)
    expect({ gain: list[12], cell: (list[13] ?? 0) / 16, left: list[16] }).toEqual(expected)
  })

  test('a number is added to the values of rows', () => {
    const { memory, kernels } = linked(1)
    new Int32Array(memory.buffer).set([2, 0])
    new Float64Array(memory.buffer, 64).set([1, 2, 3])
    kernels.addToRows(0, 8, 64, 0.5)
    expect([...new Float64Array(memory.buffer, 64, 3)]).toEqual([1.5, 2, 3.5])
  })
})

test('derivatives and losses of two classes are those of the loss function', () => {
  const { memory, kernels } = linked(1)
  const random = createRandom(5)
  const rows = 512
  const places = { raw: 0, targets: 8192, whole: 16_384, list: 32_768, inputs: 40_960, results: 49_152 }
  const floats = (start: number, length: number) => new Float64Array(memory.buffer, start, length)
  const raw = floats(places.raw, rows)
  const targets = floats(places.targets, rows)
  for (let row = 0; row < rows; row++) {
    raw[row] = 40 * (random.float() - 0.5)
    targets[row] = random.intBelow(2)
  }
  raw.set([0, -0, 800, -800])
  const exponentials = {
    inputs: floats(places.inputs, rows),
    results: floats(places.results, rows),
    compute: (length: number) => kernels.expOf(places.inputs, places.inputs + 8 * length, places.results),
  }
  const derivatives = createDerivatives(1, exponentials)
  const loss = lossOf('log_loss', 0).evaluate(
    { predictions: [raw], targets, weights: null },
    { from: 0, to: rows },
    derivatives,
  )
  const list = floats(places.list, 6)
  const [perGradient, perHessian] = [2 ** 30, 2 ** 31]
  list.set([perGradient, perHessian])
  kernels.logLossRows(places.raw, places.raw + 8 * rows, places.targets, places.whole, places.list)
  const [, , linear0 = 0, linear1 = 0, product0 = 0, product1 = 0] = list
  expect(Math.abs((linear0 + linear1 + Math.log(product0 * product1)) / loss - 1)).toBeLessThan(1e-12)
  const whole = new Int32Array(memory.buffer, places.whole, 2 * rows)
  const rounder = 1.5 * 2 ** 52
  for (let row = 0; row < rows; row++) {
    expect(whole[2 * row]).toBe((derivatives.gradients[0]?.[row] ?? 0) * perGradient + rounder - rounder)
    expect(whole[2 * row + 1]).toBe((derivatives.hessians[0]?.[row] ?? 0) * perHessian + rounder - rounder)
  }
})

test('exponentials are those of Math.exp within two units in the last place', () => {
  const { memory, kernels } = linked(1)
  const inputs = Float64Array.from({ length: 4001 }, (_, index) => (index - 2000) * 0.3537)
  inputs.set([0, -0, 1, -1, 1e-20, -708, 709, Math.LN2 / 2, -Math.LN2 / 2])
  new Float64Array(memory.buffer).set(inputs)
  kernels.expOf(0, 8 * inputs.length, 65_536)
  const results = new Float64Array(memory.buffer, 65_536, inputs.length)
  for (const [index, input] of inputs.entries()) {
    const expected = Math.exp(Math.min(Math.max(input, -708), 709))
    expect(Math.abs((results[index] ?? 0) / expected - 1)).toBeLessThan(2 ** -51)
  }
  expect(results[0]).toBe(1)
})
