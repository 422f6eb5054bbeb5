import { int32At, itemAt } from '../data/element.js'
import { assertPaired, sum } from '../metrics/check-pairs.js'
import { MlError } from '../ml-error.js'
import { binomialCdf, chiSquareUpper, studentTwoSided } from './distributions.js'

/** Whether a difference between two models may be chance. */
export interface ModelComparison {
  readonly test: 'mcnemar_exact' | 'mcnemar' | 'corrected_t' | 'paired_t'
  readonly statistic: number
  /** Chance of a difference at least as large when there is none. */
  readonly pValue: number
}

/**
 * McNemar's test of two classifiers on the same rows: counts rows that only one of them has right. Exact (binomial) for fewer than 25
 * such rows, chi-square with continuity correction beyond.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function compareClassifiers(truth: Int32Array, first: Int32Array, second: Int32Array): ModelComparison {
  assertPaired(truth.length, first.length)
  assertPaired(truth.length, second.length)
  let [onlyFirst, onlySecond] = [0, 0]
  for (let row = 0; row < truth.length; row++) {
    const own = int32At(truth, row)
    const firstHits = int32At(first, row) === own
    if (firstHits === (int32At(second, row) === own)) continue
    if (firstHits) onlyFirst++
    else onlySecond++
  }
  const differing = onlyFirst + onlySecond
  const fewer = Math.min(onlyFirst, onlySecond)
  if (differing < 25) {
    return { test: 'mcnemar_exact', statistic: fewer, pValue: Math.min(1, 2 * binomialCdf(fewer, differing, 0.5)) }
  }
  const statistic = (Math.abs(onlyFirst - onlySecond) - 1) ** 2 / differing
  return { test: 'mcnemar', statistic, pValue: chiSquareUpper(statistic, 1) }
}

/**
 * Paired t test of the scores of two models on the same folds, with the correction of Nadeau and Bengio (2003) for training sets that
 * overlap.
 * @param testTrainRatio test rows for each training row of a fold (1 / 9 of ten folds); 0 for no correction
 * @throws MlError `length_mismatch` or `empty_set` below two folds
 */
export function compareFoldScores(
  first: readonly number[],
  second: readonly number[],
  testTrainRatio: number,
): ModelComparison {
  assertPaired(first.length, second.length)
  const count = first.length
  if (count < 2) throw new MlError('empty_set', `There are ${count} folds: give at least two`, { value: count })
  const differences = first.map((score, fold) => score - itemAt(second, fold))
  const mean = sum(differences) / count
  const variance = sum(differences.map((difference) => (difference - mean) ** 2)) / (count - 1)
  const test = testTrainRatio === 0 ? 'paired_t' : 'corrected_t'
  if (variance === 0)
    return { test, statistic: mean === 0 ? 0 : Math.sign(mean) * Infinity, pValue: mean === 0 ? 1 : 0 }
  const statistic = mean / Math.sqrt((1 / count + testTrainRatio) * variance)
  return { test, statistic, pValue: studentTwoSided(statistic, count - 1) }
}

/**
 * Paired t test of the losses of two models by row (squared errors of regressors); of many rows it is the test of Diebold and Mariano
 * without lags.
 * @throws MlError `length_mismatch` or `empty_set` below two rows
 */
export function compareLosses(first: Float64Array, second: Float64Array): ModelComparison {
  return compareFoldScores([...first], [...second], 0)
}
