import { float64At, itemAt } from '../data/element.js'
import type { BoostingTask } from './boosting-task.js'
import { logLossPlaces } from './log-loss-kernel.js'
import { createDerivatives, type Derivatives, lossOf, type RowBlock } from './losses.js'
import { blockCounts, blockRows } from './memory-places.js'
import type { BoostingThread } from './thread-memory.js'

/** What whole gradients and second derivatives are to be multiplied with, by output, and where counts begin in a cell. */
export interface GradientScales {
  readonly countShift: number
  readonly gradient: Float64Array
  readonly hessian: Float64Array
}

/** The derivatives of a thread's rows, as whole numbers in shared memory. */
export interface GradientWriter {
  readonly scales: GradientScales
  /** Works out the derivatives and losses of the thread's rows; all threads must have called it before `losses` and before a tree grows. */
  update(): void
  /** Mean losses of the training rows and of those held out (NaN without). */
  losses(): { readonly training: number; readonly validation: number }
}

/** Bits of a whole gradient besides its sign, at most. */
const gradientBits = 30

/**
 * Rounds derivatives to whole multiples of a power of two. A sum over n rows, n below 2^c, then has at most 53 bits for gradients, so
 * that it is exact as float64; and second derivatives and counts fit in the 63 bits of a cell together.
 */
function bitsFor(trainCount: number) {
  const countBits = 32 - Math.clz32(trainCount)
  const gradient = Math.min(gradientBits, 51 - countBits)
  const hessian = Math.min(gradientBits, 63 - 2 * countBits)
  return { gradient, hessian, countShift: hessian + countBits }
}

export function createGradientWriter(input: {
  readonly task: BoostingTask
  readonly thread: BoostingThread
  readonly barrier: () => void
}): GradientWriter {
  const { task, barrier } = input
  const { memory, kernels, index: thread, exponentials } = input.thread
  const { trainCount, rowCount, outputCount, threads } = task.places
  const loss = lossOf(task.settings.loss, task.settings.quantile)
  const bits = bitsFor(trainCount)
  const own = blocksOf(task).filter((_, block) => block % threads === thread)
  const rows = {
    predictions: memory.predictions,
    targets: memory.targets,
    weights: task.isWeighted ? memory.weights : null,
  }
  const derivatives = createDerivatives(outputCount, exponentials)
  const weights = {
    training: weightSum(rows.weights, 0, trainCount),
    validation: weightSum(rows.weights, trainCount, rowCount),
  }
  const trainingBlocks = blockCounts(task.places).training
  const scales = {
    countShift: bits.countShift,
    gradient: new Float64Array(outputCount),
    hessian: new Float64Array(outputCount),
  }

  function setScales(gradientMax: number, hessianMax: number): void {
    scales.gradient.fill(unitFor(gradientMax, bits.gradient))
    scales.hessian.fill(loss.isHessianWeight && rows.weights === null ? 1 : unitFor(hessianMax, bits.hessian))
  }

  /** Derivatives of a block; of training rows they go on to `write`. */
  function evaluate(write: (block: RowBlock) => void): void {
    for (const block of own) {
      if (evaluateWhole(block)) continue
      memory.losses[block.index] = loss.evaluate(rows, block, derivatives)
      if (block.from < trainCount) write(block)
    }
  }

  /** Both classes without weights, the most usual case, in one go; false where it is none. */
  function evaluateWhole({ index, from, to }: RowBlock & { readonly index: number }): boolean {
    if (task.settings.loss !== 'log_loss' || rows.weights !== null || from >= trainCount || (to - from) % 2 === 1)
      return false
    const { scan: list } = memory
    list[logLossPlaces.perGradient] = 1 / float64At(scales.gradient, 0)
    list[logLossPlaces.perHessian] = 1 / float64At(scales.hessian, 0)
    const { predictions, targets, gradients } = task.places
    const raw = predictions + 8 * from
    kernels.logLossRows(raw, predictions + 8 * to, targets + 8 * from, gradients + 8 * from, list.byteOffset)
    const { linear, product } = logLossPlaces
    const logarithm = Math.log(float64At(list, product) * float64At(list, product + 1))
    memory.losses[index] = float64At(list, linear) + float64At(list, linear + 1) + logarithm
    return true
  }

  const writeWhole = (block: RowBlock) => {
    for (let output = 0; output < outputCount; output++) {
      writeOutput({ block, output, derivatives, scales, into: itemAt(memory.gradients, output) })
    }
  }

  /** Without a bound of the derivatives, the largest come first. */
  function updateUnbounded(): void {
    let [gradientMax, hessianMax] = [0, 0]
    evaluate(({ from, to }) => {
      gradientMax = Math.max(gradientMax, largest(derivatives.gradients, to - from))
      hessianMax = Math.max(hessianMax, largest(derivatives.hessians, to - from))
    })
    memory.maxima[2 * thread] = gradientMax
    memory.maxima[2 * thread + 1] = hessianMax
    barrier()
    for (let other = 0; other < threads; other++) {
      gradientMax = Math.max(gradientMax, float64At(memory.maxima, 2 * other))
      hessianMax = Math.max(hessianMax, float64At(memory.maxima, 2 * other + 1))
    }
    setScales(gradientMax, hessianMax)
    evaluate(writeWhole)
  }

  if (loss.bounds !== null) setScales(loss.bounds.gradient * task.weightMax, loss.bounds.hessian * task.weightMax)
  return {
    scales,
    update() {
      if (loss.bounds === null) updateUnbounded()
      else evaluate(writeWhole)
      barrier()
    },
    losses() {
      let [training, validation] = [0, 0]
      for (let block = 0; block < memory.losses.length; block++) {
        if (block < trainingBlocks) training += float64At(memory.losses, block)
        else validation += float64At(memory.losses, block)
      }
      return { training: training / weights.training, validation: validation / weights.validation }
    },
  }
}

/** All blocks: of training rows, then of rows held out. */
export function blocksOf({ places }: BoostingTask): readonly (RowBlock & { readonly index: number })[] {
  const { trainCount, rowCount } = places
  const { training, heldOut } = blockCounts(places)
  return Array.from({ length: training + heldOut }, (_, index) => {
    const isTraining = index < training
    const from = isTraining ? index * blockRows : trainCount + (index - training) * blockRows
    return { index, from, to: Math.min(from + blockRows, isTraining ? trainCount : rowCount) }
  })
}

/** The power of two of which `max` is less than 2^bits. */
function unitFor(max: number, bits: number): number {
  if (max === 0) return 1
  return 2 ** (Math.floor(Math.log2(max)) + 1 - bits)
}

function largest(lists: Derivatives['gradients'], length: number): number {
  let most = 0
  for (const list of lists) {
    for (let index = 0; index < length; index++) {
      const size = Math.abs(float64At(list, index))
      if (size > most) most = size
    }
  }
  return most
}

/** Adding it to a number below 2^51 rounds that to a whole one, at a fraction of the price of `Math.round`. */
const rounder = 1.5 * 2 ** 52

function writeOutput(input: {
  readonly block: RowBlock
  readonly output: number
  readonly derivatives: Derivatives
  readonly scales: GradientScales
  readonly into: Int32Array
}): void {
  const { block, output, derivatives, scales, into } = input
  const gradients = itemAt(derivatives.gradients, output)
  const hessians = itemAt(derivatives.hessians, output)
  const perGradient = 1 / float64At(scales.gradient, output)
  const perHessian = 1 / float64At(scales.hessian, output)
  const { from, to } = block
  for (let row = from; row < to; row++) {
    into[2 * row] = float64At(gradients, row - from) * perGradient + rounder - rounder
    into[2 * row + 1] = float64At(hessians, row - from) * perHessian + rounder - rounder
  }
}

function weightSum(weights: Float64Array | null, from: number, to: number): number {
  if (weights === null) return to - from
  let sum = 0
  for (let row = from; row < to; row++) sum += float64At(weights, row)
  return sum
}
