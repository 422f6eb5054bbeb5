import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect } from 'vitest'
import { type DesignMatrix, float32Values } from '../src/data/design-matrix.js'
import type { Estimator, EstimatorTask, FittedModel, FloatColumn } from '../src/estimators/estimator.js'
import { exportEstimator } from '../src/onnx/export-estimator.js'
import { columnShape } from './column-shape.js'
import { expectEqual } from './expect-equal.js'

/**
 * Exports the model, runs all rows in onnxruntime, and expects what `predict` says: classes and clusters equal, numbers within the
 * tolerance, relative to the greatest.
 */
export async function expectSameInOnnx<Task extends EstimatorTask, Model extends FittedModel>(
  estimator: Pick<Estimator<Task, Model, never>, 'task' | 'predict' | 'addToGraph'>,
  model: Model,
  matrix: DesignMatrix,
  tolerance = 1e-6,
): Promise<void> {
  const session = await InferenceSession.create(exportEstimator(estimator, model))
  const feeds = matrix.columns.map((column) => [
    column.name,
    new Tensor('float32', float32Values(column), columnShape(matrix.rowCount, matrix.columns.length)),
  ])
  const outputs = await session.run(Object.fromEntries(feeds))
  const [first = '', ...rest] = session.outputNames
  for (const name of session.outputNames) expect(outputs[name]?.dims).toEqual([matrix.rowCount])
  // What a file sees is rounded to float32, so the model has to see that too.
  const columns = matrix.columns.map((column) => ({ ...column, values: float32Values(column) }))
  const predicted = estimator.predict(model, { rowCount: matrix.rowCount, columns })
  const numbers = (name: string) => outputs[name]?.data as Float32Array
  switch (predicted.kind) {
    case 'classes':
      expectEqual(
        [...((outputs[first]?.data ?? []) as string[])],
        Array.from(predicted.codes, (code) => model.classes?.[code]),
      )
      for (const [code, column] of (predicted.probabilities ?? predicted.scores ?? []).entries())
        expectClose(numbers(rest[code] ?? ''), column, tolerance)
      break
    case 'values':
      expectClose(numbers(first), predicted.values, tolerance)
      break
    case 'anomalies':
      expectClose(numbers(first), predicted.scores, tolerance)
      break
    case 'clusters':
      expectEqual(Array.from((outputs[first]?.data ?? []) as BigInt64Array, Number), [...predicted.codes])
      break
    case 'components':
      for (const [index, column] of predicted.columns.entries())
        expectClose(numbers(session.outputNames[index] ?? ''), column, tolerance)
      break
  }
}

function expectClose(found: Float32Array, expected: FloatColumn, tolerance: number): void {
  expect(found.length).toBe(expected.length)
  const size = Math.max(...expected.map(Math.abs), 1e-30)
  let worst = 0
  for (const [row, value] of found.entries()) worst = Math.max(worst, Math.abs(value - (expected[row] ?? Number.NaN)))
  // NaN is never within the tolerance.
  expect(worst / size <= tolerance, `off by ${worst} where the greatest is ${size}`).toBe(true)
}
