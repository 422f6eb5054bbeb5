import { float64At, itemAt } from '../data/element.js'
import { weightAt } from '../metrics/check-pairs.js'

/** Probability of a score: 1 / (1 + exp(slope * score + offset)). */
export interface SigmoidCalibration {
  readonly kind: 'sigmoid'
  readonly slope: number
  readonly offset: number
}

const stepsMax = 100
/** For each row: sums of many are rounded further. */
const gradientMin = 1e-10
/** Losses that differ by a smaller share are equal but for rounding: near the minimum whole steps go on. */
const roundingShare = 1e-13

/**
 * Platt's calibration (Platt 1999, with the numerics of Lin, Lin and Weng 2007): the sigmoid of greatest likelihood, for targets that are
 * drawn a little towards the middle.
 * @param isPositive 1 where the row is of the class, 0 where not
 */
export function fitSigmoid(
  scores: Float32Array | Float64Array,
  isPositive: Uint8Array,
  weights?: Float64Array,
): SigmoidCalibration {
  const [positives, negatives] = countSides(isPositive, weights)
  const least = gradientMin * Math.max(1, positives + negatives)
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (negatives + 2)
  const targets = Float64Array.from(isPositive, (positive) => (positive === 1 ? high : low))
  let slope = 0
  let offset = Math.log((negatives + 1) / (positives + 1))
  let loss = lossAt(scores, targets, weights, slope, offset)
  for (let step = 0; step < stepsMax; step++) {
    const { gradient, hessian } = derivatives(scores, targets, weights, slope, offset)
    if (Math.abs(gradient[0]) < least && Math.abs(gradient[1]) < least) break
    const determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1]
    const slopeStep = -(hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant
    const offsetStep = -(hessian[0] * gradient[1] - hessian[1] * gradient[0]) / determinant
    const descent = gradient[0] * slopeStep + gradient[1] * offsetStep
    let length = 1
    for (; length > 1e-10; length /= 2) {
      const next = lossAt(scores, targets, weights, slope + length * slopeStep, offset + length * offsetStep)
      if (next > loss + 1e-4 * length * descent + roundingShare * loss) continue
      slope += length * slopeStep
      offset += length * offsetStep
      loss = next
      break
    }
    if (length <= 1e-10) break
  }
  return { kind: 'sigmoid', slope, offset }
}

/** The probability that a calibration gives a score. */
export function sigmoidProbability({ slope, offset }: SigmoidCalibration, score: number): number {
  const value = slope * score + offset
  // Of the two equal forms the one whose exponential does not overflow.
  return value >= 0 ? Math.exp(-value) / (1 + Math.exp(-value)) : 1 / (1 + Math.exp(value))
}

function countSides(isPositive: Uint8Array, weights: Float64Array | undefined): [number, number] {
  let [positives, negatives] = [0, 0]
  for (let row = 0; row < isPositive.length; row++) {
    if (isPositive[row] === 1) positives += weightAt(weights, row)
    else negatives += weightAt(weights, row)
  }
  return [positives, negatives]
}

function lossAt(
  scores: Float32Array | Float64Array,
  targets: Float64Array,
  weights: Float64Array | undefined,
  slope: number,
  offset: number,
): number {
  let total = 0
  for (let row = 0; row < targets.length; row++) {
    const value = slope * itemAt(scores, row) + offset
    const target = float64At(targets, row)
    const loss =
      value >= 0 ? target * value + Math.log1p(Math.exp(-value)) : (target - 1) * value + Math.log1p(Math.exp(value))
    total += weightAt(weights, row) * loss
  }
  return total
}

/** Gradient by slope and offset, and the second derivatives: slope twice, both, offset twice (with a little ridge). */
function derivatives(
  scores: Float32Array | Float64Array,
  targets: Float64Array,
  weights: Float64Array | undefined,
  slope: number,
  offset: number,
): { gradient: [number, number]; hessian: [number, number, number] } {
  const gradient: [number, number] = [0, 0]
  const hessian: [number, number, number] = [1e-12, 0, 1e-12]
  for (let row = 0; row < targets.length; row++) {
    const score = itemAt(scores, row)
    const weight = weightAt(weights, row)
    const probability = sigmoidProbability({ kind: 'sigmoid', slope, offset }, score)
    const curvature = weight * probability * (1 - probability)
    const difference = weight * (float64At(targets, row) - probability)
    gradient[0] += score * difference
    gradient[1] += difference
    hessian[0] += score * score * curvature
    hessian[1] += score * curvature
    hessian[2] += curvature
  }
  return { gradient, hessian }
}
