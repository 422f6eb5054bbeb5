import { describe, expect, test } from 'vitest'
import { itemAt } from '../data/element.js'
import { columnNamed, type Table, table, textColumn } from '../data/table.js'
import { regressionScores } from '../metrics/regression.js'
import { createRandom } from '../random/create-random.js'
import { partialDependence } from './partial-dependence.js'
import { permutationImportance } from './permutation-importance.js'

const random = createRandom(2)
const count = 400
const numbers = () => Float64Array.from({ length: count }, () => random.float())
const rows = table([
  { kind: 'number', name: 'strong', values: numbers() },
  { kind: 'number', name: 'weak', values: numbers() },
  { kind: 'number', name: 'idle', values: numbers() },
  textColumn(
    'colour',
    Array.from({ length: count }, (_, row) => (row % 4 === 0 ? 'red' : 'blue')),
  ),
])

function predict(given: Table): Float64Array {
  const [strong, weak, colour] = ['strong', 'weak', 'colour'].map((name) => columnNamed(given, name))
  if (strong?.kind !== 'number' || weak?.kind !== 'number' || colour?.kind !== 'text') throw new Error('Other columns')
  return strong.values.map(
    (value, row) =>
      4 * value + itemAt(weak.values, row) + (colour.categories[itemAt(colour.codes, row)] === 'red' ? 2 : 0),
  )
}

const truth = predict(rows)
const score = (given: Table) => regressionScores(truth, predict(given)).r2

describe('permutationImportance', () => {
  test('ranks columns by what depends on them', async () => {
    const found = await permutationImportance(rows, score, { seed: 1 })
    const byName = Object.fromEntries(found.map(({ name, mean }) => [name, mean]))
    expect(byName.strong).toBeGreaterThan(1.5 * (byName.colour ?? 0))
    expect(byName.colour).toBeGreaterThan(2 * (byName.weak ?? 0))
    expect(byName.weak).toBeGreaterThan(0)
    expect(found[2]).toEqual({ name: 'idle', mean: 0, deviation: 0, decreases: [0, 0, 0, 0, 0] })
    // Of a column that stands alone it is twice the share of the variance that it explains.
    const variance = 16 / 12 + 1 / 12 + 4 * 0.25 * 0.75
    expect(Math.abs((byName.strong ?? 0) - (2 * 16) / 12 / variance)).toBeLessThan(0.1)
    expect(await permutationImportance(rows, score, { seed: 1 })).toEqual(found)
  })

  test('an abort ends it', async () => {
    const signal = AbortSignal.abort()
    await expect(permutationImportance(rows, score, { seed: 1, signal })).rejects.toMatchObject({
      code: 'training_aborted',
    })
  })
})

describe('partialDependence', () => {
  test('of a number: the slope', async () => {
    const { grid, means } = await partialDependence(rows, 'strong', predict, { points: 5 })
    expect(grid).toHaveLength(5)
    const [first, last] = [grid[0], grid[4]].map(Number)
    expect(itemAt(means, 4) - itemAt(means, 0)).toBeCloseTo(4 * ((last ?? 0) - (first ?? 0)), 9)
  })

  test('of a text: the commonest first', async () => {
    const { grid, means } = await partialDependence(rows, 'colour', predict)
    expect(grid).toEqual(['blue', 'red'])
    expect(itemAt(means, 1) - itemAt(means, 0)).toBeCloseTo(2, 9)
  })

  test('an unknown column is refused', async () => {
    await expect(partialDependence(rows, 'size', predict)).rejects.toMatchObject({ code: 'missing_feature' })
  })
})
