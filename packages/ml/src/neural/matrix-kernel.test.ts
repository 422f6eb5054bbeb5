import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { wasm } from '../wasm/wasm-runtime.js'
import { linkMatrixKernel } from './matrix-kernel.js'
import { createMlpBuffers } from './mlp-buffers.js'
import { createLayers, forward } from './mlp-network.js'

/** start + a b by plain loops, in the order of the inner index. */
function product(
  start: Float64Array,
  a: (row: number, inner: number) => number,
  b: Float64Array,
  size: { readonly rows: number; readonly inner: number; readonly columns: number },
): readonly number[] {
  const { rows, inner, columns } = size
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns]
    let sum = start[column] ?? 0
    for (let index = 0; index < inner; index++) sum += a(row, index) * (b[index * columns + column] ?? 0)
    return sum
  })
}

describe('multiply', () => {
  test.each([
    { rows: 4, inner: 1, columns: 4 },
    { rows: 8, inner: 5, columns: 12 },
    { rows: 12, inner: 0, columns: 8 },
  ])('to the bit as plain loops, straight and turned: %o', (size) => {
    const { rows, inner, columns } = size
    const memory = new wasm.Memory({ initial: 1, maximum: 1, shared: true })
    const { multiply } = linkMatrixKernel(memory)
    const random = createRandom(rows)
    const list = (start: number, length: number) => new Float64Array(memory.buffer, start, length)
    const places = { start: 0, a: 1024, b: 4096, c: 16_384 }
    const [start, a, b] = [list(places.start, columns), list(places.a, rows * inner), list(places.b, inner * columns)]
    for (const values of [start, a, b]) for (let at = 0; at < values.length; at++) values[at] = random.float() - 0.5
    const c = list(places.c, rows * columns + 1).fill(7)
    multiply(places.start, places.a, 8 * inner, 8, places.b, places.c, rows, inner, 8 * columns)
    expect([...c.subarray(0, -1)]).toEqual(product(start, (row, index) => a[row * inner + index] ?? 0, b, size))
    multiply(places.start, places.a, 8, 8 * rows, places.b, places.c, rows, inner, 8 * columns)
    expect([...c]).toEqual([...product(start, (row, index) => a[index * rows + row] ?? 0, b, size), 7])
  })
})

describe('buffers of a network', () => {
  const layers = createLayers([3, 5, 2], 'relu', createRandom(1))
  const [hidden, last] = layers
  if (hidden === undefined || last === undefined) throw new Error('there are two layers')

  function filled(rows: number, seed: number) {
    const random = createRandom(seed)
    const buffers = createMlpBuffers(layers, 7)
    buffers.readWeights()
    const inputs = Float64Array.from({ length: 3 * rows }, () => random.float() - 0.5)
    for (const [at, value] of inputs.entries())
      buffers.inputs.values[Math.floor(at / 3) * buffers.inputs.stride + (at % 3)] = value
    return { buffers, inputs, random }
  }

  /** The first `columns` of the first `rows`. */
  const part = (
    matrix: { readonly values: Float64Array; readonly stride: number } | undefined,
    rows: number,
    columns: number,
  ) =>
    Array.from(
      { length: rows * columns },
      (_, at) => matrix?.values[Math.floor(at / columns) * matrix.stride + (at % columns)],
    )

  test.each([1, 6, 7])('sums of %i rows are those of plain loops', (rows) => {
    const { buffers, inputs } = filled(rows, 2)
    const [first, second] = [new Float64Array(5 * rows), new Float64Array(2 * rows)]
    forward(hidden, inputs, first, rows)
    forward(last, first, second, rows)
    buffers.forward(0, rows)
    buffers.forward(1, rows)
    expect(part(buffers.sums[0], rows, 5)).toEqual([...first])
    expect(part(buffers.sums[1], rows, 2)).toEqual([...second])
  })

  test('gradients and errors leave out what rows of an earlier batch have left', () => {
    const { buffers, random } = filled(7, 3)
    const errors = buffers.errors[1]
    if (errors === undefined) throw new Error('there are two layers')
    for (const rows of [7, 5]) {
      buffers.forward(0, rows)
      for (let at = 0; at < rows; at++)
        for (let output = 0; output < 2; output++) errors.values[at * errors.stride + output] = random.float() - 0.5
      buffers.backward(1, rows)
    }
    const [from, own] = [part(buffers.sums[0], 5, 5), part(errors, 5, 2)]
    const zeros = new Float64Array(5)
    const turned = Float64Array.from({ length: 10 }, (_, at) => last.weights[(at % 5) * 2 + Math.floor(at / 5)] ?? 0)
    const gradients = product(
      zeros,
      (row, index) => from[index * 5 + row] ?? 0,
      Float64Array.from(own, (e) => e ?? 0),
      {
        ...{ rows: 5, inner: 5, columns: 2 },
      },
    )
    const below = product(zeros, (row, index) => own[row * 2 + index] ?? 0, turned, { rows: 5, inner: 2, columns: 5 })
    expect(part(buffers.gradients[1], 5, 2)).toEqual(gradients)
    expect(part(buffers.errors[0], 5, 5)).toEqual(below)
    const biases = [0, 1].map((output) => [0, 1, 2, 3, 4].reduce((sum, row) => sum + (own[row * 2 + output] ?? 0), 0))
    expect(part(buffers.biasGradients[1], 1, 2)).toEqual(biases)
  })

  test('more than 4 GiB are refused', () => {
    const wide = createLayers([3, 100_000, 2], 'relu', createRandom(1))
    expect(() => createMlpBuffers(wide, 10_000)).toThrowError(expect.objectContaining({ code: 'memory_limit' }))
  })
})
