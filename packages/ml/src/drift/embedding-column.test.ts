import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { itemAt } from '../data/element.js'
import { discrepancy, distanceOf, meanVector } from '../monitoring/embedding-scores.js'
import { createRandom } from '../random/create-random.js'
import { driftSettings } from './column-drift.js'
import { compareEmbedding } from './embedding-column.js'
import type { DriftMode, VectorSample } from './model.js'
import { shuffledDiscrepancy, shuffledDistance, shuffledShare } from './shuffled-vectors.js'
import { type EmbeddingDriftMethod, embeddingMethodNames } from './vector-methods.js'

const sample = (vectors: readonly (readonly number[])[], change: Partial<VectorSample> = {}): VectorSample => ({
  dimension: vectors[0]?.length ?? 0,
  values: Float64Array.from(vectors.flat()),
  rows: vectors.length,
  missing: 0,
  others: 0,
  ...change,
})

/** Normal numbers, each vector moved along its first component and widened. */
function normal(seed: number, rows: number, { dimension = 8, shift = 0, width = 1 } = {}): VectorSample {
  const random = createRandom(seed)
  const draw = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
  return sample(
    Array.from({ length: rows }, () =>
      Array.from({ length: dimension }, (_, place) => draw() * width + (place === 0 ? shift : 0)),
    ),
  )
}

interface Asked {
  readonly mode?: DriftMode
  readonly method?: string
  readonly threshold?: number
}

const compare = (
  reference: VectorSample,
  current: VectorSample,
  { mode = 'calibrated', method, threshold }: Asked = {},
) =>
  compareEmbedding(
    {
      name: 'vec',
      reference,
      current,
      ...(method === undefined ? {} : { method }),
      ...(threshold === undefined ? {} : { threshold }),
    },
    driftSettings(mode),
  )

interface Expected {
  readonly embeddings: readonly {
    readonly name: string
    readonly reference: number[][]
    readonly current: number[][]
    readonly expected: Readonly<Record<string, { readonly score: number; readonly drift: boolean }>>
  }[]
}
const evidently: Expected = JSON.parse(
  readFileSync(new URL('../../test/parity/monitoring-evidently.json', import.meta.url), 'utf8'),
)

describe.each(evidently.embeddings)('as Evidently: $name', ({ reference, current, expected }) => {
  test.each(['distance', 'ratio', 'mmd'] as const)('%s to the digit', async (method) => {
    const found = await compare(sample(reference), sample(current), { mode: 'evidently', method })
    expect(found).toMatchObject({ type: 'embedding', state: 'tested', method, drift: expected[method]?.drift })
    expect(found.score).toBeCloseTo(expected[method]?.score ?? Number.NaN, 10)
  })

  test('the classifier decides alike, by its threshold and, where it is not named, by random scores', async () => {
    const named = await compare(sample(reference), sample(current), { mode: 'evidently', method: 'model' })
    expect(named).toMatchObject({ threshold: 0.55, drift: expected.model?.drift })
    // Of fewer than 1000 reference rows Evidently takes what 5 of 100 random orders exceed.
    const unnamed = await compare(sample(reference), sample(current), { mode: 'evidently' })
    expect(unnamed).toMatchObject({ method: 'model', score: named.score, drift: expected.model?.drift })
    expect(unnamed.threshold).toBeCloseTo(0.5 + 1.6448536 * Math.sqrt(151 / (12 * 75 * 75)), 2)
  })
})

test('many reference rows have the threshold of Evidently, and one that is given holds', async () => {
  const [reference, current] = [normal(1, 1000), normal(2, 300)]
  expect(await compare(reference, current, { mode: 'evidently' })).toMatchObject({ method: 'model', threshold: 0.55 })
  expect(await compare(reference, current, { mode: 'evidently', method: 'distance', threshold: 5 })).toMatchObject({
    threshold: 5,
    drift: false,
  })
})

describe('calibrated', () => {
  test.each(embeddingMethodNames)('%s finds what moved and leaves what did not', async (method) => {
    const moved = await compare(normal(1, 400), normal(2, 300, { shift: 1 }), { method })
    expect(moved).toMatchObject({ state: 'tested', method, drift: method !== 'ratio' })
    const same = await compare(normal(1, 400), normal(3, 300), { method })
    expect(same).toMatchObject({ state: 'tested', drift: false })
    expect(same.calibration?.pValue).toBeGreaterThan(0.05)
    // So few shuffles say nothing of what is rarer than one in a million.
    expect(moved.calibration?.pValue).toBeGreaterThanOrEqual(method === 'model' ? 0 : 1e-6)
    expect(moved.vectors).toEqual({ dimension: 8, looked: { reference: 400, current: 300 } })
  })

  test('the kernel, which is the default, sees wider vectors, which a classifier of means does not', async () => {
    const [reference, wider] = [normal(1, 400), normal(2, 400, { width: 1.5 })]
    expect(await compare(reference, wider)).toMatchObject({ method: 'mmd', drift: true })
    expect(await compare(reference, wider, { method: 'model' })).toMatchObject({ drift: false })
    expect(await compare(reference, wider, { method: 'ratio' })).toMatchObject({ score: 1, drift: true })
  })

  test('of vectors that are alike no more alarm than are promised', async () => {
    const alarms: Record<string, number> = { model: 0, distance: 0, mmd: 0, ratio: 0 }
    const rounds = 60
    for (let round = 0; round < rounds; round++) {
      const [reference, current] = [normal(10 + round, 60), normal(1000 + round, 40)]
      for (const method of embeddingMethodNames) {
        const { drift } = await compare(reference, current, { method })
        if (drift === true) alarms[method] = (alarms[method] ?? 0) + 1
      }
    }
    // 3 are expected of each; 9 or more come once in 250.
    for (const [method, count] of Object.entries(alarms)) expect(count, method).toBeLessThan(9)
  })

  test.each(['calibrated', 'evidently'] as const)(
    'a change of those that are no placeholder is seen, however many there are: %s',
    async (mode) => {
      const some = (seed: number, shift: number) => {
        const vectors = normal(seed, 25, { width: 10, shift })
        const values = new Float64Array(100 * vectors.dimension)
        values.set(vectors.values)
        return { ...vectors, values, rows: 100 }
      }
      const asked = { mode, method: 'mmd' }
      expect(await compare(some(1, -40), some(2, 40), asked)).toMatchObject({ state: 'tested', drift: true })
      expect(await compare(some(1, 0), some(3, 0), asked)).toMatchObject({ state: 'tested', drift: false })
    },
  )

  test('shuffled scores start from those of the plain ones', async () => {
    const [reference, current] = [normal(1, 50), normal(2, 40, { shift: 1.5 })]
    const sides = [reference, current].map(({ values, dimension, rows }) => ({ values, dimension, rowCount: rows }))
    const [was, now] = [itemAt(sides, 0), itemAt(sides, 1)]
    const run = { seed: 1 }
    expect((await shuffledDistance(was, now, run)).score).toBeCloseTo(distanceOf(meanVector(was), meanVector(now)), 12)
    // Only the first of eight components moves.
    expect((await shuffledShare(was, now, run)).score).toBe(1 / 8)
    // Its width is that of all rows, not of the distances between both sides.
    expect((await shuffledDiscrepancy(was, now, run)).score).toBeCloseTo(discrepancy(was, now), 2)
  })

  test('of many rows as many as are looked at are told, in both languages', async () => {
    const found = await compare(normal(1, 1500), normal(2, 1200))
    expect(found.vectors?.looked).toEqual({ reference: 1000, current: 1000 })
    expect(found.why.en).toContain(
      'Maximum mean discrepancy (MMD) on 1,500 reference and 1,200 current vectors of 8 numbers, of which 1,000 and 1,000 were looked at gives',
    )
    expect(found.why.fr).toContain('vecteurs de référence et 1\u202f200 vecteurs actuels de 8 nombres, dont 1\u202f000')
  })
})

describe('what cannot be compared', () => {
  const [reference, current] = [normal(1, 50), normal(2, 50)]

  test('vectors of another length, and rows that hold none, are broken', async () => {
    expect(await compare(reference, normal(2, 50, { dimension: 4 }))).toMatchObject({
      state: 'not_testable',
      drift: null,
      broken: true,
      why: { en: 'The vectors had 8 numbers in the reference and have 4 now: they cannot be compared' },
    })
    expect(await compare(reference, { ...current, others: 2 })).toMatchObject({
      state: 'not_testable',
      drift: null,
      broken: true,
      why: { en: expect.stringContaining('0 reference and 2 current rows hold no list of numbers') },
    })
  })

  test('few rows and no vectors are states of their own', async () => {
    const one = normal(3, 1)
    expect(await compare(reference, one)).toMatchObject({ state: 'not_enough_data', drift: null, broken: true })
    expect(await compare(one, one)).toMatchObject({ state: 'not_enough_data', drift: null, broken: false })
    const none = sample([], { missing: 50 })
    expect(await compare(reference, none)).toMatchObject({ state: 'no_values', drift: null, broken: true })
  })

  test('a method of columns takes no vectors', async () => {
    expect(await compare(reference, current, { method: 'ks' })).toMatchObject({
      state: 'not_testable',
      broken: true,
      why: { en: 'ks does not take columns of type embedding' },
    })
  })

  test('rows without a vector are told', async () => {
    const found = await compare(reference, { ...current, missing: 7 })
    expect(found).toMatchObject({ state: 'tested', missing: { reference: 0, current: 7 } })
    expect(found.why.en).toContain('0 and 7 without a value left out')
  })

  test.each(['evidently', 'calibrated'] as const)('constant vectors are alike, or not: %s', async (mode) => {
    const constant = (value: number) => sample(Array.from({ length: 30 }, () => [value, value]))
    for (const method of embeddingMethodNames) {
      expect(await compare(constant(1), constant(1), { mode, method }), method).toMatchObject({ drift: false })
      expect(await compare(constant(1), constant(3), { mode, method }), method).toMatchObject({ drift: true })
    }
  })

  test.each(embeddingMethodNames)('numbers whose squares are none are never "no drift": %s', async (method) => {
    const huge = sample(Array.from({ length: 40 }, (_, row) => [1e200 * (row + 1), 1]))
    for (const mode of ['evidently', 'calibrated'] as const) {
      const found = await compare(huge, current.dimension === 2 ? current : huge, { mode, method })
      if (found.state === 'tested')
        expect(found.score, `${mode} ${method satisfies EmbeddingDriftMethod}`).not.toBeNaN()
      else expect(found).toMatchObject({ state: 'not_testable', drift: null, broken: true })
    }
  })
})
