import { float64At } from '../data/element.js'

/**
 * What a score z costs against a target y:
 * - `logistic`: ln(1 + e^z) - y z, of y in 0, 1
 * - `softmax`: -ln of the share of e^z of class y, of one score per class
 * - `squared_hinge`: max(0, 1 - y z)^2, of y in -1, 1
 * - `squared_epsilon`: max(0, |z - y| - epsilon)^2
 */
export type LossKind = 'logistic' | 'softmax' | 'squared_hinge' | 'squared_epsilon'

/** Scores of some rows, and the targets and weights of all. */
export interface ScoredRows {
  readonly kind: LossKind
  /** By row from `from` on and output; overwritten by the slopes of the loss. */
  readonly scores: Float64Array
  /** Index of the first score. */
  readonly start: number
  readonly outputCount: number
  readonly targets: Float64Array
  readonly weights: Float64Array
  readonly epsilon: number
  readonly from: number
  readonly to: number
}

/** Turns scores into weighted slopes of the loss and gives the weighted loss of the rows. */
export function lossAndSlopes(rows: ScoredRows): number {
  switch (rows.kind) {
    case 'logistic':
      return logistic(rows)
    case 'softmax':
      return softmax(rows)
    case 'squared_hinge':
      return squaredHinge(rows)
    case 'squared_epsilon':
      return squaredEpsilon(rows)
  }
}

function logistic({ scores, start, targets, weights, from, to }: ScoredRows): number {
  let sum = 0
  for (let row = from, at = start; row < to; row++, at++) {
    const score = float64At(scores, at)
    const target = float64At(targets, row)
    const weight = float64At(weights, row)
    // The exponential of a negative number: it cannot overflow, and the small side keeps its digits.
    const small = Math.exp(-Math.abs(score))
    const positive = score > 0 ? 1 / (1 + small) : small / (1 + small)
    sum += weight * ((score > 0 ? score : 0) + Math.log1p(small) - target * score)
    scores[at] = weight * (positive - target)
  }
  return sum
}

function softmax(rows: ScoredRows): number {
  const { scores, start, outputCount, targets, weights, from, to } = rows
  let sum = 0
  for (let row = from, at = start; row < to; row++, at += outputCount) {
    const weight = float64At(weights, row)
    const own = at + float64At(targets, row)
    const ownScore = float64At(scores, own)
    let greatest = -Infinity
    for (let index = at; index < at + outputCount; index++) {
      const score = float64At(scores, index)
      if (score > greatest) greatest = score
    }
    let shares = 0
    for (let index = at; index < at + outputCount; index++) {
      const share = Math.exp(float64At(scores, index) - greatest)
      scores[index] = share
      shares += share
    }
    sum += weight * (Math.log(shares) + greatest - ownScore)
    const factor = weight / shares
    for (let index = at; index < at + outputCount; index++) scores[index] = factor * float64At(scores, index)
    scores[own] = float64At(scores, own) - weight
  }
  return sum
}

function squaredHinge({ scores, start, targets, weights, from, to }: ScoredRows): number {
  let sum = 0
  for (let row = from, at = start; row < to; row++, at++) {
    const target = float64At(targets, row)
    const weight = float64At(weights, row)
    const lack = Math.max(0, 1 - target * float64At(scores, at))
    sum += weight * lack * lack
    scores[at] = -2 * weight * target * lack
  }
  return sum
}

function squaredEpsilon({ scores, start, targets, weights, epsilon, from, to }: ScoredRows): number {
  let sum = 0
  for (let row = from, at = start; row < to; row++, at++) {
    const weight = float64At(weights, row)
    const error = float64At(scores, at) - float64At(targets, row)
    const beyond = Math.max(0, Math.abs(error) - epsilon)
    sum += weight * beyond * beyond
    scores[at] = 2 * weight * Math.sign(error) * beyond
  }
  return sum
}
