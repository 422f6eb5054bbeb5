import { assertCodes, type ClassLabels, countClasses } from '../data/class-labels.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import { float32At, int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** More classes than this are hardly classes, but a number or an identifier given as a label. */
export const classLimit = 1024

/**
 * Refuses a set that no classifier can be trained on.
 * @throws MlError `empty_set`, `length_mismatch`, `invalid_label`, `single_class`, `too_many_classes` or `non_finite_value`
 */
export function checkTrainingSet(matrix: DesignMatrix, labels: ClassLabels): void {
  if (matrix.columns.length === 0)
    throw new MlError('empty_set', 'There are no features: give at least one', { value: 0 })
  if (matrix.rowCount === 0)
    throw new MlError('empty_set', 'There are no rows to train on: give at least two', { value: 0 })
  if (labels.codes.length !== matrix.rowCount) {
    throw new MlError(
      'length_mismatch',
      `There are ${labels.codes.length} labels for ${matrix.rowCount} rows: give one label per row`,
      { value: labels.codes.length },
    )
  }
  assertClasses(labels)
  for (const column of matrix.columns) assertFinite(column.name, column.values)
}

function assertClasses({ codes, classes }: ClassLabels): void {
  if (classes.length > classLimit) {
    throw new MlError('too_many_classes', `There are ${classes.length} classes: at most ${classLimit} are supported`, {
      value: classes.length,
    })
  }
  assertCodes(codes, classes.length)
  const counts = countClasses(codes, classes.length)
  if (counts.filter((count) => count > 0).length > 1) return
  const name = classes[int32At(codes, 0)]
  throw new MlError(
    'single_class',
    `Every label is ${JSON.stringify(name)}: a classifier needs rows of at least two classes`,
    {
      value: name,
    },
  )
}

function assertFinite(name: string, values: Float32Array): void {
  for (let row = 0; row < values.length; row++) {
    const value = float32At(values, row)
    if (Number.isFinite(value)) continue
    throw new MlError(
      'non_finite_value',
      `Feature ${JSON.stringify(name)} is ${value} in row ${row}: fill in or drop such rows (float32 holds up to 3.4e38)`,
      { value },
    )
  }
}
