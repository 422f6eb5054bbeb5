import { parentPort, workerData } from 'node:worker_threads'
import type { GrownTree } from './forest-task.js'
import type { WorkerStart, WorkerTree } from './grow-in-workers.js'
import { createTreeGrower } from './grow-tree.js'
import { treeBuffers } from './tree-buffer.js'

/** The program of a worker thread: takes the number of the next tree from a shared counter until there is none left. */
function work(
  { task, treeCount, nextTree }: WorkerStart,
  send: (tree: WorkerTree, memory: ArrayBuffer[]) => void,
): void {
  const grower = createTreeGrower(task)
  for (let index = Atomics.add(nextTree, 0, 1); index < treeCount; index = Atomics.add(nextTree, 0, 1)) {
    const tree = growWhole(index)
    send({ index, tree }, treeBuffers(tree))
  }

  function growWhole(index: number): GrownTree {
    grower.start(index)
    while (!grower.step(Infinity));
    return grower.finish()
  }
}

const port = parentPort
// Only `growInWorkers` starts this program, with a WorkerStart.
if (port) work(workerData as WorkerStart, (message, memory) => port.postMessage(message, memory))
