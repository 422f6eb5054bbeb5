import { describe, expect, test } from 'vitest'
import { nextDown, nextUp } from '../../test/float32-neighbours.js'
import { float32Values } from '../data/design-matrix.js'
import { itemAt } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { type TableColumn, textColumn } from '../data/table.js'
import { createPace } from '../estimators/pace.js'
import { denseColumns, denseValues } from '../pipeline/flow.js'
import { createRandom } from '../random/create-random.js'
import { countBelow } from './count-below.js'
import { dateParts } from './date-parts.js'
import { belowFloat32, floorToFloat32 } from './float32-thresholds.js'
import { foldOfRows } from './fold-rows.js'
import { informationOfClass, informationOfNumber, scaledWithNoise } from './mutual-information.js'
import { normalQuantile } from './normal-quantile.js'
import { oneHotEncoder } from './one-hot-encoder.js'
import { ordinalEncoder } from './ordinal-encoder.js'
import { powerTransformer } from './power-transformer.js'
import { selectKBest } from './select-k-best.js'
import { orthonormalise, symmetricEigen } from './small-algebra.js'
import { truncatedSvd } from './truncated-svd.js'

function numbers(name: string, values: readonly number[]): TableColumn {
  return { kind: 'number', name, values: Float64Array.from(values) }
}

describe('parts of a time', () => {
  test('are those of the calendar, from year 1 to 9999, before and after 1970', async () => {
    const random = createRandom(4)
    const [first, last] = [Date.UTC(1, 0, 1) - 1900 * 31_556_952_000, Date.UTC(9999, 11, 31)]
    const drawn = Array.from({ length: 3000 }, () => Math.floor(first + random.float() * (last - first)))
    const edges = [
      0,
      -1,
      1,
      951_782_400_000,
      951_868_799_999,
      -86_400_000,
      Date.UTC(1900, 1, 28),
      Date.UTC(2100, 2, 1),
      Date.UTC(2000, 11, 31),
    ]
    const values = Float64Array.from([...edges, ...drawn, Number.NaN])
    const input: TableColumn[] = [{ kind: 'time', name: 'at', values }]
    const parameters = { minute: true, second: true, day_of_year: true }
    const fitted = await dateParts.fit({ input, target: null, parameters })
    const columns = denseColumns(dateParts.transform(fitted, input), 'test')
    const expected = (milliseconds: number): Record<string, number> => {
      const date = new Date(milliseconds)
      const start = Date.UTC(2000, 0, 1) - 0 * milliseconds
      const newYear = new Date(start).setUTCFullYear(date.getUTCFullYear())
      return {
        at_year: date.getUTCFullYear(),
        at_month: date.getUTCMonth() + 1,
        at_day: date.getUTCDate(),
        at_weekday: (date.getUTCDay() + 6) % 7,
        at_hour: date.getUTCHours(),
        at_minute: date.getUTCMinutes(),
        at_second: date.getUTCSeconds(),
        at_day_of_year: Math.floor((milliseconds - newYear) / 86_400_000) + 1,
      }
    }
    for (const [row, milliseconds] of values.entries()) {
      for (const { name, values: parts } of columns) expect(itemAt(parts, row)).toBe(expected(milliseconds)[name])
    }
  })
})

describe('thresholds', () => {
  test('in float32 decide as the doubles do', () => {
    const random = createRandom(6)
    for (let round = 0; round < 2000; round++) {
      const threshold = (random.float() - 0.5) * 10 ** (random.intBelow(12) - 6)
      const near = Math.fround(threshold)
      for (const value of [near, nextUp(near), nextDown(near)]) {
        expect(value > floorToFloat32(threshold)).toBe(value > threshold)
        expect(value > belowFloat32(threshold)).toBe(value >= threshold)
      }
    }
    expect(belowFloat32(0)).toBe(-(2 ** -149))
    expect(floorToFloat32(0)).toBe(0)
  })

  test('below a value are counted, also where they coincide', () => {
    const thresholds = Float32Array.of(1, 2, 2, 2, 5)
    expect([0, 1, 1.5, 2, 3, 5, 6, Number.NaN].map((value) => countBelow(thresholds, value))).toEqual([
      0, 0, 1, 1, 4, 4, 5, 5,
    ])
    expect(countBelow(new Float32Array(0), 3)).toBe(0)
  })
})

test('quantiles of the normal distribution', () => {
  // Wichura's own check values, and scikit-learn's bound.
  expect(normalQuantile(0.25)).toBeCloseTo(-0.6744897501960817, 14)
  expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167814, 14)
  expect(normalQuantile(0.5)).toBe(0)
  expect(normalQuantile(0)).toBeCloseTo(-5.199337582605575, 9)
  expect(normalQuantile(1)).toBeCloseTo(5.199337582605575, 6)
})

describe('folds', () => {
  test('have each class in equal shares, shuffled or not', () => {
    const codes = Int32Array.from({ length: 100 }, (_, row) => (row % 10 === 0 ? 1 : 0))
    for (const shuffle of [false, true]) {
      const folds = foldOfRows(100, codes, { foldCount: 5, shuffle, seed: 1 })
      for (let fold = 0; fold < 5; fold++) {
        const rows = [...folds.keys()].filter((row) => folds[row] === fold)
        expect(rows.length).toBe(20)
        expect(rows.filter((row) => codes[row] === 1).length).toBe(2)
      }
    }
  })

  test('of numbers are runs of rows', () => {
    expect([...foldOfRows(7, null, { foldCount: 3, shuffle: false, seed: 0 })]).toEqual([0, 0, 0, 1, 1, 2, 2])
  })
})

describe('mutual information', () => {
  const random = createRandom(9)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
  const x = Float64Array.from({ length: 3000 }, normal)

  test('of two normal quantities is that of their correlation', () => {
    const correlation = 0.8
    const y = x.map((value) => correlation * value + Math.sqrt(1 - correlation ** 2) * normal())
    expect(informationOfNumber(x, y)).toBeCloseTo(-0.5 * Math.log(1 - correlation ** 2), 1)
    expect(informationOfNumber(x, Float64Array.from(x, normal))).toBeLessThan(0.03)
  })

  test('of a class that the feature decides is the entropy of the class', () => {
    const codes = Int32Array.from(x, (value) => (value > 0 ? 1 : 0))
    expect(informationOfClass(x, codes, 2)).toBeCloseTo(Math.log(2), 1)
  })

  test('of whole numbers is not upset by ties', () => {
    const whole = Float32Array.from(x, Math.round)
    const codes = Int32Array.from(whole, (value) => (value > 0 ? 1 : 0))
    const information = informationOfClass(scaledWithNoise(whole, createRandom(1)), codes, 2)
    expect(information).toBeGreaterThan(0.5)
  })
})

describe('small algebra', () => {
  test('eigenvectors of a symmetric matrix give it back', () => {
    const random = createRandom(2)
    const size = 12
    const root = Array.from({ length: size }, () => Float64Array.from({ length: size }, () => random.float() - 0.5))
    const matrix = root.map((a) =>
      Float64Array.from(root, (b) => a.reduce((sum, value, at) => sum + value * itemAt(b, at), 0)),
    )
    const { values, vectors } = symmetricEigen(matrix.map((row) => row.slice()))
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const back = vectors.reduce(
          (sum, vector, index) => sum + itemAt(values, index) * itemAt(vector, row) * itemAt(vector, column),
          0,
        )
        expect(back).toBeCloseTo(itemAt(itemAt(matrix, row), column), 12)
      }
    }
    expect([...values]).toEqual([...values].sort((a, b) => b - a))
  })

  test('a vector that depends on others becomes zero', async () => {
    const vectors = [Float64Array.of(1, 2, 3), Float64Array.of(2, 4, 6), Float64Array.of(0, 1, 0)]
    await orthonormalise(vectors, createPace(undefined))
    expect([...itemAt(vectors, 1)]).toEqual([0, 0, 0])
    const dot = itemAt(vectors, 0).reduce((sum, value, at) => sum + value * itemAt(itemAt(vectors, 2), at), 0)
    expect(dot).toBeCloseTo(0, 15)
  })
})

describe('encoders', () => {
  const input = [textColumn('city', ['b', 'a', null, 'a'])]

  test('one-hot has a column of what is missing only where training had it', async () => {
    const fitted = await oneHotEncoder.fit({ input, target: null })
    const columns = denseColumns(oneHotEncoder.transform(fitted, [textColumn('city', ['a', null, 'new'])]), 'test')
    expect(columns.map(({ name, values }) => [name, ...values])).toEqual([
      ['city_a', 1, 0, 0],
      ['city_b', 0, 0, 0],
      ['city_missing', 0, 1, 0],
    ])
  })

  test('ordinal tells estimators how many categories there are', async () => {
    const fitted = await ordinalEncoder.fit({ input, target: null, parameters: { as_categories: true } })
    const [column] = denseColumns(ordinalEncoder.transform(fitted, [textColumn('city', ['b', 'new', null])]), 'test')
    expect(column?.categoryCount).toBe(2)
    expect(column && [...column.values]).toEqual([1, Number.NaN, Number.NaN])
  })
})

describe('selection', () => {
  const sparse: SparseMatrix = {
    kind: 'sparse',
    rowCount: 4,
    columnCount: 3,
    rowStarts: Int32Array.of(0, 2, 3, 5, 6),
    columnIds: Int32Array.of(0, 2, 1, 0, 1, 2),
    values: Float32Array.of(1, 5, 2, 3, 1, 4),
    columnNames: ['a', 'b', 'c'],
  }
  const target = {
    kind: 'classes',
    labels: { kind: 'class_labels', codes: Int32Array.of(0, 1, 0, 1), classes: ['n', 'y'] },
  } as const

  test.each(['f_classif', 'chi2', 'mutual_info_classif'])(
    '%s chooses the same of sparse rows as of dense ones',
    async (score) => {
      const parameters = { score_func: score, k: 2 }
      const chosen = await selectKBest.fit({ input: sparse, target, parameters })
      const dense = { rowCount: 4, columns: denseColumns(sparse, 'test') }
      const again = await selectKBest.fit({ input: dense, target, parameters })
      expect(chosen).toEqual(again)
      const output = selectKBest.transform(chosen, sparse)
      expect(denseValues(output, 'test')).toEqual(denseValues(selectKBest.transform(again, dense), 'test'))
      expect('columnNames' in output && output.columnNames?.length).toBe(2)
    },
  )
})

describe('long fits', () => {
  const wide = Array.from({ length: 30 }, (_, index) => {
    const random = createRandom(index)
    return numbers(
      `x${index}`,
      Array.from({ length: 2000 }, () => random.float()),
    )
  })

  test.each([truncatedSvd, powerTransformer, selectKBest])('$kind stops when it is told to', async (transformer) => {
    const stop = new AbortController()
    const target = { kind: 'values', values: Float64Array.from({ length: 2000 }, (_, row) => row) } as const
    const fit = transformer.fit({ input: wide, target, signal: stop.signal })
    stop.abort()
    await expect(fit).rejects.toThrowError(expect.objectContaining({ code: 'training_aborted' }))
  })

  test('the random projection finds the directions of the rows', async () => {
    const random = createRandom(5)
    const hidden = Array.from({ length: 500 }, () => 10 * (random.float() - 0.5))
    const input = [1, -2, 2].map((weight, index) =>
      numbers(
        `x${index}`,
        hidden.map((value) => weight * value + 1e-3 * random.float()),
      ),
    )
    const fitted = await truncatedSvd.fit({ input, target: null, parameters: { n_components: 1 } })
    const direction = [...fitted.components].map((value) => value * Math.sign(itemAt(fitted.components, 0)))
    for (const [index, weight] of [1, -2, 2].entries()) expect(itemAt(direction, index)).toBeCloseTo(weight / 3, 3)
    const [component] = denseColumns(truncatedSvd.transform(fitted, input), 'test')
    expect(component && float32Values(component).length).toBe(500)
  })
})
