import { float64At, int32At } from '../data/element.js'
import type { FeatureRows } from '../data/feature-rows.js'
import type { Pace } from '../estimators/pace.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import type { FittedOutputs } from './fit-loss.js'
import { type ScoredTarget, type SgdLoss, sgdLoss, sgdSlope } from './sgd-losses.js'
import type { SgdParameters } from './sgd-parameters.js'
import { addTimesRow, createSgdState, payAbsolutes, type SgdState, scoreOf, shrink, takeScaleIn } from './sgd-state.js'

/** One score to learn by stochastic gradient descent. */
export interface SgdProblem {
  readonly rows: FeatureRows
  /** 1 or -1 of a class, or numbers. */
  readonly targets: Float64Array
  readonly weights: Float64Array
  readonly loss: SgdLoss
  readonly parameters: SgdParameters
  readonly seed: number
  /** How good scores are for the rows kept aside, greater is better. */
  readonly validationScore: (targets: Float64Array, scores: Float64Array) => number
  readonly onEpoch: (done: number, meanLoss: number) => void
}

const rowsBetweenBreaths = 1024
/** A step is cut off beyond this, as in scikit-learn. */
const slopeMax = 1e12
/** Intercepts of sparse rows move so much slower, for every row touches them. */
const sparseInterceptShare = 0.01
/** Where the learning rate "adaptive" ends. */
const rateMin = 1e-6

/**
 * Stochastic gradient descent as scikit-learn does it: learning rates, penalties and when it stops; the order of the rows is ours.
 * @throws MlError `not_converging` or `training_aborted`
 */
export async function descendStochastically(problem: SgdProblem, pace: Pace): Promise<FittedOutputs> {
  const { parameters } = problem
  const random = createRandom(problem.seed)
  const [training, validation] = keptAside(problem, random)
  const epoch = createEpoch(problem)
  const watch = createWatch(parameters)
  let iterations = 0
  let hasConverged = false
  while (!hasConverged && iterations < parameters.maxIter) {
    if (parameters.shuffle) random.shuffle(training)
    const meanLoss = await epoch.run(training, pace)
    iterations++
    assertFinite(epoch.state)
    problem.onEpoch(iterations, meanLoss)
    const objective = meanLoss + penaltyOf(epoch.state, penaltyShares(parameters))
    const measured = validation.length === 0 ? -objective : scoreAside(problem, epoch.state, validation)
    if (!watch.isStuck(measured)) continue
    hasConverged = parameters.learningRate !== 'adaptive' || epoch.rate() <= rateMin
    if (!hasConverged) epoch.lowerRate()
  }
  takeScaleIn(epoch.state)
  const { raw, intercept } = epoch.state
  return {
    coefficients: raw,
    intercepts: Float64Array.of(intercept),
    iterations,
    hasConverged: hasConverged || parameters.tol === null,
  }
}

/** Rows to train on, and those kept aside for early stopping. */
function keptAside(
  { rows, parameters }: SgdProblem,
  random: { shuffle(items: Int32Array): void },
): readonly [Int32Array, Int32Array] {
  const order = Int32Array.from({ length: rows.rowCount }, (_, row) => row)
  if (!parameters.earlyStopping) return [order, new Int32Array(0)]
  random.shuffle(order)
  const count = Math.ceil(parameters.validationFraction * rows.rowCount)
  if (count < rows.rowCount) return [order.slice(count).sort(), order.slice(0, count).sort()]
  throw new MlError('empty_set', 'Early stopping leaves no rows to train on: give more rows', { value: rows.rowCount })
}

function scoreAside({ rows, targets, validationScore }: SgdProblem, state: SgdState, validation: Int32Array): number {
  const scores = Float64Array.from(validation, (row) => scoreOf(state, rows, row))
  return validationScore(
    Float64Array.from(validation, (row) => float64At(targets, row)),
    scores,
  )
}

/** Says when so many epochs in a row have brought no more than the tolerance. */
function createWatch({ tol, nIterNoChange }: SgdParameters): { isStuck(measured: number): boolean } {
  let best = -Infinity
  let epochs = 0
  return {
    isStuck(measured) {
      if (tol === null) return false
      epochs = measured < best + tol ? epochs + 1 : 0
      best = Math.max(best, measured)
      if (epochs < nIterNoChange) return false
      epochs = 0
      return true
    },
  }
}

interface Epoch {
  readonly state: SgdState
  /** Goes through the rows once and gives their mean loss. */
  run(order: Int32Array, pace: Pace): Promise<number>
  rate(): number
  lowerRate(): void
}

function createEpoch(problem: SgdProblem): Epoch {
  const { rows, targets, loss, parameters } = problem
  const state = createSgdState(rows.columnCount)
  const shares = penaltyShares(parameters)
  const optimalStart = optimalStartOf(parameters)
  const rowWork = (4 * rows.values.length) / rows.rowCount
  const scored: ScoredTarget = { score: 0, target: 0, epsilon: parameters.epsilon }
  let eta = parameters.eta0
  let step = 1

  function rateNow(): number {
    if (parameters.learningRate === 'optimal') return 1 / (parameters.alpha * (optimalStart + step - 1))
    return parameters.learningRate === 'invscaling' ? parameters.eta0 / step ** parameters.powerT : eta
  }

  return {
    state,
    rate: () => eta,
    lowerRate() {
      eta /= 5
    },
    async run(order, pace) {
      let sum = 0
      for (let index = 0; index < order.length; index++) {
        const row = int32At(order, index)
        scored.score = scoreOf(state, rows, row)
        scored.target = float64At(targets, row)
        sum += sgdLoss(loss, scored)
        const slope = Math.min(slopeMax, Math.max(-slopeMax, sgdSlope(loss, scored)))
        descend(problem, state, { row, slope, rate: rateNow(), ...shares })
        step++
        if (index % rowsBetweenBreaths === 0) await pace.spend(rowsBetweenBreaths * rowWork)
      }
      return sum / order.length
    },
  }
}

/** One step along a row. */
function descend(
  { rows, weights, parameters }: SgdProblem,
  state: SgdState,
  { row, slope, rate, l1, l2 }: { readonly row: number; readonly slope: number; readonly rate: number } & PenaltyShares,
): void {
  if (l2 > 0) shrink(state, Math.max(0, 1 - rate * l2))
  const factor = -rate * slope * float64At(weights, row)
  if (factor !== 0) {
    addTimesRow(state, rows, { row, factor })
    if (parameters.fitIntercept) state.intercept += factor * (rows.kind === 'dense' ? 1 : sparseInterceptShare)
  }
  if (l1 === 0) return
  state.due += rate * l1
  payAbsolutes(state, rows, row)
}

interface PenaltyShares {
  readonly l1: number
  readonly l2: number
}

function penaltyShares({ penalty, alpha, l1Ratio }: SgdParameters): PenaltyShares {
  if (penalty === null) return { l1: 0, l2: 0 }
  const share = penalty === 'l1' ? 1 : penalty === 'l2' ? 0 : l1Ratio
  return { l1: alpha * share, l2: alpha * (1 - share) }
}

/** Where the learning rate "optimal" begins: a first step about as long as coefficients will be (Bottou). */
function optimalStartOf({ alpha }: SgdParameters): number {
  return 1 / (alpha * Math.sqrt(1 / Math.sqrt(alpha)))
}

/** What the coefficients cost after an epoch. */
function penaltyOf({ raw, scale }: SgdState, { l1, l2 }: PenaltyShares): number {
  let absolutes = 0
  let squares = 0
  for (let index = 0; index < raw.length; index++) {
    const coefficient = scale * float64At(raw, index)
    absolutes += Math.abs(coefficient)
    squares += coefficient * coefficient
  }
  return l1 * absolutes + 0.5 * l2 * squares
}

function assertFinite({ raw, scale, intercept }: SgdState): void {
  if (Number.isFinite(intercept) && Number.isFinite(scale) && raw.every(Number.isFinite)) return
  throw new MlError(
    'not_converging',
    'The coefficients grow without end: scale the features, or lower the learning rate (eta0)',
    { value: intercept },
  )
}
