import { assertCodes } from '../data/class-labels.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { assertPaired, weightedMean } from './check-pairs.js'

type Probabilities = readonly (Float32Array | Float64Array)[]

/**
 * Mean of -ln(probability of the true class), in nats. Probabilities are first moved into [eps, 1 - eps], where eps is
 * the machine epsilon of their type, as scikit-learn does, so that a certain and wrong row costs much but not infinity.
 * @param probabilities by class code, one value per row
 * @throws MlError `length_mismatch`, `empty_set`, `invalid_label` or `invalid_probability`
 */
export function logLoss(truth: Int32Array, probabilities: Probabilities, weights?: Float64Array): number {
  checkProbabilities(truth, probabilities)
  return weightedMean(truth.length, weights, (row) => {
    const column = itemAt(probabilities, int32At(truth, row))
    const epsilon = column instanceof Float32Array ? 2 ** -23 : 2 ** -52
    return -Math.log(Math.min(Math.max(itemAt(column, row), epsilon), 1 - epsilon))
  })
}

/**
 * Brier score: mean squared distance between the probabilities and the truth, 0 best; of two classes only the second counts (0..1),
 * of more all of them (0..2), as scikit-learn's `brier_score_loss`.
 * @throws MlError `length_mismatch`, `empty_set`, `invalid_label` or `invalid_probability`
 */
export function brierScore(truth: Int32Array, probabilities: Probabilities, weights?: Float64Array): number {
  checkProbabilities(truth, probabilities)
  const halved = probabilities.length === 2 ? 2 : 1
  return weightedMean(truth.length, weights, (row) => {
    let distance = 0
    for (let code = 0; code < probabilities.length; code++) {
      const difference = itemAt(itemAt(probabilities, code), row) - (int32At(truth, row) === code ? 1 : 0)
      distance += difference * difference
    }
    return distance / halved
  })
}

/** How often rows of like probability are positive; only groups that have rows. */
export interface CalibrationCurve {
  /** Mean probability of each group, ascending. */
  readonly predicted: Float64Array
  /** Share of its rows that are positive. */
  readonly observed: Float64Array
  readonly rowCounts: Int32Array
}

/**
 * Groups rows by their probability, as scikit-learn's `calibration_curve`: groups of equal width or of about equally many rows.
 * @param isPositive 1 where the row is of the class, 0 where not
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function calibrationCurve(
  isPositive: Uint8Array,
  probabilities: Float32Array | Float64Array,
  options: { readonly groups?: number; readonly strategy?: 'uniform' | 'quantile' } = {},
): CalibrationCurve {
  assertPaired(isPositive.length, probabilities.length)
  const { groups = 10, strategy = 'uniform' } = options
  const inner = strategy === 'uniform' ? uniformEdges(groups) : quantileEdges(probabilities, groups)
  const sums = new Float64Array(groups)
  const hits = new Float64Array(groups)
  const counts = new Int32Array(groups)
  for (let row = 0; row < probabilities.length; row++) {
    const value = itemAt(probabilities, row)
    let group = 0
    while (group < inner.length && value > float64At(inner, group)) group++
    sums[group] = float64At(sums, group) + value
    hits[group] = float64At(hits, group) + (isPositive[row] ?? 0)
    counts[group] = int32At(counts, group) + 1
  }
  const filled = [...counts.keys()].filter((group) => int32At(counts, group) > 0)
  return {
    predicted: Float64Array.from(filled, (group) => float64At(sums, group) / int32At(counts, group)),
    observed: Float64Array.from(filled, (group) => float64At(hits, group) / int32At(counts, group)),
    rowCounts: Int32Array.from(filled, (group) => int32At(counts, group)),
  }
}

/** Mean distance between the two sides of a calibration curve, weighted by rows (expected calibration error). */
export function calibrationError({ predicted, observed, rowCounts }: CalibrationCurve): number {
  const weights = Float64Array.from(rowCounts)
  return weightedMean(weights.length, weights, (group) =>
    Math.abs(float64At(predicted, group) - float64At(observed, group)),
  )
}

function uniformEdges(groups: number): Float64Array {
  return Float64Array.from({ length: groups - 1 }, (_, index) => (index + 1) / groups)
}

function quantileEdges(probabilities: Float32Array | Float64Array, groups: number): Float64Array {
  const sorted = Float64Array.from(probabilities).sort()
  return Float64Array.from({ length: groups - 1 }, (_, index) => {
    const position = ((index + 1) / groups) * (sorted.length - 1)
    const below = Math.floor(position)
    const above = Math.min(below + 1, sorted.length - 1)
    return float64At(sorted, below) + (position - below) * (float64At(sorted, above) - float64At(sorted, below))
  })
}

function checkProbabilities(truth: Int32Array, probabilities: Probabilities): void {
  assertCodes(truth, probabilities.length)
  for (const column of probabilities) {
    assertPaired(truth.length, column.length)
    const row = column.findIndex((probability) => !(probability >= 0 && probability <= 1))
    if (row < 0) continue
    throw new MlError('invalid_probability', `The probability of row ${row} is ${column[row]}: it must lie in 0..1`, {
      value: column[row],
    })
  }
}
