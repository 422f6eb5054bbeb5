import { encodeLabels } from '../src/data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn } from '../src/data/design-matrix.js'
import type { ClassTarget, ValueTarget } from '../src/estimators/estimator.js'

/**
 * Friedman's first function plus the effect of a category, with missing values: what `test/conformance/ml_parity/boosting.py` computes.
 * The last feature holds codes of twelve categories.
 */
export function generatedRows(rowCount: number): { readonly matrix: DesignMatrix; readonly values: Float64Array } {
  let state = 2024
  const next = () => {
    state = (Math.imul(1103515245, state) + 12345) & 0x7fffffff
    return state / 2 ** 31
  }
  const columns = Array.from({ length: 7 }, () => new Float64Array(rowCount))
  const values = new Float64Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const drawn = Array.from({ length: 8 }, next)
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = drawn.map(Math.fround)
    const code = Math.floor((drawn[6] ?? 0) * 12)
    const smooth = 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e
    values[row] = smooth + ((code * 7) % 12) - 5.5 + (drawn[7] ?? 0)
    for (const [feature, column] of columns.entries()) column[row] = Math.fround(drawn[feature] ?? 0)
    for (const [feature, known, every] of [
      [3, d, 5],
      [6, code, 11],
    ] as const) {
      const column = columns[feature]
      if (column) column[row] = row % every === 0 ? Number.NaN : known
    }
  }
  const named = columns.map((column, feature) => numericColumn(`x${feature}`, column))
  const matrix = designMatrix(
    named.map((column, feature) => (feature === 6 ? { ...column, categoryCount: 12 } : column)),
  )
  return { matrix, values }
}

/** The same rows in two or three classes. */
export function classTarget(values: Float64Array, classCount: 2 | 3): ClassTarget {
  const limits = classCount === 2 ? [14, 14] : [17, 11]
  const [high = 0, middle = 0] = limits
  const names = Array.from(values, (value) => (value > high ? 'high' : value > middle ? 'middle' : 'low'))
  return { kind: 'classes', labels: encodeLabels(names) }
}

export function countTarget(values: Float64Array): ValueTarget {
  return { kind: 'values', values: values.map((value) => Math.floor(Math.max(value, 0) / 3)) }
}
