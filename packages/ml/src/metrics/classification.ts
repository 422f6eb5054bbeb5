import { assertCodes } from '../data/class-labels.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { assertPaired, sum, weightAt } from './check-pairs.js'

/** Scores of one class, each in [0, 1]; zero where the division has no meaning, as scikit-learn gives with a warning. */
export interface ClassScores {
  /** Share of the rows predicted as this class that are of it. */
  readonly precision: number
  /** Share of the rows of this class that are predicted as it. */
  readonly recall: number
  /** Harmonic mean of the two: 2 tp / (2 tp + fp + fn). */
  readonly f1: number
  /** Number of rows of this class, or their weight. */
  readonly support: number
}

/** The three scores averaged over classes. */
export interface AveragedScores {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

export interface ClassificationScores {
  readonly accuracy: number
  /** Mean recall of the classes that occur in the truth. */
  readonly balancedAccuracy: number
  /** Plain means over the classes that occur in the truth or in the predictions. */
  readonly macro: AveragedScores
  /** Over all decisions together; equal to the accuracy, since each row has one class. */
  readonly micro: AveragedScores
  /** Means over the classes, weighted by support. */
  readonly weighted: AveragedScores
  /** Matthews correlation of truth and prediction, -1..1 (Gorodkin 2004); 0 where one of them is constant. */
  readonly matthews: number
  /** Cohen's kappa: agreement beyond chance, at most 1; NaN where truth and prediction are one and the same class. */
  readonly kappa: number
  /** By class code; a class that never occurs has zeros. */
  readonly perClass: readonly ClassScores[]
  /** `confusion[truth][predicted]` counts rows, or their weight. */
  readonly confusion: readonly Float64Array[]
}

/**
 * Rows by true class (first index) and predicted class (second).
 * @throws MlError `length_mismatch`, `empty_set` or `invalid_label`
 */
export function confusionMatrix(
  truth: Int32Array,
  predicted: Int32Array,
  classCount: number,
  weights?: Float64Array,
): Float64Array[] {
  assertPaired(truth.length, predicted.length)
  if (weights !== undefined) assertPaired(truth.length, weights.length)
  assertCodes(truth, classCount)
  assertCodes(predicted, classCount)
  const confusion = Array.from({ length: classCount }, () => new Float64Array(classCount))
  for (let row = 0; row < truth.length; row++) {
    const line = itemAt(confusion, int32At(truth, row))
    const code = int32At(predicted, row)
    line[code] = float64At(line, code) + weightAt(weights, row)
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
  weights?: Float64Array,
): ClassificationScores {
  const confusion = confusionMatrix(truth, predicted, classCount, weights)
  const claimed = confusion.map((_, code) => sum(confusion.map((line) => float64At(line, code))))
  const perClass = confusion.map((line, code): ClassScores => {
    const hits = float64At(line, code)
    const support = sum(line)
    return {
      precision: ratio(hits, itemAt(claimed, code)),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + itemAt(claimed, code)),
      support,
    }
  })
  const total = sum(perClass.map(({ support }) => support))
  const accuracy = sum(confusion.map((line, code) => float64At(line, code))) / total
  const occurring = perClass.filter(({ support }, code) => support > 0 || itemAt(claimed, code) > 0)
  const inTruth = perClass.filter(({ support }) => support > 0)
  return {
    accuracy,
    balancedAccuracy: sum(inTruth.map(({ recall }) => recall)) / inTruth.length,
    macro: averaged(occurring, () => 1),
    micro: { precision: accuracy, recall: accuracy, f1: accuracy },
    weighted: averaged(occurring, ({ support }) => support),
    matthews: matthews(confusion, perClass, claimed, total),
    kappa: kappa(confusion, perClass, claimed, total),
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

function averaged(classes: readonly ClassScores[], weightOf: (scores: ClassScores) => number): AveragedScores {
  const total = sum(classes.map(weightOf))
  const mean = (score: (scores: ClassScores) => number) =>
    sum(classes.map((scores) => score(scores) * weightOf(scores))) / total
  return {
    precision: mean(({ precision }) => precision),
    recall: mean(({ recall }) => recall),
    f1: mean(({ f1 }) => f1),
  }
}

function matthews(
  confusion: readonly Float64Array[],
  perClass: readonly ClassScores[],
  claimed: readonly number[],
  total: number,
): number {
  const hits = sum(confusion.map((line, code) => float64At(line, code)))
  const both = sum(perClass.map(({ support }, code) => support * itemAt(claimed, code)))
  const truthSpread = total ** 2 - sum(perClass.map(({ support }) => support ** 2))
  const claimedSpread = total ** 2 - sum(claimed.map((count) => count ** 2))
  return ratio(hits * total - both, Math.sqrt(truthSpread * claimedSpread))
}

function kappa(
  confusion: readonly Float64Array[],
  perClass: readonly ClassScores[],
  claimed: readonly number[],
  total: number,
): number {
  const missed = total - sum(confusion.map((line, code) => float64At(line, code)))
  const byChance = total - sum(perClass.map(({ support }, code) => support * itemAt(claimed, code))) / total
  return 1 - missed / byChance
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
