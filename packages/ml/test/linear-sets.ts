import { type ClassLabels, classLabels } from '../src/data/class-labels.js'
import { type DesignMatrix, designMatrix, numericColumn, takeRows } from '../src/data/design-matrix.js'
import type { SparseMatrix } from '../src/data/sparse-matrix.js'
import type { Features } from '../src/estimators/estimator.js'
import { diabetes, iris, standardised, takeTarget } from './data-sets.js'

/** A set of the linear parity cases: what can be learnt from it are classes, numbers or both. */
export interface LinearSet {
  readonly features: Features
  readonly labels: ClassLabels | null
  readonly values: Float64Array | null
}

/** The generator of `linear.py`: numbers in [0, 1), the same on both sides. */
function uniforms(seed: number): () => number {
  let state = BigInt(seed)
  return () => {
    state = (state * 1103515245n + 12345n) % 2n ** 31n
    return Number(state) / 2 ** 31
  }
}

function named(codes: readonly number[], classCount: number): ClassLabels {
  return classLabels(
    Int32Array.from(codes),
    Array.from({ length: classCount }, (_, code) => String(code)),
  )
}

function generated(isBinary: boolean): LinearSet {
  const draw = uniforms(7)
  const columns = Array.from({ length: 7 }, () => new Float64Array(240))
  const values = new Float64Array(240)
  const codes: number[] = []
  for (let row = 0; row < 240; row++) {
    const own = Array.from({ length: 6 }, (_, column) => draw() * (column + 1) - 0.5)
    const [first = 0, second = 0, , fourth = 0] = own
    const noise = draw() - 0.5
    const score = 3 * first - 2 * second + 0.5 * fourth + noise
    for (const [column, value] of [...own, first + second].entries()) (columns[column] ?? values)[row] = value
    values[row] = score + (draw() < 0.05 ? 20 : 0)
    codes.push(score < 0 ? 0 : score < 1 ? 1 : score < 2 ? 2 : 3)
  }
  const features = designMatrix(columns.map((column, index) => numericColumn(`feature ${index}`, column)))
  return {
    features,
    labels: isBinary
      ? named(
          codes.map((code) => Number(code > 1)),
          2,
        )
      : named(codes, 4),
    values,
  }
}

function sparse(isBinary: boolean): LinearSet {
  const draw = uniforms(11)
  const dense: Float64Array[] = []
  const values = new Float64Array(200)
  const codes: number[] = []
  for (let row = 0; row < 200; row++) {
    const entries = new Float64Array(40)
    for (let entry = 0; entry < 5; entry++) {
      const column = Math.floor(draw() * 40)
      entries[column] = Math.floor(draw() * 8 + 1) / 4
    }
    let score = 0
    for (let column = 0; column < 16; column++) score += (column < 8 ? 1 : -1) * (entries[column] ?? 0)
    dense.push(entries)
    values[row] = score + draw()
    codes.push(score < -0.5 ? 0 : score < 1 ? 1 : 2)
  }
  const labels = isBinary
    ? named(
        codes.map((code) => Number(code > 0)),
        2,
      )
    : named(codes, 3)
  return { features: sparseOf(dense), labels, values }
}

/** Rows without their zeros. */
export function sparseOf(rows: readonly Float64Array[]): SparseMatrix {
  const rowStarts = new Int32Array(rows.length + 1)
  const columnIds: number[] = []
  const values: number[] = []
  for (const [row, entries] of rows.entries()) {
    for (const [column, value] of entries.entries()) {
      if (value === 0) continue
      columnIds.push(column)
      values.push(value)
    }
    rowStarts[row + 1] = columnIds.length
  }
  return {
    kind: 'sparse',
    rowCount: rows.length,
    columnCount: rows[0]?.length ?? 0,
    rowStarts,
    columnIds: Int32Array.from(columnIds),
    values: Float32Array.from(values),
    columnNames: null,
  }
}

function irisSet(matrix: DesignMatrix, from = 0): LinearSet {
  const rows = Int32Array.from({ length: 150 - from }, (_, index) => from + index)
  const { labels } = takeTarget(iris.target, rows)
  const least = from === 0 ? 0 : 1
  const codes = Array.from(labels.codes, (code) => code - least)
  const names = ['0', '1', '2'].slice(least)
  return {
    features: takeRows(matrix, rows),
    labels: classLabels(Int32Array.from(codes), names),
    values: null,
  }
}

function diabetesSet(features: DesignMatrix, rowCount = 442): LinearSet {
  const rows = Int32Array.from({ length: rowCount }, (_, row) => row)
  return { features: takeRows(features, rows), labels: null, values: takeTarget(diabetes.target, rows).values }
}

/** The sets of `test/conformance/ml_parity/linear.py`, by name. */
export const linearSets: Readonly<Record<string, LinearSet>> = {
  iris: irisSet(iris.matrix),
  iris_standardised: irisSet(standardised(iris.matrix)),
  iris_two: irisSet(iris.matrix, 50),
  diabetes: diabetesSet(diabetes.matrix),
  diabetes_standardised: diabetesSet(standardised(diabetes.matrix)),
  diabetes_wide: diabetesSet(standardised(diabetes.matrix), 6),
  generated: generated(false),
  generated_two: generated(true),
  sparse: sparse(false),
  sparse_two: sparse(true),
}
