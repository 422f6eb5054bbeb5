import { describe, expect, test } from 'vitest'
import { fitForest } from '../../test/fit-forest.js'
import { generatedSet } from '../../test/generated-set.js'
import { classLabels } from '../data/class-labels.js'
import { designMatrix, numericColumn } from '../data/design-matrix.js'
import { accuracy } from '../metrics/classification.js'
import type { ForestParameters } from './forest-parameters.js'
import { predictForestClassifier } from './predict-forest-classifier.js'

const small = designMatrix([numericColumn('a', [1, 2, 3, 4]), numericColumn('b', [1, 1, 2, 2])])
const smallLabels = classLabels(Int32Array.of(0, 0, 1, 1), ['no', 'yes'])

/** A set without ties between splits, so that scikit-learn grows the same tree for every random state. */
const reference = {
  matrix: designMatrix(
    [
      [
        17.9, -18.6, -0.8, -4.8, 8.8, -4.0, 9.8, -2.1, -10.2, -1.6, 7.5, -6.3, -9.2, -1.3, -3.6, -5.9, -22.5, 8.5, 14.9,
        -18.6, 10.5, 17.7, 1.5, 19.4, -1.5, 6.8, -14.0, 2.4, 1.5, -8.9, -5.9, 3.8, 6.8, 21.6, -0.8, 1.5, 6.5, -1.9,
        -6.9, 4.9,
      ],
      [
        4.4, -2.8, -6.3, -13.1, 17.1, -5.5, -11.0, 14.9, -7.1, -7.7, 19.8, -8.0, -10.2, -16.2, -17.4, -8.7, -2.7, 11.1,
        -11.2, -6.0, 13.3, -6.7, -10.6, -10.2, 17.7, 6.4, 13.9, 6.1, 11.7, -29.2, -5.2, -5.7, -8.6, 8.7, 5.6, -5.3, 3.1,
        -4.2, 4.9, -8.3,
      ],
      [
        1.0, -3.5, -0.4, 8.8, 0.5, -15.5, -11.9, 2.4, 6.3, -2.3, -12.4, -24.2, 11.2, 6.5, -6.0, 0.3, 10.1, 11.2, 8.5,
        -19.1, -2.0, 1.5, 4.4, 9.0, 4.8, 2.5, -13.7, -8.4, -0.2, -9.7, -9.6, -1.1, -3.0, -12.9, 12.3, -7.3, -5.2, 7.2,
        8.5, 13.4,
      ],
    ].map((values, feature) => numericColumn(`f${feature}`, values)),
  ),
  labels: classLabels(
    Int32Array.of(
      ...[1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 2, 2, 0],
      ...[0, 1, 0, 2, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 2],
    ),
    ['0', '1', '2'],
  ),
}

describe('one tree on all rows and features is that of scikit-learn 1.9.1', () => {
  interface Reference {
    readonly name: string
    readonly given: Partial<ForestParameters>
    readonly features: readonly number[]
    /** Of the splits, in preorder, rounded to float32 and then to two decimals. */
    readonly thresholds: readonly number[]
    readonly importances: readonly number[]
    /** Of the first six rows. */
    readonly probabilities: readonly (readonly number[])[]
  }
  const references: Reference[] = [
    {
      name: 'gini',
      given: { maxDepth: 3, minSamplesLeaf: 3 },
      features: [0, 0, -1, 2, -1, -1, 2, 2, -1, -1, -1],
      thresholds: [3.1, -9.05, -4.15, 5.5, -1.55],
      importances: [0.4193534936568993, 0, 0.5806465063431007],
      probabilities: [
        [0, 1, 0],
        [1, 0, 0],
        [0.75, 0.25, 0],
        [0.75, 0.25, 0],
        [0, 1, 0],
        [0.428571428571, 0.571428571429, 0],
      ],
    },
    {
      name: 'entropy',
      given: { maxDepth: 3, minSamplesLeaf: 4, criterion: 'entropy' },
      features: [0, 0, -1, 2, -1, -1, 2, 2, -1, -1, -1],
      thresholds: [3.1, -9.05, -4.15, 5.5, -1.55],
      importances: [0.4504972497880063, 0, 0.5495027502119937],
      probabilities: [
        [0, 1, 0],
        [1, 0, 0],
        [0.75, 0.25, 0],
        [0.75, 0.25, 0],
        [0, 1, 0],
        [0.428571428571, 0.571428571429, 0],
      ],
    },
    {
      name: 'entropy with balanced classes',
      given: { maxDepth: 2, minSamplesLeaf: 3, criterion: 'entropy', classWeight: 'balanced' },
      features: [2, 0, -1, -1, 0, -1, -1],
      thresholds: [7.85, -9.55, 2.05],
      importances: [0.3784794136747989, 0, 0.621520586325201],
      probabilities: [
        [0.398773006135, 0.601226993865, 0],
        [1, 0, 0],
        [0.398773006135, 0.601226993865, 0],
        [0.740740740741, 0.259259259259, 0],
        [0.398773006135, 0.601226993865, 0],
        [0.398773006135, 0.601226993865, 0],
      ],
    },
    {
      name: 'shares of the rows',
      given: { minSamplesSplit: 0.3, minSamplesLeaf: 0.05 },
      features: [0, 1, -1, 1, 0, 2, -1, -1, -1, -1, 2, -1, -1],
      thresholds: [3.1, -16.8, 14.4, -1.05, -17.3, 5.5],
      importances: [0.29577391228655575, 0.33091441918495834, 0.3733116685284858],
      probabilities: [
        [0.272727272727, 0.727272727273, 0],
        [1, 0, 0],
        [0.666666666667, 0.333333333333, 0],
        [1, 0, 0],
        [0.272727272727, 0.727272727273, 0],
        [1, 0, 0],
      ],
    },
  ]

  test.each(references)('$name', async ({ given, features, thresholds, importances, probabilities }) => {
    const parameters = { nEstimators: 1, bootstrap: false, maxFeatures: null, ...given }
    const model = await fitForest({ ...reference, parameters })
    expect([...model.featureIds]).toEqual(features)
    expect(
      [...model.thresholds].filter((_, node) => (features[node] ?? -1) >= 0).map((t) => Number(t.toFixed(2))),
    ).toEqual(thresholds)
    for (const [feature, importance] of importances.entries()) {
      expect(model.featureImportances[feature]).toBeCloseTo(importance, 12)
    }
    const predicted = predictForestClassifier(model, reference.matrix)
    for (const [row, expected] of probabilities.entries()) {
      for (const [code, probability] of expected.entries()) {
        expect(predicted.probabilities[code]?.[row]).toBeCloseTo(probability, 6)
      }
    }
  })

  test('a tree without limits on one feature', async () => {
    const matrix = designMatrix(reference.matrix.columns.slice(0, 1))
    const parameters = { nEstimators: 1, bootstrap: false, maxFeatures: null }
    const model = await fitForest({ matrix, labels: reference.labels, parameters })
    // Right children in preorder, -1 for leaves.
    expect([...model.rightOrLeaf].map((right, node) => ((model.featureIds[node] ?? 0) < 0 ? -1 : right))).toEqual([
      ...[24, 3, -1, 5, -1, 11, 10, 9, -1, -1, -1, 13, -1, 15, -1, 17, -1, 19, -1, 23, 22, -1, -1, -1, 42, 41, 40, 39],
      ...[38, 37, 36, 33, -1, 35, -1, -1, -1, -1, -1, -1, -1, -1, 44, -1, 46, -1, -1],
    ])
  })
})

describe('a forest', () => {
  const generated = generatedSet({ rowCount: 2000, featureCount: 6, classCount: 3, seed: 11 })

  // Means over eight random states of scikit-learn 1.9.1 on the same two sets, 60 trees each. One state deviates by about
  // 0.03 in accuracy; the mean of two by 0.02.
  test.each([
    { given: {}, score: 0.629, importances: [0.213, 0.216, 0.142, 0.146, 0.143, 0.14] },
    {
      given: { criterion: 'entropy', classWeight: 'balanced' },
      score: 0.663,
      importances: [0.218, 0.227, 0.137, 0.143, 0.139, 0.136],
    },
    {
      given: { minSamplesLeaf: 5, maxFeatures: 0.5 },
      score: 0.742,
      importances: [0.268, 0.284, 0.109, 0.119, 0.114, 0.107],
    },
    {
      given: { bootstrap: false, maxFeatures: 'log2', maxDepth: 12 },
      score: 0.668,
      importances: [0.256, 0.28, 0.113, 0.125, 0.12, 0.106],
    },
  ])('with $given is as good as that of scikit-learn', async ({ given, score, importances }) => {
    const unseen = generatedSet({ rowCount: 2000, featureCount: 6, classCount: 3, seed: 12 })
    let total = 0
    for (const seed of [1, 2]) {
      const model = await fitForest({ ...generated, parameters: { nEstimators: 60, seed, ...given } })
      total += accuracy(unseen.labels.codes, predictForestClassifier(model, unseen.matrix).codes)
      expect(model.featureImportances.reduce((sum, importance) => sum + importance, 0)).toBeCloseTo(1, 12)
      for (const [feature, importance] of importances.entries()) {
        expect(Math.abs((model.featureImportances[feature] ?? 0) - importance)).toBeLessThan(0.03)
      }
    }
    expect(Math.abs(total / 2 - score)).toBeLessThan(0.06)
  })

  test('the seed decides the model, and the trees differ', async () => {
    const train = (seed: number) => fitForest({ ...generated, parameters: { nEstimators: 5, maxDepth: 4, seed } })
    const model = await train(1)
    expect(await train(1)).toEqual(model)
    expect((await train(2)).thresholds).not.toEqual(model.thresholds)
    const rootThresholds = [...model.roots.subarray(0, 5)].map((root) => model.thresholds[root])
    expect(new Set(rootThresholds).size).toBeGreaterThan(1)
  })

  test('a tree is the same in a smaller forest: it depends on the seed and its number only', async () => {
    const train = (nEstimators: number) => fitForest({ ...generated, parameters: { nEstimators, maxDepth: 4 } })
    const [few, many] = [await train(3), await train(4)]
    expect(many.thresholds.subarray(0, few.thresholds.length)).toEqual(few.thresholds)
  })

  test.each([{ minSamplesLeaf: 20 }, { minSamplesLeaf: 20, maxFeatures: null, criterion: 'entropy' }])(
    'no leaf is smaller than asked with %o',
    async (given) => {
      const model = await fitForest({
        ...generated,
        parameters: { nEstimators: 3, bootstrap: false, ...given },
      })
      for (const root of model.roots.subarray(0, 3)) {
        const sizes = new Map<number, number>()
        for (let row = 0; row < generated.matrix.rowCount; row++) {
          let node = root
          for (let feature = model.featureIds[node] ?? -1; feature >= 0; feature = model.featureIds[node] ?? -1) {
            const value = generated.matrix.columns[feature]?.values[row] ?? 0
            node = value <= (model.thresholds[node] ?? 0) ? node + 1 : (model.rightOrLeaf[node] ?? 0)
          }
          sizes.set(node, (sizes.get(node) ?? 0) + 1)
        }
        expect(Math.min(...sizes.values())).toBeGreaterThanOrEqual(20)
      }
    },
  )

  test('a class without rows is never predicted but has a probability of zero', async () => {
    const labels = classLabels(Int32Array.of(0, 0, 2, 2), ['a', 'never', 'b'])
    const model = await fitForest({ matrix: small, labels, parameters: { classWeight: 'balanced' } })
    const { codes, probabilities } = predictForestClassifier(model, small)
    expect([...codes]).toEqual([0, 0, 2, 2])
    expect([...(probabilities[1] ?? [])]).toEqual([0, 0, 0, 0])
  })

  test('features that say nothing make leaves, not errors', async () => {
    const matrix = designMatrix([numericColumn('constant', [1, 1, 1, 1])])
    const model = await fitForest({ matrix, labels: smallLabels, parameters: { bootstrap: false } })
    expect(model.featureIds.every((feature) => feature < 0)).toBe(true)
    expect([...model.featureImportances]).toEqual([0])
    // Equal probabilities: the lowest class wins.
    expect(predictForestClassifier(model, matrix)).toMatchObject({ codes: Int32Array.of(0, 0, 0, 0) })
  })

  test('a hundred classes', async () => {
    const codes = Int32Array.from({ length: 400 }, (_, row) => row % 100)
    const matrix = designMatrix([
      numericColumn('x', codes),
      numericColumn(
        'y',
        codes.map((code) => -code),
      ),
    ])
    const classes = Array.from({ length: 100 }, (_, code) => `${code}`)
    const labels = classLabels(codes, classes)
    const model = await fitForest({ matrix, labels, parameters: { nEstimators: 50 } })
    expect(accuracy(codes, predictForestClassifier(model, matrix).codes)).toBeGreaterThan(0.98)
  })
})

describe('predictForestClassifier', () => {
  test('columns are found by name, and a missing one is named', async () => {
    const model = await fitForest({ matrix: small, labels: smallLabels })
    const turned = designMatrix([...small.columns].reverse())
    expect(predictForestClassifier(model, turned)).toEqual(predictForestClassifier(model, small))
    expect(() => predictForestClassifier(model, designMatrix(small.columns.slice(1)))).toThrowError(
      expect.objectContaining({ code: 'missing_feature', value: 'a' }),
    )
  })

  test('probabilities add up to one', async () => {
    const set = generatedSet({ rowCount: 500, featureCount: 3, classCount: 4, seed: 1 })
    const model = await fitForest({ ...set, parameters: { nEstimators: 7, maxDepth: 3 } })
    const { probabilities } = predictForestClassifier(model, set.matrix)
    for (let row = 0; row < 500; row++) {
      expect(probabilities.reduce((sum, column) => sum + (column[row] ?? 0), 0)).toBeCloseTo(1, 6)
    }
  })
})

describe('training', () => {
  test('progress counts the trees', async () => {
    const seen: unknown[] = []
    await fitForest({
      matrix: small,
      labels: smallLabels,
      parameters: { n_estimators: 3 },
      onProgress: (progress) => seen.push(progress),
    })
    expect(seen).toEqual([
      { done: 1, total: 3 },
      { done: 2, total: 3 },
      { done: 3, total: 3 },
    ])
  })

  test('a signal stops it between two trees', async () => {
    const controller = new AbortController()
    let done = 0
    const training = fitForest({
      matrix: small,
      labels: smallLabels,
      signal: controller.signal,
      onProgress: (progress) => {
        done = progress.done
        if (done === 2) controller.abort(new Error('changed my mind'))
      },
    })
    await expect(training).rejects.toMatchObject({ code: 'training_aborted', cause: { message: 'changed my mind' } })
    expect(done).toBe(2)
  })

  test.each([
    { name: 'no features', matrix: designMatrix([]), labels: smallLabels, error: { code: 'empty_set' } },
    {
      name: 'no rows',
      matrix: designMatrix([numericColumn('a', [])]),
      labels: classLabels(new Int32Array(0), ['no', 'yes']),
      error: { code: 'empty_set' },
    },
    {
      name: 'too few labels',
      matrix: small,
      labels: classLabels(Int32Array.of(0, 1), ['no', 'yes']),
      error: { code: 'length_mismatch', value: 2 },
    },
    {
      name: 'one class only',
      matrix: small,
      labels: classLabels(Int32Array.of(1, 1, 1, 1), ['no', 'yes']),
      error: { code: 'single_class', value: 'yes' },
    },
    {
      name: 'a value beyond float32',
      matrix: designMatrix([numericColumn('a', [1, 2, 3, -1e39])]),
      labels: smallLabels,
      error: { code: 'non_finite_value', value: -Infinity },
    },
    {
      name: 'a thousand and more classes',
      matrix: small,
      labels: classLabels(
        Int32Array.of(0, 1, 2, 3),
        Array.from({ length: 1025 }, (_, code) => `${code}`),
      ),
      error: { code: 'too_many_classes', value: 1025 },
    },
  ])('$name is refused', async ({ matrix, labels, error }) => {
    await expect(fitForest({ matrix, labels })).rejects.toMatchObject(error)
  })

  test('parameters and threads are checked', async () => {
    const set = { matrix: small, labels: smallLabels }
    await expect(fitForest({ ...set, parameters: { nEstimators: 0 } })).rejects.toMatchObject({
      code: 'invalid_parameter',
    })
    await expect(fitForest({ ...set, threads: -1 })).rejects.toMatchObject({
      code: 'invalid_parameter',
      value: -1,
    })
  })
})
