import { float64At, itemAt } from '../data/element.js'
import type { BoostingTask } from './boosting-task.js'
import type { GrowingNode } from './growing-node.js'
import type { NodeRows } from './node-rows.js'
import { percentile, weightedPercentile } from './percentile.js'
import type { BoostingThread } from './thread-memory.js'

/**
 * Gives every leaf the share of the residuals of its rows (the median for the absolute error), shrunk by the learning rate: losses with
 * corners have no Newton step. Leaves are shared out among the threads; each sees the rows of all.
 */
export function refitLeaves(input: {
  readonly task: BoostingTask
  readonly thread: BoostingThread
  readonly barrier: () => void
  readonly rows: NodeRows
  readonly leaves: readonly GrowingNode[]
  readonly share: number
}): void {
  const { task, thread, barrier, rows, leaves, share } = input
  const { threads } = task.places
  const { memory } = thread
  barrier()
  for (let leaf = thread.index; leaf < leaves.length; leaf += threads) {
    const pieces = Array.from({ length: threads }, (_, owner) => rows.pieceOf(itemAt(leaves, leaf).id, owner))
    const words = pieces.map(({ from, to }) => memory.words.subarray(from / 4, to / 4))
    memory.leafValues[leaf] = task.settings.learningRate * residualShare(task, thread, { pieces: words, share })
  }
  barrier()
  for (const [leaf, node] of leaves.entries()) node.value = float64At(memory.leafValues, leaf)
}

function residualShare(
  { isWeighted }: BoostingTask,
  { memory }: BoostingThread,
  { pieces, share }: { readonly pieces: readonly Int32Array[]; readonly share: number },
): number {
  const rows = new Int32Array(pieces.reduce((total, piece) => total + piece.length, 0))
  let length = 0
  for (const piece of pieces) {
    rows.set(piece, length)
    length += piece.length
  }
  // The order of rows depends on the threads; that of equal residuals decides how weights add up.
  if (isWeighted) rows.sort()
  const predictions = itemAt(memory.predictions, 0)
  const residuals = Float64Array.from(rows, (row) => float64At(memory.targets, row) - float64At(predictions, row))
  if (!isWeighted) return percentile(residuals, share)
  const weights = Float64Array.from(rows, (row) => float64At(memory.weights, row))
  // A leaf whose rows weigh nothing says nothing.
  return weights.some((weight) => weight > 0) ? weightedPercentile(residuals, weights, share) : 0
}
