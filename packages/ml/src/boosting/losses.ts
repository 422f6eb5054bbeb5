import { float64At } from '../data/element.js'
import { blockRows } from './memory-places.js'

export type LossName = 'log_loss' | 'multinomial_log_loss' | 'squared_error' | 'absolute_error' | 'poisson' | 'quantile'

/** What losses read of the rows, all by position. */
export interface LossRows {
  /** By output. */
  readonly predictions: readonly Float64Array[]
  /** The number to predict, or the code of the class. */
  readonly targets: Float64Array
  readonly weights: Float64Array | null
}

/** Rows `from`.. below `to`; at most `blockRows`. */
export interface RowBlock {
  readonly from: number
  readonly to: number
}

/** Exponentials of up to a block of numbers at once. */
export interface Exponentials {
  readonly inputs: Float64Array
  readonly results: Float64Array
  /** results[i] = exp(inputs[i]) of the first `length`; inputs beyond -708 and 709 count as those. */
  compute(length: number): void
}

/** Derivatives of the loss of the rows of one block, by output. */
export interface Derivatives {
  readonly gradients: readonly Float64Array[]
  readonly hessians: readonly Float64Array[]
  readonly exponentials: Exponentials
}

export function createDerivatives(outputCount: number, exponentials: Exponentials): Derivatives {
  const lists = () => Array.from({ length: outputCount }, () => new Float64Array(blockRows))
  return { gradients: lists(), hessians: lists(), exponentials }
}

/** A loss, as scikit-learn defines it (the squared error and the Poisson deviance are halved). */
export interface Loss {
  /** Writes the derivatives of the rows of a block and gives the sum of their losses. */
  evaluate(rows: LossRows, block: RowBlock, into: Derivatives): number
  /** Largest gradient and second derivative of a row of weight 1; null where there is no bound. */
  readonly bounds: { readonly gradient: number; readonly hessian: number } | null
  /** Second derivatives are the weights: 1 for every row without. */
  readonly isHessianWeight: boolean
  /** The share that leaves are fitted to anew, of losses without a useful second derivative; else null. */
  readonly leafShare: number | null
}

/** @param quantile share of the quantile loss; others ignore it */
export function lossOf(name: LossName, quantile: number): Loss {
  switch (name) {
    case 'log_loss':
      return {
        evaluate: logLoss,
        bounds: { gradient: 1, hessian: 0.25 },
        isHessianWeight: false,
        leafShare: null,
      }
    case 'multinomial_log_loss':
      return {
        evaluate: multinomialLogLoss,
        bounds: { gradient: 1, hessian: 0.25 },
        isHessianWeight: false,
        leafShare: null,
      }
    case 'squared_error':
      return { evaluate: squaredError, bounds: null, isHessianWeight: true, leafShare: null }
    case 'poisson':
      return { evaluate: poisson, bounds: null, isHessianWeight: false, leafShare: null }
    case 'absolute_error':
      return {
        evaluate: pinball({ share: 0.5, slope: 2 }),
        bounds: { gradient: 1, hessian: 1 },
        isHessianWeight: true,
        leafShare: 0.5,
      }
    case 'quantile':
      return {
        evaluate: pinball({ share: quantile, slope: 1 }),
        bounds: { gradient: 1, hessian: 1 },
        isHessianWeight: true,
        leafShare: quantile,
      }
  }
}

function weightAt(weights: Float64Array | null, row: number): number {
  return weights === null ? 1 : float64At(weights, row)
}

function outputAt(lists: readonly Float64Array[], output: number): Float64Array {
  return lists[output] as Float64Array
}

/** Unweighted, the logarithm is taken once per block, of the product of its arguments, each at most 2. */
function logLoss({ predictions, targets, weights }: LossRows, { from, to }: RowBlock, into: Derivatives): number {
  const raw = outputAt(predictions, 0)
  const gradients = outputAt(into.gradients, 0)
  const hessians = outputAt(into.hessians, 0)
  const { inputs, results, compute } = into.exponentials
  for (let row = from; row < to; row++) inputs[row - from] = -Math.abs(float64At(raw, row))
  compute(to - from)
  let product = 1
  let sum = 0
  for (let row = from; row < to; row++) {
    const value = float64At(raw, row)
    const target = float64At(targets, row)
    const small = float64At(results, row - from)
    const share = 1 / (1 + small)
    const probability = value >= 0 ? share : small * share
    const gradient = probability - target
    const hessian = small * share * share
    const linear = (value > 0 ? value : 0) - target * value
    if (weights === null) {
      product *= 1 + small
      sum += linear
      gradients[row - from] = gradient
      hessians[row - from] = hessian
    } else {
      const weight = float64At(weights, row)
      sum += weight * (Math.log1p(small) + linear)
      gradients[row - from] = weight * gradient
      hessians[row - from] = weight * hessian
    }
  }
  return sum + Math.log(product)
}

/** The first gradients hold the exponentials until their sum is known. */
function multinomialLogLoss(rows: LossRows, { from, to }: RowBlock, into: Derivatives): number {
  const { predictions, targets, weights } = rows
  const { inputs, results, compute } = into.exponentials
  const largest = new Float64Array(to - from).fill(-Infinity)
  const totals = new Float64Array(to - from)
  for (const raw of predictions) {
    for (let row = from; row < to; row++) {
      if (float64At(raw, row) > float64At(largest, row - from)) largest[row - from] = float64At(raw, row)
    }
  }
  for (const [output, raw] of predictions.entries()) {
    for (let row = from; row < to; row++) inputs[row - from] = float64At(raw, row) - float64At(largest, row - from)
    compute(to - from)
    outputAt(into.gradients, output).set(results)
    for (let index = 0; index < to - from; index++) {
      totals[index] = float64At(totals, index) + float64At(results, index)
    }
  }
  let sum = 0
  for (const [output, raw] of predictions.entries()) {
    const gradients = outputAt(into.gradients, output)
    const hessians = outputAt(into.hessians, output)
    for (let row = from; row < to; row++) {
      const weight = weightAt(weights, row)
      const total = float64At(totals, row - from)
      const probability = float64At(gradients, row - from) / total
      const isClass = float64At(targets, row) === output
      gradients[row - from] = weight * (isClass ? probability - 1 : probability)
      hessians[row - from] = weight * probability * (1 - probability)
      if (isClass) sum += weight * (Math.log(total) + float64At(largest, row - from) - float64At(raw, row))
    }
  }
  return sum
}

function squaredError({ predictions, targets, weights }: LossRows, { from, to }: RowBlock, into: Derivatives): number {
  const raw = outputAt(predictions, 0)
  const gradients = outputAt(into.gradients, 0)
  const hessians = outputAt(into.hessians, 0)
  let sum = 0
  for (let row = from; row < to; row++) {
    const weight = weightAt(weights, row)
    const difference = float64At(raw, row) - float64At(targets, row)
    gradients[row - from] = weight * difference
    hessians[row - from] = weight
    sum += weight * difference * difference
  }
  return sum / 2
}

function poisson({ predictions, targets, weights }: LossRows, { from, to }: RowBlock, into: Derivatives): number {
  const raw = outputAt(predictions, 0)
  const gradients = outputAt(into.gradients, 0)
  const hessians = outputAt(into.hessians, 0)
  const { inputs, results, compute } = into.exponentials
  for (let row = from; row < to; row++) inputs[row - from] = float64At(raw, row)
  compute(to - from)
  let sum = 0
  for (let row = from; row < to; row++) {
    const weight = weightAt(weights, row)
    const value = float64At(raw, row)
    const target = float64At(targets, row)
    const mean = float64At(results, row - from)
    gradients[row - from] = weight * (mean - target)
    hessians[row - from] = weight * mean
    sum += weight * (mean - target * value)
  }
  return sum
}

/** @param slope what the loss is multiplied with: the absolute error is twice the pinball loss of the median */
function pinball({ share, slope }: { readonly share: number; readonly slope: number }): Loss['evaluate'] {
  return ({ predictions, targets, weights }, { from, to }, into) => {
    const raw = outputAt(predictions, 0)
    const gradients = outputAt(into.gradients, 0)
    const hessians = outputAt(into.hessians, 0)
    let sum = 0
    for (let row = from; row < to; row++) {
      const weight = weightAt(weights, row)
      const above = float64At(targets, row) - float64At(raw, row)
      const gradient = slope * weight * (above >= 0 ? -share : 1 - share)
      gradients[row - from] = gradient
      hessians[row - from] = weight
      sum -= gradient * above
    }
    return sum
  }
}
