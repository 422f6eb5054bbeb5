import { MlError } from '../ml-error.js'
import { int32At, itemAt } from './element.js'
import { assertUniqueNames } from './unique-names.js'

/**
 * One numeric feature, a value per row: float32, or float64 for methods that need the digits (least squares). Values may be NaN or
 * infinite here; estimators say what they accept.
 */
export interface NumericColumn {
  readonly kind: 'numeric'
  readonly name: string
  readonly values: Float32Array | Float64Array
  /** The values are the codes 0..n-1 of so many categories; NaN is missing or unknown. */
  readonly categoryCount?: number
}

/** A feature. Other kinds (categorical, text) join this union, so switch on `kind`. */
export type FeatureColumn = NumericColumn

/** The features of a set of rows, column by column, in the order in which a model sees them. */
export interface DesignMatrix {
  readonly rowCount: number
  readonly columns: readonly FeatureColumn[]
}

/** A numeric feature of any numbers; plain lists are rounded to float32 (beyond 3.4e38 that is infinite). */
export function numericColumn(name: string, values: ArrayLike<number>): NumericColumn {
  const isTyped = values instanceof Float32Array || values instanceof Float64Array
  return { kind: 'numeric', name, values: isTyped ? values : Float32Array.from(values) }
}

/** The values rounded to float32, as trees and ONNX files see them; no copy where they already are. */
export function float32Values({ values }: NumericColumn): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values)
}

/**
 * Puts columns of equal length together.
 * @throws MlError `length_mismatch`, `duplicate_name` or `invalid_name`
 */
export function designMatrix(columns: readonly FeatureColumn[]): DesignMatrix {
  assertUniqueNames(
    'feature',
    columns.map(({ name }) => name),
  )
  const rowCount = columns[0]?.values.length ?? 0
  for (const { name, values } of columns) {
    if (values.length !== rowCount) {
      throw new MlError(
        'length_mismatch',
        `Feature ${JSON.stringify(name)} has ${values.length} rows but ${JSON.stringify(columns[0]?.name)} has ${rowCount}: give columns of one length`,
        { value: values.length },
      )
    }
  }
  return { rowCount, columns }
}

/**
 * The same from rows, each with one number per feature.
 * @throws MlError `length_mismatch`, `duplicate_name` or `invalid_name`
 */
export function designMatrixFromRows(
  featureNames: readonly string[],
  rows: readonly (readonly number[])[],
): DesignMatrix {
  const columns = featureNames.map((name) => numericColumn(name, new Float32Array(rows.length)))
  for (const [rowIndex, row] of rows.entries()) {
    if (row.length !== columns.length) {
      throw new MlError(
        'length_mismatch',
        `Row ${rowIndex} has ${row.length} values for ${columns.length} features: give one value per feature`,
        { value: row.length },
      )
    }
    for (const [featureIndex, value] of row.entries()) {
      const column = columns[featureIndex]
      if (column) column.values[rowIndex] = value
    }
  }
  return { ...designMatrix(columns), rowCount: rows.length }
}

/** The given rows, in the given order; an index may come twice. */
export function takeRows(matrix: DesignMatrix, rows: Int32Array): DesignMatrix {
  const columns = matrix.columns.map((column) => {
    const { values: from } = column
    const values = from instanceof Float32Array ? new Float32Array(rows.length) : new Float64Array(rows.length)
    for (let index = 0; index < rows.length; index++) values[index] = itemAt(from, int32At(rows, index))
    return { ...column, values }
  })
  return { rowCount: rows.length, columns }
}
