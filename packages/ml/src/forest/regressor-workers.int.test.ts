// Worker threads run compiled files, which do not exist beside the sources.
import { expect, test } from 'vitest'
import { expectEqual } from '../../test/expect-equal.js'
import { generatedSet } from '../../test/generated-set.js'
import { exportEstimator } from '../onnx/export-estimator.js'
import { workerRowsMin } from './grow-forest.js'

type Estimators = typeof import('./forest-estimators.js')
const compiled = new URL('../../dist/forest/forest-estimators.js', import.meta.url).href
const { extraTreesClassifier, extraTreesRegressor, randomForestRegressor } = (await import(compiled)) as Estimators

const { matrix, labels } = generatedSet({ rowCount: workerRowsMin, featureCount: 8, classCount: 3, seed: 22 })
const values = Float64Array.from(labels.codes, (code, row) => code + (matrix.columns[2]?.values[row] ?? 0))
const sampleWeights = Float64Array.from(values, (_, row) => 1 + (row % 3))

test.each([randomForestRegressor, extraTreesRegressor])(
  '$kind is the same, byte for byte, for any number of threads',
  async (estimator) => {
    const fit = (threads: number) =>
      estimator.fit({
        features: matrix,
        target: { kind: 'values', values },
        sampleWeights,
        parameters: { n_estimators: 8, max_features: 0.5 },
        threads,
      })
    const alone = await fit(0)
    const bytes = exportEstimator(estimator, alone)
    for (const threads of [1, 2, 3, 2]) {
      const model = await fit(threads)
      expectEqual(model, alone)
      expect(Buffer.from(exportEstimator(estimator, model)).equals(bytes)).toBe(true)
    }
  },
)

test('so is a weighted classifier whose trees have a limit of leaves', async () => {
  const fit = (threads: number) =>
    extraTreesClassifier.fit({
      features: matrix,
      target: { kind: 'classes', labels },
      sampleWeights,
      parameters: { n_estimators: 8, max_leaf_nodes: 40, class_weight: 'balanced' },
      threads,
    })
  const alone = await fit(0)
  expectEqual(await fit(2), alone)
  expect(alone.treeCount).toBe(8)
})
