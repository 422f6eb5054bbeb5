import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerStart, WorkerTree } from './grow-in-workers.js'
import { createTreeGrower } from './grow-tree.js'

/** The program of a worker thread: takes the number of the next tree from a shared counter until there is none left. */
function work({ task, treeCount, nextTree }: WorkerStart, send: (tree: WorkerTree) => void): void {
  const grow = createTreeGrower(task)
  for (let index = Atomics.add(nextTree, 0, 1); index < treeCount; index = Atomics.add(nextTree, 0, 1)) {
    send({ index, tree: grow(index) })
  }
}

const port = parentPort
// Only `growInWorkers` starts this program, with a WorkerStart.
if (port) work(workerData as WorkerStart, (message) => port.postMessage(message))
