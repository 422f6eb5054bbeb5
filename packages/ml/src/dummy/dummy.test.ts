import { describe, expect, test } from 'vitest'
import { gaussianNb } from '../bayes/gaussian-nb.js'
import { multinomialNb } from '../bayes/multinomial-nb.js'
import { classLabels } from '../data/class-labels.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { ClassTarget } from '../estimators/estimator.js'
import { dummyClassifier } from './dummy-classifier.js'

function sparse(values: readonly number[]): SparseMatrix {
  return {
    kind: 'sparse',
    rowCount: 3,
    columnCount: 2,
    rowStarts: Int32Array.of(0, 1, 2, 3),
    columnIds: Int32Array.of(0, 1, 0),
    values: Float32Array.from(values),
    columnNames: null,
  }
}

const target: ClassTarget = { kind: 'classes', labels: classLabels(Int32Array.of(0, 1, 1), ['no', 'yes']) }

describe('sparse rows', () => {
  test('may lack values where an estimator takes that', async () => {
    const model = await dummyClassifier.fit({ features: sparse([1, Number.NaN, 2]), target })
    expect([...dummyClassifier.predict(model, sparse([Number.NaN, 1, 1])).codes]).toEqual([1, 1, 1])
  })

  test('are refused where they lack values otherwise, or are infinite', async () => {
    const missing = multinomialNb.fit({ features: sparse([1, Number.NaN, 2]), target })
    await expect(missing).rejects.toMatchObject({ code: 'non_finite_value' })
    const infinite = dummyClassifier.fit({ features: sparse([1, Infinity, 2]), target })
    await expect(infinite).rejects.toMatchObject({ code: 'non_finite_value' })
    const dense = gaussianNb.fit({ features: sparse([1, 1, 2]), target })
    await expect(dense).rejects.toMatchObject({ code: 'sparse_unsupported' })
  })
})
