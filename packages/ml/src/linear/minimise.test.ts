import { describe, expect, test } from 'vitest'
import { float64At } from '../data/element.js'
import { floats } from '../data/feature-rows.js'
import { createPace } from '../estimators/pace.js'
import { createRandom } from '../random/create-random.js'
import { type ColumnMatrix, columnMatrix, columnOf } from './column-matrix.js'
import { factoriseOrthogonally, multiplyByQ } from './householder.js'
import { minimise } from './minimise.js'
import { minimiseWithL1 } from './minimise-with-l1.js'
import type { Objective } from './minimum.js'
import { singularValues } from './singular-values.js'
import { dot } from './vector.js'

const size = 30
/** Half the sum of `bend (x - centre)^2`, bends from 1 to 10^3. */
const bends = Float64Array.from({ length: size }, (_, index) => 10 ** ((3 * index) / (size - 1)))
const centre = Float64Array.from({ length: size }, (_, index) => Math.sin(index) * 3)
const bowl: Objective = {
  async evaluate(parameters, gradient) {
    let value = 0
    for (let index = 0; index < size; index++) {
      const off = float64At(parameters, index) - float64At(centre, index)
      gradient[index] = float64At(bends, index) * off
      value += 0.5 * float64At(bends, index) * off * off
    }
    return value
  },
}
const options = { objective: bowl, start: new Float64Array(size), tolerance: 1e-9, maxIterations: 2000 }

function worst(found: Float64Array, expected: Float64Array): number {
  return Math.max(...found.map((value, index) => Math.abs(value - float64At(expected, index))))
}

describe('minimise', () => {
  test('finds the bottom of a narrow valley, at once when it knows its shape', async () => {
    const slow = await minimise(options)
    expect(worst(slow.parameters, centre)).toBeLessThan(1e-6)
    const precondition = (vector: Float64Array) => {
      for (let index = 0; index < size; index++) vector[index] = float64At(vector, index) / float64At(bends, index)
    }
    const quick = await minimise({ ...options, precondition })
    expect(worst(quick.parameters, centre)).toBeLessThan(1e-9)
    expect(quick.iterations).toBe(1)
    expect(slow.iterations).toBeGreaterThan(10)
  })

  test('tells when iterations run out', async () => {
    expect(await minimise({ ...options, maxIterations: 2 })).toMatchObject({ hasConverged: false, iterations: 2 })
  })

  test('refuses what is not a number', async () => {
    const objective: Objective = { evaluate: async () => Number.NaN }
    await expect(minimise({ ...options, objective })).rejects.toMatchObject({ code: 'not_converging' })
  })

  test('steps back from where there is no value', async () => {
    // -ln x + x, which is infinite below 0, has its bottom at 1.
    const objective: Objective = {
      async evaluate([x = 0], gradient) {
        gradient[0] = 1 - 1 / x
        return x <= 0 ? Infinity : x - Math.log(x)
      },
    }
    const found = await minimise({ ...options, objective, start: Float64Array.of(40) })
    expect(found.parameters[0]).toBeCloseTo(1, 6)
  })
})

test('with absolute values, parameters shrink by their weight and stop at 0', async () => {
  const weights = bends.map((bend, index) => (index % 3 === 0 ? 0 : 1.5 * bend))
  const found = await minimiseWithL1(options, weights)
  // Each parameter is on its own: it moves towards 0 by weight / bend.
  const expected = centre.map((one, index) =>
    index % 3 === 0 ? one : Math.sign(one) * Math.max(0, Math.abs(one) - 1.5),
  )
  // The value is in the thousands: its last digits tell of no smaller differences.
  expect(worst(found.parameters, expected)).toBeLessThan(1e-4)
  for (const [index, one] of expected.entries()) if (one === 0) expect(Math.abs(found.parameters[index] ?? 1)).toBe(0)
  expect(found.hasConverged).toBe(true)
})

function randomMatrix(rowCount: number, columnCount: number): ColumnMatrix {
  const random = createRandom(rowCount)
  return {
    rowCount,
    columnCount,
    values: Float64Array.from({ length: rowCount * columnCount }, () => random.float() - 0.5),
  }
}

describe('factors multiply to what they came from', () => {
  test.each([
    [9, 5],
    [5, 5],
    [4, 7],
  ])('Q R of %i x %i', async (rowCount, columnCount) => {
    const matrix = randomMatrix(rowCount, columnCount)
    const values = matrix.values.slice()
    const factor = await factoriseOrthogonally({ ...matrix, values }, createPace(undefined))
    for (let column = 0; column < columnCount; column++) {
      const product = columnOf(factor.matrix, column).slice()
      for (let row = column + 1; row < rowCount; row++) expect(product[row]).toBe(0)
      multiplyByQ(factor, product)
      expect(worst(product, columnOf(matrix, column))).toBeLessThan(1e-14)
    }
  })

  test('singular values', async () => {
    const matrix = randomMatrix(8, 6)
    const { scaledLeft, right, values } = await singularValues(
      { ...matrix, values: matrix.values.slice() },
      createPace(undefined),
    )
    const product = columnMatrix(8, 6)
    for (let inner = 0; inner < 6; inner++) {
      for (let column = 0; column < 6; column++) {
        for (let row = 0; row < 8; row++) {
          const at = column * 8 + row
          product.values[at] =
            float64At(product.values, at) +
            float64At(scaledLeft.values, inner * 8 + row) * float64At(right.values, inner * 6 + column)
        }
      }
      expect(dot(columnOf(right, inner), columnOf(right, inner))).toBeCloseTo(1, 14)
      for (let other = 0; other < inner; other++) {
        expect(Math.abs(dot(columnOf(scaledLeft, inner), columnOf(scaledLeft, other)))).toBeLessThan(1e-14)
      }
      expect(values[inner]).toBeGreaterThan(0)
    }
    expect(worst(product.values, matrix.values)).toBeLessThan(1e-14)
  })
})

test('more numbers than memory holds are refused', () => {
  for (const isShared of [false, true]) {
    expect(() => floats(2 ** 50, isShared)).toThrowError(expect.objectContaining({ code: 'memory_limit' }))
  }
})
