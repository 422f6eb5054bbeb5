import { float64At } from '../data/element.js'
import type { FeatureRows } from '../data/feature-rows.js'
import type { FitRun } from '../estimators/estimator.js'
import { curvaturePrecondition, diagonalPrecondition } from './curvature.js'
import { withObjective } from './loss-objective.js'
import { createLossTask } from './loss-task.js'
import type { LossKind } from './losses.js'
import { minimise } from './minimise.js'
import { minimiseWithL1 } from './minimise-with-l1.js'

/** A linear model as a minimum: `scale` times the weighted loss, `l1` times absolute values, half of `l2` times squares. */
export interface LossFit {
  readonly rows: FeatureRows
  readonly outputCount: number
  readonly loss: LossKind
  readonly epsilon?: number
  readonly targets: Float64Array
  readonly weights: Float64Array
  readonly scale: number
  readonly l1: number
  readonly l2: number
  /** Half the weight of the squares of intercepts, and the weight of their absolute values; null fits no intercept. */
  readonly intercept: { readonly l1: number; readonly l2: number } | null
  /** Second derivative of the loss of one row of weight 1 at score 0. */
  readonly bend: number
  readonly tolerance: number
  readonly maxIterations: number
  readonly threadCount: number
  readonly run: FitRun
}

export interface FittedOutputs {
  readonly coefficients: Float64Array
  readonly intercepts: Float64Array
  readonly iterations: number
  readonly hasConverged: boolean
}

/** Throws MlError `not_converging`, `training_aborted` or `worker_failed`. */
export async function fitLoss(fit: LossFit): Promise<FittedOutputs> {
  const { rows, outputCount, run, l1, l2, intercept, maxIterations } = fit
  const task = createLossTask({ ...fit, isShared: fit.threadCount > 0 })
  const penalised = { task, scale: fit.scale, l2, interceptL2: intercept?.l2 ?? null }
  const coefficientCount = rows.columnCount * outputCount
  const size = coefficientCount + outputCount
  const minimum = await withObjective(penalised, { ...run, threadCount: fit.threadCount }, (objective) => {
    const options = {
      objective,
      start: new Float64Array(size),
      tolerance: fit.tolerance,
      maxIterations,
      precondition: (l1 === 0 ? curvaturePrecondition : diagonalPrecondition)(penalised, fit.bend),
      onIteration: ({ iteration, value }: { readonly iteration: number; readonly value: number }) =>
        run.onProgress?.({ done: iteration, total: maxIterations, metrics: { training_loss: value } }),
    }
    if (l1 === 0) return minimise(options)
    const weights = new Float64Array(size).fill(l1, 0, coefficientCount).fill(intercept?.l1 ?? 0, coefficientCount)
    return minimiseWithL1(options, weights)
  })
  const { parameters, iterations, hasConverged } = minimum
  const coefficients = parameters.slice(0, coefficientCount)
  return {
    coefficients: rows.kind === 'dense' ? coefficients : byOutput(coefficients, outputCount),
    intercepts: parameters.slice(coefficientCount),
    iterations,
    hasConverged,
  }
}

/** From column by column to output by output. */
function byOutput(byColumn: Float64Array, outputCount: number): Float64Array {
  const columnCount = byColumn.length / outputCount
  const result = new Float64Array(byColumn.length)
  for (let column = 0; column < columnCount; column++) {
    for (let output = 0; output < outputCount; output++) {
      result[output * columnCount + column] = float64At(byColumn, column * outputCount + output)
    }
  }
  return result
}
