import { float64At, int32At, itemAt } from '../data/element.js'
import { weightAt } from '../metrics/check-pairs.js'

/** A never falling line through points: between them straight, beyond the ends level. */
export interface IsotonicCalibration {
  readonly kind: 'isotonic'
  /** Ascending. */
  readonly scores: Float64Array
  /** Never falling, between 0 and 1. */
  readonly probabilities: Float64Array
}

/**
 * Isotonic regression of the class on the score, by pooling adjacent violators (Barlow et al. 1972), as scikit-learn's: equal scores are
 * one point, and points inside a level stretch are left out.
 * @param isPositive 1 where the row is of the class, 0 where not
 */
export function fitIsotonic(
  scores: Float32Array | Float64Array,
  isPositive: Uint8Array,
  weights?: Float64Array,
): IsotonicCalibration {
  const points = pointsOf(scores, isPositive, weights)
  const blocks: { start: number; end: number; value: number; weight: number }[] = []
  for (let index = 0; index < points.scores.length; index++) {
    blocks.push({
      start: index,
      end: index,
      value: float64At(points.shares, index),
      weight: float64At(points.weights, index),
    })
    for (let last = blocks.at(-1), before = blocks.at(-2); last && before && before.value >= last.value; ) {
      const weight = before.weight + last.weight
      before.value = (before.value * before.weight + last.value * last.weight) / weight
      before.weight = weight
      before.end = last.end
      blocks.pop()
      last = blocks.at(-1)
      before = blocks.at(-2)
    }
  }
  const kept = blocks.flatMap(({ start, end, value }) => {
    const first = { score: float64At(points.scores, start), value }
    return start === end ? [first] : [first, { score: float64At(points.scores, end), value }]
  })
  return {
    kind: 'isotonic',
    scores: Float64Array.from(kept, ({ score }) => score),
    probabilities: Float64Array.from(kept, ({ value }) => value),
  }
}

/** The probability that a calibration gives a score. */
export function isotonicProbability({ scores, probabilities }: IsotonicCalibration, score: number): number {
  const last = scores.length - 1
  if (score <= float64At(scores, 0)) return float64At(probabilities, 0)
  if (score >= float64At(scores, last)) return float64At(probabilities, last)
  let [low, high] = [0, last]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (float64At(scores, middle) <= score) low = middle
    else high = middle
  }
  return (
    float64At(probabilities, low) + isotonicSlope({ scores, probabilities }, low) * (score - float64At(scores, low))
  )
}

/** How much a probability grows by score from a point to the next; 0 after the last. */
export function isotonicSlope(
  { scores, probabilities }: Pick<IsotonicCalibration, 'scores' | 'probabilities'>,
  point: number,
): number {
  if (point + 1 >= scores.length) return 0
  const rise = float64At(probabilities, point + 1) - float64At(probabilities, point)
  return rise / (float64At(scores, point + 1) - float64At(scores, point))
}

/** The mean of each distinct score, ascending. */
function pointsOf(scores: Float32Array | Float64Array, isPositive: Uint8Array, weights: Float64Array | undefined) {
  const order = Int32Array.from(scores.keys()).sort((a, b) => itemAt(scores, a) - itemAt(scores, b) || a - b)
  const found: { score: number; hits: number; weight: number }[] = []
  for (let index = 0; index < order.length; index++) {
    const row = int32At(order, index)
    const weight = weightAt(weights, row)
    if (weight === 0) continue
    const score = itemAt(scores, row)
    const last = found.at(-1)
    const point = last?.score === score ? last : { score, hits: 0, weight: 0 }
    if (point !== last) found.push(point)
    point.weight += weight
    point.hits += weight * itemAt(isPositive, row)
  }
  return {
    scores: Float64Array.from(found, ({ score }) => score),
    shares: Float64Array.from(found, ({ hits, weight }) => hits / weight),
    weights: Float64Array.from(found, ({ weight }) => weight),
  }
}
