import { describe, expect, test } from 'vitest'
import { diabetes, iris } from '../../test/data-sets.js'
import { generatedSet } from '../../test/generated-set.js'
import { classLabels } from '../data/class-labels.js'
import { type DesignMatrix, designMatrix, float32Values, numericColumn, takeRows } from '../data/design-matrix.js'
import { accuracy } from '../metrics/classification.js'
import {
  decisionTreeClassifier,
  decisionTreeRegressor,
  extraTreesClassifier,
  extraTreesRegressor,
  randomForestClassifier,
  randomForestRegressor,
} from './forest-estimators.js'
import { isolationForest } from './isolation-forest.js'
import { classRowPredictor } from './predict-forest-classifier.js'
import { valueRowPredictor } from './predict-forest-regressor.js'

const classifiers = [randomForestClassifier, extraTreesClassifier, decisionTreeClassifier]
const regressors = [randomForestRegressor, extraTreesRegressor, decisionTreeRegressor]

/** Rows repeated as often as they weigh. */
function repeated(weights: Float64Array): Int32Array {
  return Int32Array.from([...weights].flatMap((weight, row) => new Array<number>(weight).fill(row)))
}

function withMissing({ rowCount, columns }: DesignMatrix): DesignMatrix {
  return {
    rowCount,
    columns: columns.map((column, index) => ({
      ...column,
      values: Float64Array.from(column.values, (value, row) => ((row * 5 + index) % 4 === 0 ? Number.NaN : value)),
    })),
  }
}

function rowOf(matrix: DesignMatrix, row: number): Float32Array {
  return Float32Array.from(matrix.columns, (column) => float32Values(column)[row] ?? 0)
}

describe('weights', () => {
  const weights = Float64Array.from({ length: 442 }, (_, row) => row % 3)

  test('of rows count as repetitions, and rows that weigh nothing are not seen', async () => {
    const parameters = { max_depth: 4 }
    const weighted = await decisionTreeRegressor.fit({
      features: diabetes.matrix,
      target: diabetes.target,
      sampleWeights: weights,
      parameters,
    })
    const rows = repeated(weights)
    const values = Float64Array.from(rows, (row) => diabetes.target.values[row] ?? 0)
    const plain = await decisionTreeRegressor.fit({
      features: takeRows(diabetes.matrix, rows),
      target: { kind: 'values', values },
      parameters,
    })
    expect([...weighted.thresholds]).toEqual([...plain.thresholds])
    expect([...weighted.leafWeights]).toEqual([...plain.leafWeights])
  })

  test.each([randomForestRegressor, extraTreesRegressor])('of rows lead $kind', async (estimator) => {
    // Rows of a weight of 1 say one thing, the others, which weigh nothing or little, another.
    const matrix = designMatrix([
      numericColumn(
        'x',
        Float32Array.from({ length: 300 }, (_, row) => row % 10),
      ),
    ])
    const values = Float64Array.from({ length: 300 }, (_, row) => (row < 150 ? row % 10 : 1000))
    const sampleWeights = Float64Array.from(values, (_, row) => (row < 150 ? 1 : 0))
    const model = await estimator.fit({ features: matrix, target: { kind: 'values', values }, sampleWeights })
    for (const [row, value] of estimator.predict(model, matrix).values.entries()) expect(value).toBeCloseTo(row % 10, 3)
  })

  test.each(classifiers)('of classes lead $kind', async (estimator) => {
    const codes = Int32Array.from({ length: 400 }, (_, row) => (row % 20 === 0 ? 1 : 0))
    const matrix = designMatrix([numericColumn('x', new Float32Array(400))])
    const target = { kind: 'classes', labels: classLabels(codes, ['often', 'rare']) } as const
    const shareOf = async (class_weight: unknown) => {
      const model = await estimator.fit({ features: matrix, target, parameters: { class_weight } })
      return estimator.predict(model, matrix).probabilities?.[1]?.[0] ?? Number.NaN
    }
    expect(await shareOf(null)).toBeCloseTo(0.05, 1)
    expect(Math.abs((await shareOf('balanced')) - 0.5)).toBeLessThan(0.05)
    expect(Math.abs((await shareOf({ rare: 3 * 19 })) - 0.75)).toBeLessThan(0.05)
    expect(await shareOf({ often: 0 })).toBe(1)
    if (estimator !== decisionTreeClassifier) {
      expect(Math.abs((await shareOf('balanced_subsample')) - 0.5)).toBeLessThan(0.05)
    }
  })

  test.each([
    { class_weight: { nobody: 2 }, value: 'nobody' },
    { class_weight: 'balanced_sample', value: 'balanced_sample' },
    { class_weight: { setosa: -1 }, value: { setosa: -1 } },
    { class_weight: { setosa: 0, versicolor: 0, virginica: 0 }, value: { setosa: 0, versicolor: 0, virginica: 0 } },
    { max_samples: 10, bootstrap: false, value: 10 },
    { oob_score: true, bootstrap: false, value: true },
    { max_samples: 1_000_001, value: 1_000_001 },
    { max_leaf_nodes: 1, value: 1 },
    { min_weight_fraction_leaf: 0.6, value: 0.6 },
  ])('%o is refused', async ({ value, ...parameters }) => {
    const fit = randomForestClassifier.fit({ features: iris.matrix, target: iris.target, parameters })
    await expect(fit).rejects.toMatchObject({ code: 'invalid_parameter', value })
  })
})

describe('limits of a tree', () => {
  test('no more leaves than asked, and more rows drawn than there are', async () => {
    const model = await randomForestRegressor.fit({
      features: diabetes.matrix,
      target: diabetes.target,
      parameters: { n_estimators: 5, max_leaf_nodes: 12, max_samples: 900 },
    })
    for (let tree = 0; tree < 5; tree++) {
      const nodes = model.featureIds.subarray(model.roots[tree], model.roots[tree + 1])
      expect(nodes.filter((feature) => feature < 0).length).toBe(12)
    }
    expect(model.leafWeights.reduce((sum, weight) => sum + weight, 0)).toBe(5 * 900)
  })

  test('nodes stand in preorder, leaves in the order of their nodes', async () => {
    for (const parameters of [{ max_leaf_nodes: 20 }, { max_depth: 5 }]) {
      const { featureIds, rightOrLeaf } = await decisionTreeRegressor.fit({
        features: diabetes.matrix,
        target: diabetes.target,
        parameters,
      })
      let leaf = 0
      const endOf = (node: number): number => {
        if ((featureIds[node] ?? -1) < 0) {
          expect(rightOrLeaf[node]).toBe(leaf++)
          return node + 1
        }
        expect(endOf(node + 1)).toBe(rightOrLeaf[node])
        return endOf(rightOrLeaf[node] ?? 0)
      }
      expect(endOf(0)).toBe(featureIds.length)
    }
  })

  test('the forest knows how well it does on rows that its trees did not draw', async () => {
    const set = generatedSet({ rowCount: 3000, featureCount: 4, classCount: 2, seed: 5 })
    const unseen = generatedSet({ rowCount: 3000, featureCount: 4, classCount: 2, seed: 6 })
    const model = await randomForestClassifier.fit({
      features: set.matrix,
      target: { kind: 'classes', labels: set.labels },
      parameters: { oob_score: true, n_estimators: 60, min_samples_leaf: 3 },
    })
    const score = accuracy(unseen.labels.codes, randomForestClassifier.predict(model, unseen.matrix).codes)
    expect(Math.abs((model.outOfBagScore ?? 0) - score)).toBeLessThan(0.03)
  })
})

describe('missing values', () => {
  test.each([...classifiers])('of $kind tell a class by themselves', async (estimator) => {
    const codes = Int32Array.from({ length: 200 }, (_, row) => (row % 4 === 0 ? 1 : 0))
    const matrix = designMatrix([
      numericColumn(
        'x',
        Float32Array.from(codes, (code, row) => (code === 1 ? Number.NaN : row % 7)),
      ),
    ])
    const target = { kind: 'classes', labels: classLabels(codes, ['no', 'yes']) } as const
    const model = await estimator.fit({ features: matrix, target })
    expect(estimator.predict(model, matrix).codes).toEqual(codes)
  })

  test('that training has not seen go where most rows went', async () => {
    const matrix = designMatrix([numericColumn('x', [1, 1, 1, 2])])
    const target = { kind: 'values', values: Float64Array.of(5, 5, 5, 9) } as const
    const model = await decisionTreeRegressor.fit({ features: matrix, target })
    const lacking = designMatrix([numericColumn('x', [Number.NaN])])
    expect(decisionTreeRegressor.predict(model, lacking).values[0]).toBeCloseTo(5, 5)
  })
})

describe('one row at a time', () => {
  test.each(classifiers)('$kind says the same', async (estimator) => {
    const features = withMissing(iris.matrix)
    const model = await estimator.fit({ features, target: iris.target })
    const { codes, probabilities } = estimator.predict(model, features)
    const predict = classRowPredictor(model)
    const found = new Float32Array(3)
    for (const [row, code] of codes.entries()) {
      expect(predict(rowOf(features, row), found)).toBe(code)
      expect([...found]).toEqual(probabilities?.map((column) => column[row]))
    }
  })

  test.each(regressors)('$kind says the same', async (estimator) => {
    const features = withMissing(diabetes.matrix)
    const model = await estimator.fit({ features, target: diabetes.target, parameters: { max_depth: 9 } })
    const predict = valueRowPredictor(model)
    for (const [row, value] of estimator.predict(model, features).values.entries()) {
      expect(predict(rowOf(features, row))).toBe(value)
    }
  })
})

describe('a fit', () => {
  const { matrix, target } = diabetes

  test.each(regressors)('of $kind is the same for the same seed only', async (estimator) => {
    const fit = (seed: number) =>
      estimator.fit({ features: matrix, target, parameters: { seed, max_depth: 6, max_features: 0.4 } })
    const model = await fit(1)
    expect(await fit(1)).toEqual(model)
    expect((await fit(2)).thresholds).not.toEqual(model.thresholds)
    expect(Object.isFrozen(model)).toBe(true)
    expect(structuredClone(model)).toEqual(model)
  })

  test('stops between two parts of one tree', async () => {
    const set = generatedSet({ rowCount: 30_000, featureCount: 8, classCount: 2, seed: 1 })
    const controller = new AbortController()
    const fit = decisionTreeClassifier.fit({
      features: set.matrix,
      target: { kind: 'classes', labels: set.labels },
      signal: controller.signal,
      onProgress: () => {
        throw new Error('the tree was completed')
      },
    })
    setImmediate(() => setImmediate(() => controller.abort('enough')))
    await expect(fit).rejects.toMatchObject({ code: 'training_aborted', cause: 'enough' })
  })

  test.each([
    { features: designMatrix([]), code: 'empty_set' },
    { features: designMatrix([numericColumn('x', [1, Infinity])]), code: 'non_finite_value' },
    { features: designMatrix([numericColumn('x', [1, 2, 3])]), code: 'length_mismatch' },
    { values: [1, Number.NaN], code: 'invalid_target' },
    { values: [1, 1e39], code: 'invalid_target' },
    { sampleWeights: Float64Array.of(1, -1), code: 'invalid_weight' },
    { sampleWeights: Float64Array.of(0, 0), code: 'invalid_weight' },
    { parameters: { criterion: 'absolute_error' }, code: 'invalid_parameter' },
    { parameters: { n_trees: 3 }, code: 'unknown_parameter' },
  ])('is refused with $code', async ({ code, values = [1, 2], ...given }) => {
    const fit = randomForestRegressor.fit({
      features: designMatrix([numericColumn('x', [1, 2])]),
      target: { kind: 'values', values: Float64Array.from(values) },
      ...given,
    })
    await expect(fit).rejects.toMatchObject({ code })
  })
})

describe('an isolation forest', () => {
  test('finds rows far from the others', async () => {
    const x = Float32Array.from({ length: 500 }, (_, row) => (row === 7 ? 50 : (row * 37) % 11))
    const model = await isolationForest.fit({ features: designMatrix([numericColumn('x', x)]), target: null })
    const { scores } = isolationForest.predict(model, designMatrix([numericColumn('x', x)]))
    expect(scores.indexOf(Math.min(...scores))).toBe(7)
    expect(scores[7] ?? 0).toBeLessThan(-0.2)
  })

  test('takes the share of outliers that it is told', async () => {
    const model = await isolationForest.fit({
      features: diabetes.matrix,
      target: null,
      parameters: { contamination: 0.1 },
    })
    const { scores } = isolationForest.predict(model, diabetes.matrix)
    expect(Math.abs([...scores].filter((score) => score < 0).length - 44)).toBeLessThanOrEqual(1)
  })

  test('of rows that are all alike, or of one row, finds none remarkable', async () => {
    for (const rows of [1, 9]) {
      const features = designMatrix([numericColumn('x', new Float32Array(rows))])
      const model = await isolationForest.fit({ features, target: null })
      for (const score of isolationForest.predict(model, features).scores) expect(score).toBeCloseTo(0, 4)
    }
  })

  test('refuses missing values, weights and a share of outliers of more than a half', async () => {
    const features = diabetes.matrix
    await expect(
      isolationForest.fit({ features: designMatrix([numericColumn('x', [1, Number.NaN])]), target: null }),
    ).rejects.toMatchObject({ code: 'non_finite_value' })
    await expect(
      isolationForest.fit({ features, target: null, sampleWeights: new Float64Array(442).fill(1) }),
    ).rejects.toMatchObject({ code: 'weights_unsupported' })
    await expect(
      isolationForest.fit({ features, target: null, parameters: { contamination: 0.7 } }),
    ).rejects.toMatchObject({ code: 'invalid_parameter', value: 0.7 })
  })
})
