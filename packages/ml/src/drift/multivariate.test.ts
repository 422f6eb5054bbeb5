import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Table, type TableColumn, table, textColumn } from '../data/table.js'
import { createRandom } from '../random/create-random.js'
import { domainClassifierDrift, domainRowsMin } from './multivariate-classifier.js'
import { fitReconstruction, reconstructionDrift } from './multivariate-reconstruction.js'

type Rows = Readonly<Record<string, readonly (number | string | null)[]>>

interface Cases {
  readonly reference: Rows
  readonly reconstruction: readonly {
    readonly name: string
    readonly current: Rows
    readonly expected: Readonly<Record<'value' | 'sampling_error' | 'lower_threshold' | 'upper_threshold', number>> & {
      readonly alert: boolean
    }
  }[]
  readonly domain: readonly {
    readonly name: string
    readonly current: Rows
    readonly expected: { readonly scikit_learn: number; readonly nannyml: number; readonly nannyml_alert: boolean }
  }[]
}

// Written by test/conformance/monitoring_multivariate.py, which tells the versions.
const cases = JSON.parse(
  readFileSync(new URL('../../test/parity/monitoring-multivariate.json', import.meta.url), 'utf8'),
) as Cases

function tableOf(rows: Rows): Table {
  return table(
    Object.entries(rows).map(([name, values]): TableColumn => {
      if (values.some((value) => typeof value === 'string'))
        return textColumn(
          name,
          values.map((value) => (value === null ? null : String(value))),
        )
      return {
        kind: 'number',
        name,
        values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
      }
    }),
  )
}

/** Nearly normal: twelve uniform numbers have variance 1. */
const normalOf = (random: ReturnType<typeof createRandom>) =>
  Array.from({ length: 12 }, () => random.float()).reduce((sum, one) => sum + one, -6)

const numbers = (name: string, values: ArrayLike<number>): TableColumn => ({
  kind: 'number',
  name,
  values: Float64Array.from(values),
})

test.each(cases.reconstruction.map((given) => [given.name, given] as const))(
  'the error of reconstruction is that of NannyML: %s',
  async (_, { current, expected }) => {
    const model = await fitReconstruction(tableOf(cases.reference))
    const found = reconstructionDrift(model, tableOf(current))
    expect(found.value).toBeCloseTo(expected.value, 9)
    expect(found.samplingError).toBeCloseTo(expected.sampling_error, 9)
    expect(found.thresholds?.low).toBeCloseTo(expected.lower_threshold, 9)
    expect(found.thresholds?.high).toBeCloseTo(expected.upper_threshold, 9)
    expect(found.alarm).toBe(expected.alert)
  },
)

test.each(cases.domain.map((given) => [given.name, given] as const))(
  'the area of the classifier is that of scikit-learn: %s',
  async (_, { current, expected }) => {
    const found = await domainClassifierDrift(tableOf(cases.reference), tableOf(current), { seed: null })
    expect(found.area).toBeCloseTo(expected.scikit_learn, 2)
    // Other trees, in other folds.
    expect(Math.abs((found.area ?? 0) - expected.nannyml)).toBeLessThan(0.07)
    expect(found.drift).toBe(expected.nannyml > 0.55)
  },
)

describe('a classifier', () => {
  const draw = (seed: number, count: number, turn = 1) => {
    const random = createRandom(seed)
    const first = Float64Array.from({ length: count }, () => normalOf(random))
    return table([
      numbers('first', first),
      numbers(
        'second',
        first.map((value) => turn * value + 0.3 * normalOf(random)),
      ),
    ])
  }

  test('sees what no column shows alone, and says which columns', async () => {
    const found = await domainClassifierDrift(draw(1, 400), draw(2, 400, -1), { seed: 1 })
    expect(found).toMatchObject({ state: 'tested', drift: true, referenceRows: 400, currentRows: 400 })
    expect(found.area).toBeGreaterThan(0.85)
    expect(found.importances.map(({ name }) => name).sort()).toEqual(['first', 'second'])
    expect(found.importances.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
  })

  test('alarms no more often than it says where nothing changed', async () => {
    let alarms = 0
    const rounds = 40
    for (let round = 0; round < rounds; round++) {
      const options = { seed: round, areaMin: 0.5 }
      const { drift } = await domainClassifierDrift(draw(100 + round, 150), draw(900 + round, 150), options)
      if (drift === true) alarms++
    }
    // 5 % of 40 are 2; more than 6 come once in 200 times.
    expect(alarms).toBeLessThanOrEqual(6)
  })

  test('has its own state where rows are too few', async () => {
    const found = await domainClassifierDrift(draw(1, domainRowsMin - 1), draw(2, 400, -1), { seed: 1 })
    expect(found).toMatchObject({ state: 'not_enough_data', area: null, drift: null })
  })

  test('decides nothing good of a table of which it left columns out', async () => {
    const [reference, current] = [draw(1, 200), draw(2, 200)]
    const more = table([...reference.columns, numbers('gone', new Float64Array(200))])
    const found = await domainClassifierDrift(more, current, { seed: 1 })
    expect(found).toMatchObject({ state: 'tested', drift: null, leftOut: ['gone'] })
    const renamed = table([...current.columns, textColumn('gone', new Array(200).fill('x'))])
    expect(await domainClassifierDrift(more, renamed, { seed: 1 })).toMatchObject({ drift: null, leftOut: ['gone'] })
    const turned = table([...draw(2, 200, -1).columns, numbers('new', new Float64Array(200))])
    expect(await domainClassifierDrift(reference, turned, { seed: 1 })).toMatchObject({ drift: true, leftOut: ['new'] })
    expect(await domainClassifierDrift(reference, current, { seed: 1 })).toMatchObject({ drift: false, leftOut: [] })
  })

  test('refuses tables without a column in common', async () => {
    const other = table([numbers('third', [1, 2, 3])])
    await expect(domainClassifierDrift(draw(1, 200), other, { seed: 1 })).rejects.toMatchObject({
      code: 'missing_feature',
    })
  })

  test('takes what is missing, infinite, constant and of very many labels', async () => {
    const hard = (seed: number) => {
      const random = createRandom(seed)
      const values = Float64Array.from({ length: 200 }, (_, row) => (row % 7 === 0 ? Number.NaN : normalOf(random)))
      values[3] = Number.POSITIVE_INFINITY
      return table([
        numbers('gaps', values),
        numbers('constant', new Float64Array(200)),
        numbers('empty', new Float64Array(200).fill(Number.NaN)),
        textColumn(
          'names',
          Array.from({ length: 200 }, (_, row) => (row % 11 === 0 ? null : `n${seed}-${row}`)),
        ),
      ])
    }
    expect((await domainClassifierDrift(hard(1), hard(1), { seed: 1 })).drift).toBe(false)
    expect((await domainClassifierDrift(hard(1), hard(2), { seed: 1 })).state).toBe('tested')
  })
})

describe('a reconstruction', () => {
  test('leaves out columns without a value, and says so', async () => {
    const reference = table([
      numbers(
        'a',
        Float64Array.from({ length: 200 }, (_, row) => row % 13),
      ),
      numbers('empty', new Float64Array(200).fill(Number.NaN)),
    ])
    const model = await fitReconstruction(reference)
    expect(model.leftOut).toEqual(['empty'])
    expect(reconstructionDrift(model, reference).alarm).toBe(false)
  })

  test('scales a column that is constant to within rounding by 1', async () => {
    const reference = table([
      numbers(
        'a',
        Float64Array.from({ length: 300 }, (_, row) => row % 13),
      ),
      numbers('constant', new Float64Array(300).fill(0.1)),
      numbers('large', new Float64Array(300).fill(1e12 / 3)),
    ])
    expect([...(await fitReconstruction(reference)).deviations].slice(1)).toEqual([1, 1])
  })

  test('refuses few rows, no values, and a column that became something else', async () => {
    const few = table([numbers('a', [1, 2, 3])])
    await expect(fitReconstruction(few)).rejects.toMatchObject({ code: 'empty_set' })
    const none = table([numbers('a', new Float64Array(200).fill(Number.NaN))])
    await expect(fitReconstruction(none)).rejects.toMatchObject({ code: 'missing_feature' })
    const model = await fitReconstruction(
      table([
        numbers(
          'a',
          Float64Array.from({ length: 200 }, (_, row) => row % 9),
        ),
      ]),
    )
    expect(() => reconstructionDrift(model, table([textColumn('a', ['x'])]))).toThrow('of another kind')
    expect(() => reconstructionDrift(model, table([numbers('b', [1])]))).toThrow('There is no column')
  })
})

describe('thresholds from rows apart', () => {
  const tableOfNoise = (seed: number, rows: number, columns: number) => {
    const random = createRandom(seed)
    return table(
      Array.from({ length: columns }, (_, column) =>
        numbers(
          `c${column}`,
          Array.from({ length: rows }, () => normalOf(random)),
        ),
      ),
    )
  }

  test('of few rows and many columns new rows do not alarm by themselves', async () => {
    let [own, apart] = [0, 0]
    for (let seed = 0; seed < 40; seed++) {
      const [fitted, other, current] = [0, 1, 2].map((part) => tableOfNoise(3 * seed + part, 200, 30))
      if (fitted === undefined || other === undefined || current === undefined) continue
      const plain = await fitReconstruction(fitted)
      own += reconstructionDrift(plain, current).alarm ? 1 : 0
      const held = await fitReconstruction(fitted, { apart: other })
      apart += reconstructionDrift(held, current).alarm ? 1 : 0
    }
    // What was compressed loses less than what is new: by its own rows most alarm.
    expect(own).toBeGreaterThan(20)
    expect(apart).toBeLessThan(5)
  })
})
