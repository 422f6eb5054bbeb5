import { MlError } from '../ml-error.js'
import { float32At, int32At } from './element.js'
import { assertUniqueNames } from './unique-names.js'

/** One numeric feature: a float32 value per row. Values may be NaN or infinite here; estimators say what they accept. */
export interface NumericColumn {
  readonly kind: 'numeric'
  readonly name: string
  readonly values: Float32Array
}

/** A feature. Other kinds (categorical, text) join this union, so switch on `kind`. */
export type FeatureColumn = NumericColumn

/** The features of a set of rows, column by column, in the order in which a model sees them. */
export interface DesignMatrix {
  readonly rowCount: number
  readonly columns: readonly FeatureColumn[]
}

/** A numeric feature of any numbers, rounded to float32 (beyond 3.4e38 that is infinite). */
export function numericColumn(name: string, values: ArrayLike<number>): NumericColumn {
  return { kind: 'numeric', name, values: values instanceof Float32Array ? values : Float32Array.from(values) }
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
    const values = new Float32Array(rows.length)
    for (let index = 0; index < rows.length; index++) values[index] = float32At(column.values, int32At(rows, index))
    return { ...column, values }
  })
  return { rowCount: rows.length, columns }
}
