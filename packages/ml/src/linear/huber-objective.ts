import { float64At } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import type { Pace } from '../estimators/pace.js'
import { addDenseGradient, denseScores } from './dense-kernels.js'
import type { Objective } from './minimum.js'

/** What a Huber regression is fitted on. */
export interface HuberProblem {
  readonly rows: DenseRows
  readonly target: Float64Array
  readonly weights: Float64Array
  /** Errors beyond so many scales count by their size rather than by their square. */
  readonly epsilon: number
  readonly alpha: number
  readonly fitIntercept: boolean
}

const blockRows = 256

/**
 * The convex objective of Huber with Owen's scale (2007), as scikit-learn's: with errors r and scale s, the weighted sum of
 * s + r^2 / s, or of s + 2 epsilon |r| - epsilon^2 s where |r| > epsilon s, plus alpha times the squares of the coefficients.
 * Parameters: coefficients, intercept, logarithm of the scale.
 */
export function huberObjective(problem: HuberProblem, pace: Pace): Objective {
  const { rows, alpha, fitIntercept } = problem
  const { rowCount, columnCount, values } = rows
  const scores = new Float64Array(blockRows)
  return {
    async evaluate(parameters, gradient) {
      gradient.fill(0)
      const scale = Math.exp(float64At(parameters, columnCount + 1))
      const sums = { value: 0, scaleSlope: 0 }
      for (let from = 0; from < rowCount; from += blockRows) {
        const block = { values, columnCount, outputCount: 1, from, to: Math.min(rowCount, from + blockRows) }
        denseScores(block, parameters, scores)
        addErrors(problem, { scores, scale, from: block.from, to: block.to }, sums)
        addDenseGradient(block, scores, { sums: gradient, at: 0 })
        await pace.spend(2 * blockRows * columnCount)
      }
      for (let column = 0; column < columnCount; column++) {
        const coefficient = float64At(parameters, column)
        sums.value += alpha * coefficient * coefficient
        gradient[column] = float64At(gradient, column) + 2 * alpha * coefficient
      }
      if (!fitIntercept) gradient[columnCount] = 0
      gradient[columnCount + 1] = scale * sums.scaleSlope
      return sums.value
    },
  }
}

/** Turns scores into slopes of the objective by score, and adds its value and its slope by scale. */
function addErrors(
  { target, weights, epsilon }: HuberProblem,
  block: { readonly scores: Float64Array; readonly scale: number; readonly from: number; readonly to: number },
  sums: { value: number; scaleSlope: number },
): void {
  const { scores, scale, from, to } = block
  let value = 0
  let scaleSlope = 0
  for (let row = from; row < to; row++) {
    const weight = float64At(weights, row)
    const ratio = (float64At(scores, row - from) - float64At(target, row)) / scale
    if (Math.abs(ratio) <= epsilon) {
      value += weight * scale * (1 + ratio * ratio)
      scaleSlope += weight * (1 - ratio * ratio)
      scores[row - from] = 2 * weight * ratio
    } else {
      value += weight * scale * (1 + 2 * epsilon * Math.abs(ratio) - epsilon * epsilon)
      scaleSlope += weight * (1 - epsilon * epsilon)
      scores[row - from] = 2 * weight * epsilon * Math.sign(ratio)
    }
  }
  sums.value += value
  sums.scaleSlope += scaleSlope
}
