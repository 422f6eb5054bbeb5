import { float64At, int32At, itemAt } from '../data/element.js'
import { assertPaired, sum, weightAt } from './check-pairs.js'

type Scores = Float32Array | Float64Array

/** True and false positives among the rows whose score is at least each threshold, thresholds descending. */
interface Counts {
  readonly thresholds: Float64Array
  readonly truePositives: Float64Array
  readonly falsePositives: Float64Array
}

/** Points of a receiver operating characteristic, from (0, 0) to (1, 1); the first threshold is infinite. */
export interface RocCurve {
  readonly falsePositiveRate: Float64Array
  readonly truePositiveRate: Float64Array
  readonly thresholds: Float64Array
}

/** Points of a precision-recall curve, thresholds ascending; one more point, (recall 0, precision 1), at the end. */
export interface PrecisionRecallCurve {
  readonly precision: Float64Array
  readonly recall: Float64Array
  readonly thresholds: Float64Array
}

/**
 * The curve of every threshold that the scores can be cut at; points within a straight line are left out, as scikit-learn does.
 * @param isPositive 1 where the row is of the class, 0 where not
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function rocCurve(isPositive: Uint8Array, scores: Scores, weights?: Float64Array): RocCurve {
  const counts = countAtThresholds(isPositive, scores, weights)
  const last = counts.thresholds.length - 1
  const kept = [...counts.thresholds.keys()].filter(
    (index) => index === 0 || index === last || !isStraight(counts, index),
  )
  const total = { positive: float64At(counts.truePositives, last), negative: float64At(counts.falsePositives, last) }
  return {
    falsePositiveRate: Float64Array.of(0, ...kept.map((at) => float64At(counts.falsePositives, at) / total.negative)),
    truePositiveRate: Float64Array.of(0, ...kept.map((at) => float64At(counts.truePositives, at) / total.positive)),
    thresholds: Float64Array.of(Infinity, ...kept.map((at) => float64At(counts.thresholds, at))),
  }
}

/**
 * Area under the ROC curve: the chance that a positive row scores higher than a negative one. NaN where one of the two kinds is absent.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function rocAuc(isPositive: Uint8Array, scores: Scores, weights?: Float64Array): number {
  const { truePositives, falsePositives } = countAtThresholds(isPositive, scores, weights)
  const last = truePositives.length - 1
  let area = 0
  let [beforeTrue, beforeFalse] = [0, 0]
  for (let index = 0; index <= last; index++) {
    const [nowTrue, nowFalse] = [float64At(truePositives, index), float64At(falsePositives, index)]
    area += ((nowFalse - beforeFalse) * (nowTrue + beforeTrue)) / 2
    beforeTrue = nowTrue
    beforeFalse = nowFalse
  }
  return area / (float64At(truePositives, last) * float64At(falsePositives, last))
}

/**
 * Precision and recall at every threshold.
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function precisionRecallCurve(
  isPositive: Uint8Array,
  scores: Scores,
  weights?: Float64Array,
): PrecisionRecallCurve {
  const { thresholds, truePositives, falsePositives } = countAtThresholds(isPositive, scores, weights)
  const count = thresholds.length
  const total = float64At(truePositives, count - 1)
  const ascending = Array.from({ length: count }, (_, index) => count - 1 - index)
  const precisionAt = (index: number) => {
    const claimed = float64At(truePositives, index) + float64At(falsePositives, index)
    return claimed === 0 ? 0 : float64At(truePositives, index) / claimed
  }
  return {
    precision: Float64Array.of(...ascending.map(precisionAt), 1),
    recall: Float64Array.of(...ascending.map((at) => (total === 0 ? 1 : float64At(truePositives, at) / total)), 0),
    thresholds: Float64Array.from(ascending, (index) => float64At(thresholds, index)),
  }
}

/**
 * Average precision: the precision at each threshold, weighted by the recall it adds (area under the precision-recall curve, by steps).
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function averagePrecision(isPositive: Uint8Array, scores: Scores, weights?: Float64Array): number {
  const { truePositives, falsePositives } = countAtThresholds(isPositive, scores, weights)
  const total = float64At(truePositives, truePositives.length - 1)
  if (total === 0) return 0
  let area = 0
  let before = 0
  for (let index = 0; index < truePositives.length; index++) {
    const hits = float64At(truePositives, index)
    if (hits > before) area += ((hits - before) / total) * (hits / (hits + float64At(falsePositives, index)))
    before = hits
  }
  return area
}

/** How areas of several classes become one: plain means, or weighted by the rows of each class (or pair of classes). */
export type ClassAverage = 'macro' | 'weighted'

/** One where the row is of the class. */
export function isClass(truth: Int32Array, code: number): Uint8Array {
  return Uint8Array.from(truth, (own) => (own === code ? 1 : 0))
}

/**
 * The area under the ROC curve of each class against all others, averaged over the classes that occur and are not all; two classes
 * give that of the second.
 * @param scores by class code
 */
export function rocAucOneVsRest(truth: Int32Array, scores: readonly Scores[], average: ClassAverage = 'macro'): number {
  return overClasses(truth, scores, average, rocAuc)
}

/** The average precision of each class against all others, in the same way. */
export function averagePrecisionOneVsRest(
  truth: Int32Array,
  scores: readonly Scores[],
  average: ClassAverage = 'macro',
): number {
  return overClasses(truth, scores, average, averagePrecision)
}

/**
 * The area under the ROC curve of each pair of classes, averaged over the pairs (Hand and Till 2001); `weighted` by the rows of a pair.
 */
export function rocAucOneVsOne(truth: Int32Array, scores: readonly Scores[], average: ClassAverage = 'macro'): number {
  const areas: number[] = []
  const weights: number[] = []
  for (let a = 0; a < scores.length; a++) {
    for (let b = a + 1; b < scores.length; b++) {
      const rows = [...truth.keys()].filter((row) => truth[row] === a || truth[row] === b)
      const own = Int32Array.from(rows, (row) => int32At(truth, row))
      const scoreOf = (code: number) => Float64Array.from(rows, (row) => itemAt(itemAt(scores, code), row))
      if (rows.length === 0) continue
      areas.push((rocAuc(isClass(own, a), scoreOf(a)) + rocAuc(isClass(own, b), scoreOf(b))) / 2)
      weights.push(average === 'macro' ? 1 : rows.length)
    }
  }
  return sum(areas.map((area, index) => area * itemAt(weights, index))) / sum(weights)
}

function overClasses(
  truth: Int32Array,
  scores: readonly Scores[],
  average: ClassAverage,
  area: (isPositive: Uint8Array, scores: Scores) => number,
): number {
  if (scores.length === 2) return area(isClass(truth, 1), itemAt(scores, 1))
  const areas: number[] = []
  const weights: number[] = []
  for (const [code, column] of scores.entries()) {
    const isPositive = isClass(truth, code)
    const positives = sum(isPositive)
    if (positives === 0 || positives === truth.length) continue
    areas.push(area(isPositive, column))
    weights.push(average === 'macro' ? 1 : positives)
  }
  return sum(areas.map((value, index) => value * itemAt(weights, index))) / sum(weights)
}

/** Counts from the highest score down, one entry per distinct score. */
function countAtThresholds(isPositive: Uint8Array, scores: Scores, weights: Float64Array | undefined): Counts {
  assertPaired(isPositive.length, scores.length)
  const order = Int32Array.from(scores.keys()).sort((a, b) => itemAt(scores, b) - itemAt(scores, a) || a - b)
  const thresholds: number[] = []
  const truePositives: number[] = []
  const falsePositives: number[] = []
  let [hits, misses] = [0, 0]
  for (let index = 0; index < order.length; index++) {
    const row = int32At(order, index)
    if (isPositive[row] === 1) hits += weightAt(weights, row)
    else misses += weightAt(weights, row)
    const score = itemAt(scores, row)
    const next = index + 1 < order.length ? itemAt(scores, int32At(order, index + 1)) : Number.NaN
    if (score === next) continue
    thresholds.push(score)
    truePositives.push(hits)
    falsePositives.push(misses)
  }
  return {
    thresholds: Float64Array.from(thresholds),
    truePositives: Float64Array.from(truePositives),
    falsePositives: Float64Array.from(falsePositives),
  }
}

/** Whether the point lies between its neighbours with the same steps on both sides. */
function isStraight({ truePositives, falsePositives }: Counts, index: number): boolean {
  const second = (values: Float64Array) =>
    float64At(values, index - 1) - 2 * float64At(values, index) + float64At(values, index + 1)
  return second(truePositives) === 0 && second(falsePositives) === 0
}
