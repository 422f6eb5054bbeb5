import type { FitRun } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { breathe } from './bin-features.js'
import type { ForestTask, GrownTree } from './forest-task.js'
import { growInWorkers } from './grow-in-workers.js'
import { createTreeGrower } from './grow-tree.js'

/** Below this many rows, starting worker threads takes longer than growing the trees. */
export const workerRowsMin = 5000

/** Rows that a tree may look at, feature for feature about ten times, before other work of the thread has its turn. */
const stepRows = 200_000

/**
 * Grows the trees of a task, in worker threads where that pays. The trees are the same for any number of threads.
 * @throws MlError `invalid_parameter`, `training_aborted` or `worker_failed`
 */
export async function growForest(task: ForestTask, treeCount: number, run: FitRun): Promise<GrownTree[]> {
  const { threads = 0, signal, onProgress } = run
  if (!Number.isSafeInteger(threads) || threads < 0) {
    throw new MlError('invalid_parameter', `threads is ${threads}: give a whole number, 0 for none`, { value: threads })
  }
  if (threads > 0 && task.rowCount >= workerRowsMin) {
    return growInWorkers({ task, treeCount, threads: Math.min(threads, treeCount), signal, onProgress })
  }
  const grower = createTreeGrower(task)
  const trees: GrownTree[] = []
  while (trees.length < treeCount) {
    grower.start(trees.length)
    do await breathe(signal)
    while (!grower.step(stepRows))
    trees.push(grower.finish())
    onProgress?.({ done: trees.length, total: treeCount })
  }
  return trees
}
