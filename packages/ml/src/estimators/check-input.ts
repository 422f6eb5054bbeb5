import { assertCodes, countClasses } from '../data/class-labels.js'
import type { NumericColumn } from '../data/design-matrix.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { assertFiniteSparse } from '../data/sparse-matrix.js'
import { MlError } from '../ml-error.js'
import type { Acceptance, ClassTarget, Features, ValueTarget } from './estimator.js'

/** More classes than this are hardly classes, but a number or an identifier given as a label. */
export const classLimit = 1024

/** Number of features. */
export function featureCount(features: Features): number {
  return 'columns' in features ? features.columns.length : features.columnCount
}

/** Names of the features where they have any. */
export function featureNames(features: Features): readonly string[] | null {
  return 'columns' in features ? features.columns.map(({ name }) => name) : features.columnNames
}

/**
 * Refuses features that an estimator cannot take.
 * @throws MlError `empty_set`, `sparse_unsupported`, `non_finite_value` or `negative_value`
 */
export function checkFeatures(features: Features, accepts: Acceptance): void {
  if (featureCount(features) === 0)
    throw new MlError('empty_set', 'There are no features: give at least one', { value: 0 })
  if (features.rowCount === 0)
    throw new MlError('empty_set', 'There are no rows to train on: give at least two', { value: 0 })
  if ('columns' in features) for (const column of features.columns) assertValues(column, accepts)
  else {
    if (!accepts.sparse) {
      throw new MlError(
        'sparse_unsupported',
        'This estimator takes no sparse features: reduce them, as by truncated SVD',
      )
    }
    assertFiniteSparse(features, accepts.missing)
  }
}

/**
 * Refuses a target that no classifier can learn.
 * @throws MlError `length_mismatch`, `invalid_label`, `single_class` or `too_many_classes`
 */
export function checkClassTarget(features: Features, { labels }: ClassTarget): void {
  const { codes, classes } = labels
  assertOnePerRow(features, codes.length, 'labels')
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
    { value: name },
  )
}

/**
 * Refuses a target that no regressor can learn.
 * @throws MlError `length_mismatch` or `invalid_target`
 */
export function checkValueTarget(features: Features, { values }: ValueTarget): void {
  assertOnePerRow(features, values.length, 'target values')
  const row = values.findIndex((value) => !Number.isFinite(value))
  if (row < 0) return
  throw new MlError('invalid_target', `The target of row ${row} is ${values[row]}: drop the row or give it a number`, {
    value: values[row],
  })
}

/**
 * Refuses weights that cannot be used.
 * @throws MlError `length_mismatch`, `invalid_weight` or `weights_unsupported`
 */
export function checkSampleWeights(
  features: Features,
  weights: Float64Array | undefined,
  accepts: Pick<Acceptance, 'sampleWeights'>,
): void {
  if (weights === undefined) return
  if (!accepts.sampleWeights)
    throw new MlError('weights_unsupported', 'This estimator takes no weights of rows: leave them out')
  assertOnePerRow(features, weights.length, 'weights')
  let total = 0
  for (let row = 0; row < weights.length; row++) {
    const weight = float64At(weights, row)
    total += weight
    if (weight >= 0 && Number.isFinite(weight)) continue
    throw new MlError('invalid_weight', `The weight of row ${row} is ${weight}: it must be a number of at least 0`, {
      value: weight,
    })
  }
  if (total > 0) return
  throw new MlError('invalid_weight', 'Every weight is 0: at least one row must weigh something', { value: 0 })
}

function assertOnePerRow({ rowCount }: Features, length: number, what: string): void {
  if (length === rowCount) return
  throw new MlError('length_mismatch', `There are ${length} ${what} for ${rowCount} rows: give one per row`, {
    value: length,
  })
}

function assertValues({ name, values }: NumericColumn, { missing, nonNegative }: Acceptance): void {
  for (let row = 0; row < values.length; row++) {
    const value = itemAt(values, row)
    if (Number.isNaN(value) && missing) continue
    if (!Number.isFinite(value)) {
      throw new MlError(
        'non_finite_value',
        `Feature ${JSON.stringify(name)} is ${value} in row ${row}: fill in or drop such rows (float32 holds up to 3.4e38)`,
        { value },
      )
    }
    if (nonNegative && value < 0) {
      throw new MlError(
        'negative_value',
        `Feature ${JSON.stringify(name)} is ${value} in row ${row}: this estimator takes counts, of at least 0`,
        { value },
      )
    }
  }
}
