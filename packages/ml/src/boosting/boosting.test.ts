import { describe, expect, test } from 'vitest'
import { classTarget, generatedRows } from '../../test/boosting-sets.js'
import { diabetes, iris } from '../../test/data-sets.js'
import { generatedSet } from '../../test/generated-set.js'
import { classLabels } from '../data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import type { ClassTarget, FitProgress, ValueTarget } from '../estimators/estimator.js'
import { regressionScores } from '../metrics/regression.js'
import { histGradientBoostingClassifier } from './hist-gradient-boosting-classifier.js'
import { histGradientBoostingRegressor } from './hist-gradient-boosting-regressor.js'

const generated = generatedRows(600)
const values: ValueTarget = { kind: 'values', values: generated.values }
const quick = { maxIter: 20, earlyStopping: false }

function regress(parameters: Readonly<Record<string, unknown>>, more: object = {}) {
  const input = { features: generated.matrix, target: values, parameters: { ...quick, ...parameters } }
  return histGradientBoostingRegressor.fit({ ...input, ...more })
}

function classify(target: ClassTarget, parameters: Readonly<Record<string, unknown>>, features = generated.matrix) {
  return histGradientBoostingClassifier.fit({ features, target, parameters: { ...quick, ...parameters } })
}

/** One feature and what it leads to. */
function oneFeature(x: ArrayLike<number>, y: ArrayLike<number>) {
  const target: ValueTarget = { kind: 'values', values: Float64Array.from(y) }
  return { features: designMatrix([numericColumn('x', x)]), target }
}

function predicted(model: Awaited<ReturnType<typeof regress>>, features: DesignMatrix): readonly number[] {
  return [...histGradientBoostingRegressor.predict(model, features).values]
}

describe('what is learnt', () => {
  test('a missing value takes the side that it fits', async () => {
    const x = Array.from({ length: 200 }, (_, row) => (row % 4 === 0 ? Number.NaN : row % 4))
    const { features, target } = oneFeature(
      x,
      x.map((value) => (Number.isNaN(value) || value === 3 ? 10 : 0)),
    )
    const parameters = { learningRate: 1, maxIter: 1, earlyStopping: false }
    const model = await histGradientBoostingRegressor.fit({ features, target, parameters })
    const asked = designMatrix([numericColumn('x', [1, 2, 3, Number.NaN, Infinity, -Infinity])])
    expect(predicted(model, asked).map(Math.round)).toEqual([0, 0, 10, 10, 10, 0])
  })

  test('values are parted from missing ones where those alone differ', async () => {
    const x = Array.from({ length: 200 }, (_, row) => (row % 2 === 0 ? Number.NaN : row % 7))
    const { features, target } = oneFeature(
      x,
      x.map((value) => (Number.isNaN(value) ? 10 : 0)),
    )
    const parameters = { learningRate: 1, maxIter: 1, earlyStopping: false }
    const model = await histGradientBoostingRegressor.fit({ features, target, parameters })
    expect([...model.thresholds]).toContain(Infinity)
    const asked = designMatrix([numericColumn('x', [Number.NaN, 0, 6, Infinity])])
    expect(predicted(model, asked).map(Math.round)).toEqual([10, 0, 0, 0])
  })

  test('categories are split as a set, and unknown codes follow missing values', async () => {
    const codes = Array.from({ length: 600 }, (_, row) => (row % 6 === 5 ? Number.NaN : row % 6))
    const x = { ...numericColumn('x', codes), categoryCount: 7 }
    const target: ValueTarget = {
      kind: 'values',
      values: Float64Array.from(codes, (code) => (Number.isNaN(code) || code % 2 === 1 ? 10 : 0)),
    }
    const parameters = { learningRate: 1, maxIter: 1, maxLeafNodes: 2, earlyStopping: false }
    const model = await histGradientBoostingRegressor.fit({ features: designMatrix([x]), target, parameters })
    const asked = designMatrix([numericColumn('x', [0, 1, 2, 3, 4, Number.NaN, 5, 6, 7, 1.5, -1, 300])])
    expect(predicted(model, asked).map(Math.round)).toEqual([0, 10, 0, 10, 0, 10, 10, 10, 10, 10, 10, 10])
    const asNumbers = await histGradientBoostingRegressor.fit({
      ...{ features: designMatrix([x]), target },
      parameters: { ...parameters, categoricalFeatures: null },
    })
    expect(asNumbers.categorySets.length).toBe(0)
  })

  test('a direction holds for every row and every value', async () => {
    const model = await regress({ monotonicCst: { x3: 1, x4: -1 }, maxIter: 30 })
    for (const [feature, sign] of [
      [3, 1],
      [4, -1],
    ] as const) {
      for (let row = 0; row < 40; row++) {
        const columns = generated.matrix.columns.map((column, index) => {
          const repeated = Float32Array.from({ length: 50 }, (_, step) =>
            index === feature ? step / 49 : (column.values[row] ?? 0),
          )
          return { ...column, values: repeated }
        })
        const said = predicted(model, designMatrix(columns))
        for (let step = 1; step < said.length; step++) {
          expect(sign * ((said[step] ?? 0) - (said[step - 1] ?? 0))).toBeGreaterThanOrEqual(0)
        }
      }
    }
  })

  test('without a limit of leaves the trees are those of a limit that is never met', async () => {
    const free = await regress({ maxLeafNodes: null, minSamplesLeaf: 3 })
    const bounded = await regress({ maxLeafNodes: 1000, minSamplesLeaf: 3 })
    expect(free).toEqual(bounded)
    expect(Math.max(...free.counts)).toBe(600)
  })

  test('the limits of leaves, depth and rows are kept', async () => {
    const model = await regress({ maxLeafNodes: 5, minSamplesLeaf: 30 })
    for (let tree = 0; tree + 1 < model.roots.length; tree++) {
      const ids = model.featureIds.subarray(model.roots[tree], model.roots[tree + 1])
      expect(ids.filter((feature) => feature < 0).length).toBeLessThanOrEqual(5)
    }
    for (const [node, feature] of model.featureIds.entries()) {
      if (feature < 0) expect(model.counts[node]).toBeGreaterThanOrEqual(30)
    }
    const stumps = await regress({ maxDepth: 1, maxLeafNodes: null })
    expect(stumps.featureIds.length).toBe(3 * stumps.iterationCount)
  })

  test('more features than one record holds, and one', async () => {
    const wide = generatedSet({ rowCount: 200, featureCount: 70, classCount: 2, seed: 3 })
    const target = Float64Array.from({ length: 200 }, (_, row) => Math.sign(wide.matrix.columns[67]?.values[row] ?? 0))
    const features = wide.matrix
    const model = await histGradientBoostingRegressor.fit({ features, target: { kind: 'values', values: target } })
    expect(model.importances.indexOf(Math.max(...model.importances))).toBe(67)
    expect(model.importances.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    const alone = designMatrix(features.columns.slice(67, 68))
    const narrow = await histGradientBoostingRegressor.fit({
      features: alone,
      target: { kind: 'values', values: target },
      parameters: { learningRate: 1, maxIter: 1 },
    })
    expect(predicted(narrow, alone).map(Math.round)).toEqual([...target])
  })

  test('a class without rows is never predicted; others are', async () => {
    const { codes, classes } = iris.target.labels
    const labels = classLabels(
      codes.map((code) => (code === 2 ? 3 : code)),
      [...classes.slice(0, 2), 'lost', 'virginica'],
    )
    const model = await classify({ kind: 'classes', labels }, {}, iris.matrix)
    const prediction = histGradientBoostingClassifier.predict(model, iris.matrix)
    expect(new Set(prediction.codes)).toEqual(new Set([0, 1, 3]))
    expect(Math.max(...(prediction.probabilities?.[2] ?? []))).toBeLessThan(1e-9)
  })

  test('a constant target, and fewer rows than two leaves need, give the constant', async () => {
    const constant = oneFeature([1, 2, 3, 4, 5], [7, 7, 7, 7, 7])
    expect(predicted(await histGradientBoostingRegressor.fit(constant), constant.features)).toEqual([7, 7, 7, 7, 7])
    const few = oneFeature([1, 2, 3], [1, 2, 6])
    expect(predicted(await histGradientBoostingRegressor.fit(few), few.features)).toEqual([3, 3, 3])
  })

  test('weights of whole numbers are what repeated rows are', async () => {
    const weights = Float64Array.from({ length: 600 }, (_, row) => 1 + (row % 3))
    const repeated = [...weights].flatMap((weight, row) => new Array<number>(weight).fill(row))
    const columns = generated.matrix.columns.map((column) => ({
      ...column,
      values: Float64Array.from(repeated, (row) => column.values[row] ?? 0),
    }))
    // One row suffices for a leaf, so that counts do not matter.
    const parameters = { minSamplesLeaf: 1, maxLeafNodes: 8, categoricalFeatures: null, maxIter: 5 }
    const weighted = await regress(parameters, { sampleWeights: weights })
    const same = await regress(parameters, {
      features: designMatrix(columns),
      target: { kind: 'values', values: Float64Array.from(repeated, (row) => generated.values[row] ?? 0) },
    })
    const [one, other] = [predicted(weighted, generated.matrix), predicted(same, generated.matrix)]
    const r2 = regressionScores(Float64Array.from(one), Float32Array.from(other)).r2
    expect(r2).toBeGreaterThan(0.98)
  })
})

describe('early stopping', () => {
  test('stops when rows held out get no better, and tells both losses', async () => {
    const seen: FitProgress[] = []
    const model = await regress(
      { earlyStopping: true, maxIter: 1000, nIterNoChange: 3, learningRate: 0.5 },
      { onProgress: (progress: FitProgress) => seen.push(progress) },
    )
    expect(model.iterationCount).toBeLessThan(200)
    expect(model.validationLosses.length).toBe(model.iterationCount + 1)
    expect(seen.length).toBe(model.iterationCount)
    expect(seen.at(-1)).toMatchObject({ done: model.iterationCount, total: 1000 })
    expect(Object.keys(seen[0]?.metrics ?? {})).toEqual(['training_loss', 'validation_loss'])
    const last = model.validationLosses.slice(-4)
    expect(Math.min(...last.slice(1))).toBeGreaterThanOrEqual(last[0] ?? Number.NaN)
  })

  test('auto needs more than 10,000 rows', async () => {
    const small = await regress({ earlyStopping: 'auto' })
    expect(small.validationLosses).toEqual([])
    const many = generatedSet({ rowCount: 10_001, featureCount: 2, classCount: 2, seed: 5 })
    const target: ClassTarget = { kind: 'classes', labels: many.labels }
    const large = await classify(target, { earlyStopping: 'auto', maxIter: 3 }, many.matrix)
    expect(large.validationLosses.length).toBe(4)
    expect(large.counts[0]).toBe(9000)
  })

  test('the training loss falls and is that of the predictions', async () => {
    const model = await regress({})
    for (let step = 1; step < model.trainingLosses.length; step++) {
      expect(model.trainingLosses[step]).toBeLessThan(model.trainingLosses[step - 1] ?? 0)
    }
    const errors = predicted(model, generated.matrix).map((value, row) => (value - (generated.values[row] ?? 0)) ** 2)
    const half = errors.reduce((sum, error) => sum + error, 0) / errors.length / 2
    expect(model.trainingLosses.at(-1)).toBeCloseTo(half, 4)
  })
})

describe('the same every time', () => {
  test('the seed decides what is drawn', async () => {
    const drawn = (seed: number) => regress({ maxFeatures: 0.4, seed })
    expect(await drawn(1)).toEqual(await drawn(1))
    expect((await drawn(1)).featureIds).not.toEqual((await drawn(2)).featureIds)
  })

  test('values in float64 are rounded to float32 first', async () => {
    const features = designMatrix(
      generated.matrix.columns.map((column) => ({ ...column, values: Float32Array.from(column.values) })),
    )
    expect(await regress({}, { features })).toEqual(await regress({}))
  })
})

describe('what is refused', () => {
  const two = classTarget(generated.values, 2)
  test.each([
    ['invalid_parameter', () => regress({ loss: 'quantile' })],
    ['invalid_parameter', () => regress({ maxBins: 256 })],
    ['invalid_parameter', () => regress({ learningRate: 0 })],
    ['invalid_parameter', () => regress({ monotonicCst: { nobody: 1 } })],
    ['invalid_parameter', () => regress({ monotonicCst: { x1: 0.5 } })],
    ['invalid_parameter', () => regress({ monotonicCst: { x6: 1 } })],
    ['unknown_parameter', () => regress({ warmStart: true })],
    ['too_many_categories', () => regress({ maxBins: 11 })],
    [
      'invalid_target',
      () => regress({ loss: 'poisson' }, { target: { kind: 'values', values: new Float64Array(600) } }),
    ],
    [
      'invalid_target',
      () =>
        regress({ loss: 'poisson' }, { target: { kind: 'values', values: generated.values.map((value) => -value) } }),
    ],
    ['length_mismatch', () => regress({}, { target: { kind: 'values', values: new Float64Array(3) } })],
    ['invalid_weight', () => regress({}, { sampleWeights: new Float64Array(600) })],
    ['split_too_small', () => regress({ earlyStopping: true, validationFraction: 600 })],
    ['invalid_parameter', () => classify(two, { classWeight: { nobody: 2 } })],
    ['empty_set', () => regress({}, { features: { rowCount: 0, columns: generated.matrix.columns } })],
    ['non_finite_value', () => regress({}, { features: designMatrix([numericColumn('x', [1, Infinity])]) })],
    ['memory_limit', () => regress({ maxLeafNodes: 65_536, minSamplesLeaf: 1 }, tooWide())],
  ])('%s', async (code, run) => {
    await expect(run()).rejects.toMatchObject({ code })
  })

  test('a feature that is missing, and sparse rows, when predicting', async () => {
    const model = await regress({})
    const features = designMatrix(generated.matrix.columns.slice(1))
    const codeOf = (run: () => unknown) => {
      try {
        return run()
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    expect(codeOf(() => histGradientBoostingRegressor.predict(model, features))).toBe('missing_feature')
  })

  test('a signal stops it, also one that was given before', async () => {
    const controller = new AbortController()
    const onProgress = () => controller.abort('enough')
    const run = { signal: controller.signal, onProgress }
    await expect(regress({ maxIter: 10_000 }, run)).rejects.toMatchObject({ code: 'training_aborted', cause: 'enough' })
    await expect(regress({}, run)).rejects.toMatchObject({ code: 'training_aborted' })
  })
})

/** Histograms of many features for each of many leaves. */
function tooWide() {
  const columns = Array.from({ length: 3000 }, (_, index) => numericColumn(`x${index}`, new Float32Array(600)))
  return { features: designMatrix(columns) }
}

test('diabetes: trees with few leaves reach a fair score', async () => {
  const parameters = { maxIter: 60, maxLeafNodes: 4 }
  const model = await histGradientBoostingRegressor.fit({
    features: diabetes.matrix,
    target: diabetes.target,
    parameters,
  })
  const said = histGradientBoostingRegressor.predict(model, diabetes.matrix).values
  expect(regressionScores(diabetes.target.values, said).r2).toBeGreaterThan(0.6)
})
