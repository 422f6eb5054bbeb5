import { assertCodes } from '../data/class-labels.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** Scores of one class, each in [0, 1]; zero where the division has no meaning, as scikit-learn gives with a warning. */
export interface ClassScores {
  /** Share of the rows predicted as this class that are of it. */
  readonly precision: number
  /** Share of the rows of this class that are predicted as it. */
  readonly recall: number
  /** Harmonic mean of the two: 2 tp / (2 tp + fp + fn). */
  readonly f1: number
  /** Number of rows of this class. */
  readonly support: number
}

export interface ClassificationScores {
  readonly accuracy: number
  /** Plain means over the classes that occur in the truth or in the predictions. */
  readonly macroPrecision: number
  readonly macroRecall: number
  readonly macroF1: number
  /** Mean over the classes, weighted by support. */
  readonly weightedF1: number
  /** By class code; a class that never occurs has zeros. */
  readonly perClass: readonly ClassScores[]
  /** `confusion[truth][predicted]` counts rows. */
  readonly confusion: readonly Int32Array[]
}

/**
 * Rows by true class (first index) and predicted class (second).
 * @throws MlError `length_mismatch`, `empty_set` or `invalid_label`
 */
export function confusionMatrix(truth: Int32Array, predicted: Int32Array, classCount: number): Int32Array[] {
  assertPaired(truth.length, predicted.length)
  assertCodes(truth, classCount)
  assertCodes(predicted, classCount)
  const confusion = Array.from({ length: classCount }, () => new Int32Array(classCount))
  for (let row = 0; row < truth.length; row++) {
    const line = itemAt(confusion, int32At(truth, row))
    const code = int32At(predicted, row)
    line[code] = int32At(line, code) + 1
  }
  return confusion
}

/**
 * All scores of predicted classes against the true ones, with the meaning they have in scikit-learn.
 * @throws MlError `length_mismatch`, `empty_set` or `invalid_label`
 */
export function classificationScores(
  truth: Int32Array,
  predicted: Int32Array,
  classCount: number,
): ClassificationScores {
  const confusion = confusionMatrix(truth, predicted, classCount)
  const predictedCounts = confusion.map((_, code) => sum(confusion.map((line) => int32At(line, code))))
  const perClass = confusion.map((line, code): ClassScores => {
    const hits = int32At(line, code)
    const support = sum(line)
    const claimed = itemAt(predictedCounts, code)
    return {
      precision: ratio(hits, claimed),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + claimed),
      support,
    }
  })
  const occurring = perClass.filter(({ support }, code) => support > 0 || itemAt(predictedCounts, code) > 0)
  const mean = (score: (scores: ClassScores) => number) => sum(occurring.map(score)) / occurring.length
  return {
    accuracy: sum(confusion.map((line, code) => int32At(line, code))) / truth.length,
    macroPrecision: mean(({ precision }) => precision),
    macroRecall: mean(({ recall }) => recall),
    macroF1: mean(({ f1 }) => f1),
    weightedF1: sum(perClass.map(({ f1, support }) => f1 * support)) / truth.length,
    perClass,
    confusion,
  }
}

/**
 * Share of rows whose predicted class is the true one.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function accuracy(truth: Int32Array, predicted: Int32Array): number {
  assertPaired(truth.length, predicted.length)
  return truth.reduce((hits, code, row) => hits + (code === predicted[row] ? 1 : 0), 0) / truth.length
}

/**
 * Mean of -ln(probability of the true class), in nats. Probabilities are first moved into [eps, 1 - eps], where eps is
 * the machine epsilon of their type, as scikit-learn does, so that a certain and wrong row costs much but not infinity.
 * @param probabilities by class code, one value per row
 * @throws MlError `length_mismatch`, `empty_set`, `invalid_label` or `invalid_probability`
 */
export function logLoss(truth: Int32Array, probabilities: readonly (Float32Array | Float64Array)[]): number {
  assertCodes(truth, probabilities.length)
  for (const column of probabilities) assertPaired(truth.length, column.length)
  const losses = Float64Array.from(truth, (code, row) => {
    const column = itemAt(probabilities, code)
    const probability = itemAt(column, row)
    if (!(probability >= 0 && probability <= 1)) {
      throw new MlError('invalid_probability', `The probability of row ${row} is ${probability}: it must lie in 0..1`, {
        value: probability,
      })
    }
    const epsilon = column instanceof Float32Array ? 2 ** -23 : 2 ** -52
    return -Math.log(Math.min(Math.max(probability, epsilon), 1 - epsilon))
  })
  let total = 0
  for (let row = 0; row < losses.length; row++) total += float64At(losses, row)
  return total / truth.length
}

function assertPaired(truthLength: number, predictedLength: number): void {
  if (truthLength !== predictedLength) {
    throw new MlError(
      'length_mismatch',
      `There are ${truthLength} true values and ${predictedLength} predicted: give one of each per row`,
      {
        value: predictedLength,
      },
    )
  }
  if (truthLength === 0) throw new MlError('empty_set', 'There are no rows to score: give at least one', { value: 0 })
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
