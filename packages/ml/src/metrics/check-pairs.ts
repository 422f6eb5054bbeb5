import { MlError } from '../ml-error.js'

/**
 * Refuses truth and prediction that do not go together.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function assertPaired(truthLength: number, predictedLength: number): void {
  if (truthLength !== predictedLength) {
    throw new MlError(
      'length_mismatch',
      `There are ${truthLength} true values and ${predictedLength} predicted: give one of each per row`,
      { value: predictedLength },
    )
  }
  if (truthLength === 0) throw new MlError('empty_set', 'There are no rows to score: give at least one', { value: 0 })
}

/** The weight of a row: 1 where none are given. */
export function weightAt(weights: Float64Array | undefined, row: number): number {
  return weights === undefined ? 1 : (weights[row] ?? 0)
}

/** The mean of a value per row, weighted; rows in their order, so that rounding is always the same. */
export function weightedMean(
  rowCount: number,
  weights: Float64Array | undefined,
  valueAt: (row: number) => number,
): number {
  let total = 0
  let weightTotal = 0
  for (let row = 0; row < rowCount; row++) {
    const weight = weightAt(weights, row)
    if (weight === 0) continue
    total += weight * valueAt(row)
    weightTotal += weight
  }
  return total / weightTotal
}

/** The sum of some numbers, in their order. */
export function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
