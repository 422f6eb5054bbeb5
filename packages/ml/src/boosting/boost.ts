import { float64At, itemAt } from '../data/element.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { createBarrier } from './barrier.js'
import { binFeature, writeRecords } from './bin-rows.js'
import type { BoostedTree, BoostingIteration, BoostingResult, BoostingTask } from './boosting-task.js'
import { blocksOf, createGradientWriter } from './gradients.js'
import { createTreeGrower, type GrownTree } from './grow-tree.js'
import { lossOf } from './losses.js'
import { createNodeRows, type NodeRows } from './node-rows.js'
import { refitLeaves } from './refit-leaves.js'
import { type BoostingThread, boostingThread } from './thread-memory.js'
import { leafOfBins, treeArrays } from './tree-arrays.js'

/**
 * Boosts, as one of `task.places.threads` threads; all must run, and all come to the same result.
 * Yields the work done since it yielded last, about one per nanosecond.
 */
export function* boost(
  task: BoostingTask,
  index: number,
  onIteration: (iteration: BoostingIteration) => void,
): Generator<number, BoostingResult> {
  const { settings, places } = task
  const thread = boostingThread(task, index)
  const barrier = createBarrier(thread.memory.barrier, places.threads)
  yield* bin(task, thread, barrier)
  for (const [output, predictions] of thread.memory.predictions.entries()) {
    for (const { from, to } of ownBlocks(task, index)) predictions.fill(float64At(task.baseline, output), from, to)
  }
  const gradients = createGradientWriter({ task, thread, barrier })
  const random = createRandom(deriveSeed(settings.seed, 2))
  const rows = createNodeRows(places, thread.memory)
  const grower = createTreeGrower({
    ...{ task, thread, barrier, random, scales: gradients.scales },
    ...{ rows, ownRows: ownTrainingRows(task, index) },
  })
  const trees: BoostedTree[] = []
  const losses: { readonly training: number; readonly validation: number }[] = []
  gradients.update()
  losses.push(gradients.losses())
  for (let iteration = 1; iteration <= settings.maxIter; iteration++) {
    for (let output = 0; output < places.outputCount; output++) {
      const grown = yield* grower.grow(output)
      trees.push(addTree({ task, thread, barrier, rows, grown, output }))
    }
    gradients.update()
    const { training, validation } = gradients.losses()
    losses.push({ training, validation })
    onIteration({ iteration, trainingLoss: training, validationLoss: validation })
    yield (40 * places.rowCount * places.outputCount) / places.threads
    if (settings.earlyStopping && shouldStop(losses.map(earlyStoppingLoss(task)), settings)) break
  }
  const hasHeldOut = places.rowCount > places.trainCount
  return {
    trees,
    trainingLosses: losses.map(({ training }) => training),
    validationLosses: hasHeldOut ? losses.map(({ validation }) => validation) : [],
  }
}

function* bin(task: BoostingTask, thread: BoostingThread, barrier: () => void): Generator<number, void> {
  const { featureCount, threads, rowCount } = task.places
  for (let feature = thread.index; feature < featureCount; feature += threads) {
    binFeature(task, thread, feature)
    yield 100 * rowCount
  }
  barrier()
  for (const { from, to } of ownBlocks(task, thread.index)) {
    writeRecords(task, thread.memory, { from, to })
    yield 2 * (to - from) * featureCount
  }
}

function ownBlocks(task: BoostingTask, thread: number) {
  return blocksOf(task).filter(({ index }) => index % task.places.threads === thread)
}

function ownTrainingRows(task: BoostingTask, thread: number): Int32Array {
  const blocks = ownBlocks(task, thread).filter(({ from }) => from < task.places.trainCount)
  const rows = new Int32Array(blocks.reduce((total, { from, to }) => total + to - from, 0))
  let length = 0
  for (const { from, to } of blocks) for (let row = from; row < to; row++) rows[length++] = row
  return rows
}

/** Adds what a tree says to the predictions of the thread's rows. */
function addTree(input: {
  readonly task: BoostingTask
  readonly thread: BoostingThread
  readonly barrier: () => void
  readonly rows: NodeRows
  readonly grown: GrownTree
  readonly output: number
}): BoostedTree {
  const { task, thread, barrier, rows, grown, output } = input
  const { rowCount, trainCount, predictions: start } = task.places
  const { leafShare } = lossOf(task.settings.loss, task.settings.quantile)
  if (leafShare !== null) refitLeaves({ task, thread, barrier, rows, leaves: grown.leaves, share: leafShare })
  for (const { id, value } of grown.leaves) {
    const { from, to } = rows.pieceOf(id, thread.index)
    thread.kernels.addToRows(from, to, start + 8 * rowCount * output, value)
  }
  const tree = treeArrays(grown.root)
  const predictions = itemAt(thread.memory.predictions, output)
  for (const { from, to } of ownBlocks(task, thread.index)) {
    if (from < trainCount) continue
    for (let row = from; row < to; row++) {
      const leaf = leafOfBins(tree, thread.memory.columns, { rowCount, row })
      predictions[row] = float64At(predictions, row) + float64At(tree.values, leaf)
    }
  }
  return tree
}

function earlyStoppingLoss({ places }: BoostingTask) {
  return (losses: { readonly training: number; readonly validation: number }) =>
    places.rowCount > places.trainCount ? losses.validation : losses.training
}

/** Whether none of the last losses is better by `tol` than the one before them. */
function shouldStop(losses: readonly number[], { nIterNoChange, tol }: BoostingTask['settings']): boolean {
  const reference = losses.at(-nIterNoChange - 1)
  if (reference === undefined) return false
  return losses.slice(-nIterNoChange).every((loss) => loss >= reference - tol)
}
