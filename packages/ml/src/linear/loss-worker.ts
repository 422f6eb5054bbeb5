import { parentPort, workerData } from 'node:worker_threads'
import type { LossWorkerOrder, LossWorkerStart } from './loss-pool.js'
import { createPartWorker } from './loss-task.js'

/** The program of a worker thread: on each order, takes parts from a shared counter until there is none left. */
function work({ task, nextPart }: LossWorkerStart): (order: LossWorkerOrder) => void {
  const doPart = createPartWorker(task)
  return ({ phase, partCount }) => {
    for (let part = Atomics.add(nextPart, 0, 1); part < partCount; part = Atomics.add(nextPart, 0, 1)) {
      doPart(phase, part)
    }
  }
}

const port = parentPort
// Only `startLossPool` starts this program, with a LossWorkerStart, and sends it only LossWorkerOrders.
if (port) {
  const follow = work(workerData as LossWorkerStart)
  port.on('message', (order: LossWorkerOrder) => {
    follow(order)
    port.postMessage(null)
  })
}
