import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { diabetes, iris } from '../../test/data-sets.js'
import { expectSameInOnnx } from '../../test/expect-same-in-onnx.js'
import { nextDown, nextUp } from '../../test/float32-neighbours.js'
import { type DesignMatrix, designMatrixFromRows, float32Values } from '../data/design-matrix.js'
import { exportEstimator } from '../onnx/export-estimator.js'
import {
  decisionTreeClassifier,
  decisionTreeRegressor,
  extraTreesClassifier,
  extraTreesRegressor,
  randomForestClassifier,
  randomForestRegressor,
} from './forest-estimators.js'
import { isolationForest } from './isolation-forest.js'
import type { TreeNodes } from './tree-nodes.js'

function withMissing({ rowCount, columns }: DesignMatrix): DesignMatrix {
  return {
    rowCount,
    columns: columns.map((column, index) => ({
      ...column,
      values: Float64Array.from(column.values, (value, row) => ((row * 5 + index) % 4 === 0 ? Number.NaN : value)),
    })),
  }
}

/** Rows that meet thresholds: each of some thresholds, the floats next to it, and huge, tiny and missing values. */
function edgeRows(model: TreeNodes & { readonly featureNames: readonly string[] }): DesignMatrix {
  const base = new Array<number>(model.featureNames.length).fill(0)
  const rows: number[][] = []
  for (let node = 0; node < model.featureIds.length && rows.length < 1500; node++) {
    const feature = model.featureIds[node] ?? -1
    const threshold = model.thresholds[node] ?? 0
    if (feature < 0 || !Number.isFinite(threshold)) continue
    base[feature] = threshold
    for (const value of [threshold, nextUp(threshold), nextDown(threshold)]) rows.push(base.with(feature, value))
  }
  for (const value of [3.4028234663852886e38, 2 ** -149, 0, -0, Number.NaN]) {
    rows.push(new Array<number>(base.length).fill(value), new Array<number>(base.length).fill(-value))
  }
  return designMatrixFromRows(model.featureNames, rows)
}

describe('classifiers give the bits of the trainer', () => {
  test.each([randomForestClassifier, extraTreesClassifier, decisionTreeClassifier])('$kind', async (estimator) => {
    for (const features of [iris.matrix, withMissing(iris.matrix)]) {
      const model = await estimator.fit({ features, target: iris.target, parameters: { seed: 3 } })
      await expectSameInOnnx(estimator, model, features, 0)
      await expectSameInOnnx(estimator, model, edgeRows(model), 0)
    }
  })
})

describe('regressors give the bits of the trainer', () => {
  test.each([randomForestRegressor, extraTreesRegressor, decisionTreeRegressor])('$kind', async (estimator) => {
    for (const features of [diabetes.matrix, withMissing(diabetes.matrix)]) {
      const model = await estimator.fit({ features, target: diabetes.target, parameters: { seed: 3 } })
      await expectSameInOnnx(estimator, model, features, 0)
      await expectSameInOnnx(estimator, model, edgeRows(model), 0)
    }
  })

  test.each([
    { name: 'huge', scale: 1e37, shift: 0, nEstimators: 7 },
    { name: 'tiny', scale: 1e-36, shift: 0, nEstimators: 100 },
    { name: 'far from zero', scale: 1, shift: 1e6, nEstimators: 300 },
    { name: 'constant', scale: 0, shift: 42, nEstimators: 3 },
  ])('targets that are $name', async ({ scale, shift, nEstimators }) => {
    const values = diabetes.target.values.map((value) => shift + (scale * value) / 100)
    const model = await randomForestRegressor.fit({
      features: diabetes.matrix,
      target: { kind: 'values', values },
      parameters: { nEstimators, maxDepth: 6 },
    })
    await expectSameInOnnx(randomForestRegressor, model, diabetes.matrix, 0)
    const found = randomForestRegressor.predict(model, diabetes.matrix).values
    const range = [Math.min(...values), Math.max(...values)] as const
    const slack = Math.max(Math.abs(range[0]), Math.abs(range[1])) * 2e-7
    for (const value of found) expect(value >= range[0] - slack && value <= range[1] + slack).toBe(true)
  })

  test('whichever number of threads runs the file, and one row at a time', async () => {
    const model = await randomForestRegressor.fit({ features: diabetes.matrix, target: diabetes.target })
    const { values } = randomForestRegressor.predict(model, diabetes.matrix)
    const file = exportEstimator(randomForestRegressor, model)
    for (const intraOpNumThreads of [1, 3]) {
      const session = await InferenceSession.create(file, { intraOpNumThreads })
      for (const rows of [442, 1]) {
        const feeds = diabetes.matrix.columns.map((column) => [
          column.name,
          new Tensor('float32', float32Values(column).slice(0, rows), [rows]),
        ])
        const outputs = await session.run(Object.fromEntries(feeds))
        expect(outputs.prediction?.data).toEqual(values.slice(0, rows))
      }
    }
  })
})

test.each([{}, { contamination: 0.05, max_features: 4 }, { n_estimators: 300, max_samples: 0.9 }])(
  'an isolation forest with %o gives the same scores',
  async (parameters) => {
    const model = await isolationForest.fit({ features: diabetes.matrix, target: null, parameters })
    await expectSameInOnnx(isolationForest, model, diabetes.matrix)
    await expectSameInOnnx(isolationForest, model, edgeRows(model))
  },
)
