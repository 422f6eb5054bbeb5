import { readFileSync } from 'node:fs'
import { classLabels } from '../src/data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn, takeRows } from '../src/data/design-matrix.js'
import type { ClassTarget, ValueTarget } from '../src/estimators/estimator.js'

/** Iris and diabetes, as scikit-learn ships them (`test/conformance/ml_parity/data_sets.py`). */
const sets = JSON.parse(readFileSync(new URL('./parity/data-sets.json', import.meta.url), 'utf8')) as {
  iris: { features: string[]; columns: number[][]; codes: number[]; classes: string[] }
  diabetes: { features: string[]; columns: number[][]; target: number[] }
}

function matrixOf({ features, columns }: { readonly features: string[]; readonly columns: number[][] }): DesignMatrix {
  return designMatrix(features.map((name, index) => numericColumn(name, Float64Array.from(columns[index] ?? []))))
}

/** 150 rows of three classes. */
export const iris: { readonly matrix: DesignMatrix; readonly target: ClassTarget } = {
  matrix: matrixOf(sets.iris),
  target: { kind: 'classes', labels: classLabels(Int32Array.from(sets.iris.codes), sets.iris.classes) },
}

/** 442 rows; features as measured, not scaled. */
export const diabetes: { readonly matrix: DesignMatrix; readonly target: ValueTarget } = {
  matrix: matrixOf(sets.diabetes),
  target: { kind: 'values', values: Float64Array.from(sets.diabetes.target) },
}

/** Columns of mean 0 and variance 1 (over n), as scikit-learn's `StandardScaler`. */
export function standardised({ rowCount, columns }: DesignMatrix): DesignMatrix {
  return {
    rowCount,
    columns: columns.map(({ name, values }) => {
      const doubles = Float64Array.from(values)
      const mean = doubles.reduce((sum, value) => sum + value, 0) / rowCount
      const variance = doubles.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rowCount
      return numericColumn(
        name,
        doubles.map((value) => (value - mean) / Math.sqrt(variance)),
      )
    }),
  }
}

/** Every third row is tested, the others train: the same on both sides. */
export function everyThird(rowCount: number): { readonly train: Int32Array; readonly test: Int32Array } {
  const rows = Int32Array.from({ length: rowCount }, (_, row) => row)
  return { train: rows.filter((row) => row % 3 !== 0), test: rows.filter((row) => row % 3 === 0) }
}

/** The rows of a target. */
export function takeTarget<Target extends ClassTarget | ValueTarget>(target: Target, rows: Int32Array): Target {
  if (target.kind === 'values') return { ...target, values: Float64Array.from(rows, (row) => target.values[row] ?? 0) }
  const codes = rows.map((row) => target.labels.codes[row] ?? 0)
  return { ...target, labels: { ...target.labels, codes } }
}

export { takeRows }
