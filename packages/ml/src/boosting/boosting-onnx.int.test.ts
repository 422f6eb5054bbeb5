import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { classTarget, generatedRows } from '../../test/boosting-sets.js'
import { expectSameInOnnx } from '../../test/expect-same-in-onnx.js'
import { nextDown, nextUp } from '../../test/float32-neighbours.js'
import { type DesignMatrix, designMatrixFromRows } from '../data/design-matrix.js'
import { exportEstimator } from '../onnx/export-estimator.js'
import type { BoostedModel } from './boosted-model.js'
import { histGradientBoostingClassifier } from './hist-gradient-boosting-classifier.js'
import { histGradientBoostingRegressor } from './hist-gradient-boosting-regressor.js'

const { matrix, values } = generatedRows(3000)
const parameters = { earlyStopping: false, maxIter: 60 }

/** Rows that meet thresholds: some thresholds, the floats next to them, all codes and what is none, and huge, tiny and missing values. */
function edgeRows(model: BoostedModel): DesignMatrix {
  const rows: number[][] = []
  const base = matrix.columns.map((column) => column.values[1] ?? 0)
  for (let node = 0; node < model.featureIds.length && rows.length < 3000; node += 3) {
    const feature = model.featureIds[node] ?? -1
    const threshold = model.thresholds[node] ?? 0
    if (feature < 0 || (model.categoryStarts[node] ?? 0) >= 0 || threshold === Infinity) continue
    base[feature] = threshold
    for (const value of [threshold, nextUp(threshold), nextDown(threshold)]) rows.push(base.with(feature, value))
  }
  for (const code of [
    ...Array.from({ length: 14 }, (_, index) => index - 1),
    0.5,
    11.999999,
    255,
    256,
    1e30,
    Number.NaN,
  ]) {
    rows.push(base.with(6, code), base.with(6, -code))
  }
  for (const value of [3.4028234663852886e38, 2 ** -149, 0, -0, Infinity, Number.NaN]) {
    rows.push(
      base.map(() => value),
      base.map(() => -value),
    )
  }
  return designMatrixFromRows(model.featureNames, rows)
}

describe('onnxruntime predicts what the model does', () => {
  test.each([2, 3] as const)('%i classes, on edges too', async (classCount) => {
    const target = classTarget(values, classCount)
    const model = await histGradientBoostingClassifier.fit({ features: matrix, target, parameters })
    expect(model.categorySets.length).toBeGreaterThan(0)
    await expectSameInOnnx(histGradientBoostingClassifier, model, matrix)
    await expectSameInOnnx(histGradientBoostingClassifier, model, edgeRows(model))
  })

  test('numbers, to the bit, on edges too and row by row', async () => {
    const model = await histGradientBoostingRegressor.fit({
      features: matrix,
      target: { kind: 'values', values },
      parameters,
    })
    await expectSameInOnnx(histGradientBoostingRegressor, model, matrix, 0)
    const edges = edgeRows(model)
    await expectSameInOnnx(histGradientBoostingRegressor, model, edges, 0)
    const session = await InferenceSession.create(exportEstimator(histGradientBoostingRegressor, model))
    const expected = histGradientBoostingRegressor.predict(model, edges).values
    for (let row = 0; row < 100; row++) {
      const feeds = edges.columns.map(({ name, values: all }) => [
        name,
        new Tensor('float32', all.slice(row, row + 1), [1]),
      ])
      const { prediction } = await session.run(Object.fromEntries(feeds))
      expect(prediction?.data[0]).toBe(expected[row])
    }
  })

  test('a model without a split, and one with a direction', async () => {
    const one = { kind: 'values', values: new Float64Array(matrix.rowCount).fill(3) } as const
    const constant = await histGradientBoostingRegressor.fit({ features: matrix, target: one })
    await expectSameInOnnx(histGradientBoostingRegressor, constant, matrix, 0)
    const target = classTarget(values, 2)
    const model = await histGradientBoostingClassifier.fit({
      ...{ features: matrix, target },
      parameters: { ...parameters, maxIter: 10, monotonicCst: { x0: 1 }, categoricalFeatures: null },
    })
    await expectSameInOnnx(histGradientBoostingClassifier, model, matrix)
  })

  test('the same model gives the same bytes', async () => {
    const fit = () =>
      histGradientBoostingRegressor.fit({
        features: matrix,
        target: { kind: 'values', values },
        parameters: { maxIter: 5 },
      })
    const [one, other] = [await fit(), await fit()]
    const bytes = exportEstimator(histGradientBoostingRegressor, one)
    expect(Buffer.from(bytes).equals(exportEstimator(histGradientBoostingRegressor, other))).toBe(true)
  })
})
