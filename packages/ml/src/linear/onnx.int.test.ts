import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { diabetes, iris } from '../../test/data-sets.js'
import { expectSameInOnnx } from '../../test/expect-same-in-onnx.js'
import { linearSets } from '../../test/linear-sets.js'
import { classLabels } from '../data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../data/design-matrix.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { ClassTarget, Estimator } from '../estimators/estimator.js'
import { encodeModel } from '../onnx/encode-model.js'
import { exportEstimator } from '../onnx/export-estimator.js'
import { createGraphBuilder } from '../onnx/onnx-graph.js'
import { createRandom } from '../random/create-random.js'
import { elasticNet, lasso } from './elastic-net.js'
import { huberRegressor } from './huber-regressor.js'
import type { LinearClassifier, LinearRegressor } from './linear-model.js'
import { linearRegression } from './linear-regression.js'
import { linearSvc } from './linear-svc.js'
import { linearSvr } from './linear-svr.js'
import { logisticRegression } from './logistic-regression.js'
import { ridge } from './ridge.js'
import { sgdClassifier } from './sgd-classifier.js'
import { sgdRegressor } from './sgd-regressor.js'

type Classifier = Estimator<'classification', LinearClassifier>
type Regressor = Estimator<'regression', LinearRegressor>

function denseSet(name: string): { readonly matrix: DesignMatrix; readonly target: ClassTarget } {
  const set = linearSets[name]
  if (set === undefined || set.labels === null || !('columns' in set.features)) throw new Error(`no such set: ${name}`)
  return { matrix: set.features, target: { kind: 'classes', labels: set.labels } }
}

describe('onnxruntime predicts what the model does', () => {
  const classifiers: readonly (readonly [Classifier, Readonly<Record<string, unknown>>])[] = [
    [logisticRegression, {}],
    [logisticRegression, { l1_ratio: 1 }],
    [linearSvc, {}],
    [linearSvc, { loss: 'hinge' }],
    [sgdClassifier, {}],
    [sgdClassifier, { loss: 'log_loss' }],
    [sgdClassifier, { loss: 'modified_huber' }],
  ]
  test.each(
    ['iris', 'iris_two', 'generated', 'generated_two'].flatMap((set) =>
      classifiers.map(([estimator, parameters]) => ({ set, kind: estimator.kind, parameters, estimator })),
    ),
  )('$kind of $set with $parameters', async ({ set, estimator, parameters }) => {
    const { matrix, target } = denseSet(set)
    const model = await estimator.fit({ features: matrix, target, parameters })
    await expectSameInOnnx(estimator, model, matrix, 2e-7)
  })

  const regressors: readonly Regressor[] = [linearRegression, ridge, lasso, elasticNet, linearSvr, huberRegressor]
  test.each(regressors.map((estimator) => ({ kind: estimator.kind, estimator })))('$kind of diabetes', async (one) => {
    const model = await one.estimator.fit({ features: diabetes.matrix, target: diabetes.target })
    await expectSameInOnnx(one.estimator, model, diabetes.matrix, 2e-7)
  })

  test('sgd_regressor of generated', async () => {
    const { matrix } = denseSet('generated')
    const values = linearSets.generated?.values ?? new Float64Array(0)
    const model = await sgdRegressor.fit({ features: matrix, target: { kind: 'values', values } })
    await expectSameInOnnx(sgdRegressor, model, matrix, 2e-7)
  })

  test('features of unlike scale lose no digits', async () => {
    const random = createRandom(4)
    const year = Float64Array.from({ length: 400 }, (_, row) => 1_600_000_000 + 86_400 * row)
    const small = Float64Array.from(year, () => random.float() * 1e-4)
    const values = Float64Array.from(year, (seconds, row) => (seconds - 1.61e9) * 1e-6 + 2e4 * (small[row] ?? 0))
    const matrix = designMatrix([numericColumn('seconds', year), numericColumn('small', small)])
    const model = await linearRegression.fit({ features: matrix, target: { kind: 'values', values } })
    await expectSameInOnnx(linearRegression, model, matrix, 2e-7)
  })

  test('a class without rows has probability 0, and is never predicted', async () => {
    const { codes } = iris.target.labels
    for (const kept of [
      [0, 2],
      [0, 1, 2],
    ]) {
      const rows = [...codes.keys()].filter((row) => kept.includes(codes[row] ?? -1))
      const columns = iris.matrix.columns.map(({ name, values }) =>
        numericColumn(
          name,
          Float32Array.from(rows, (row) => values[row] ?? 0),
        ),
      )
      const labels = classLabels(
        Int32Array.from(rows, (row) => (codes[row] ?? 0) + 1),
        ['never', 'setosa', 'versicolor', 'virginica'],
      )
      for (const [estimator, parameters] of classifiers) {
        const features = designMatrix(columns)
        const model = await estimator.fit({ features, target: { kind: 'classes', labels }, parameters })
        await expectSameInOnnx(estimator, model, features)
        const { codes: predicted, probabilities } = estimator.predict(model, features)
        expect(predicted).not.toContain(0)
        if (probabilities !== null) expect(Math.max(...(probabilities[0] ?? []))).toBe(0)
      }
    }
  })

  test('sparse features, many of them, in float32', async () => {
    const random = createRandom(9)
    const [rowCount, columnCount, entriesPerRow] = [120, 12_000, 20]
    const columnIds = Int32Array.from({ length: rowCount * entriesPerRow }, (_, entry) => {
      return (entry % entriesPerRow) * 600 + random.intBelow(600)
    })
    const features: SparseMatrix = {
      kind: 'sparse',
      rowCount,
      columnCount,
      rowStarts: Int32Array.from({ length: rowCount + 1 }, (_, row) => row * entriesPerRow),
      columnIds,
      values: Float32Array.from(columnIds, () => random.float()),
      columnNames: Array.from({ length: columnCount }, (_, column) => `word ${column}`),
    }
    const codes = Int32Array.from({ length: rowCount }, (_, row) => row % 3)
    const target: ClassTarget = { kind: 'classes', labels: classLabels(codes, ['a', 'b', 'c']) }
    const model = await logisticRegression.fit({ features, target })
    // One input for all features, as within a pipeline.
    const graph = createGraphBuilder('wide', ['features', 'probabilities'])
    graph.input({ name: 'features', elementType: 'float32', shape: ['N', columnCount] })
    const prediction = logisticRegression.addToGraph(model, graph, 'features')
    const value = 'probabilities' in prediction ? prediction.probabilities : ''
    graph.node({ operator: 'Identity', inputs: [value], output: 'probabilities' })
    graph.output({ name: 'probabilities', elementType: 'float32', shape: ['N', 3] })
    const session = await InferenceSession.create(encodeModel(graph.finish(), {}))
    const dense = new Float32Array(rowCount * columnCount)
    for (const [entry, column] of columnIds.entries()) {
      dense[Math.floor(entry / entriesPerRow) * columnCount + column] = features.values[entry] ?? 0
    }
    const { probabilities } = await session.run({
      features: new Tensor('float32', dense, [rowCount, columnCount]),
    })
    const found = probabilities?.data as Float32Array
    const predicted = logisticRegression.predict(model, features).probabilities ?? []
    for (const [code, column] of predicted.entries()) {
      for (const [row, one] of column.entries()) expect(Math.abs((found[row * 3 + code] ?? 2) - one)).toBeLessThan(1e-6)
    }
    expect(predicted).toHaveLength(3)
  })

  test('the file of a small model is small', async () => {
    const model = await logisticRegression.fit({ features: iris.matrix, target: iris.target })
    const bytes = exportEstimator(logisticRegression, model, { target: 'species' })
    expect(bytes.length).toBeLessThan(2500)
    const session = await InferenceSession.create(bytes)
    expect(session.outputNames).toEqual(['label', ...iris.target.labels.classes.map((name) => `probability_${name}`)])
  })
})
