import { parentPort, workerData } from 'node:worker_threads'
import { boost } from './boost.js'
import type { BoostingMessage, BoostingWorkerStart } from './run-boosting.js'

/** The program of a worker thread. It does not breathe: whoever wants it to stop ends it. */
function work({ task, thread }: BoostingWorkerStart, send: (message: BoostingMessage) => void): void {
  const steps = boost(task, thread, (iteration) => {
    if (thread === 0) send({ kind: 'iteration', iteration })
  })
  let step = steps.next()
  while (!step.done) step = steps.next()
  if (thread === 0) send({ kind: 'result', result: step.value })
}

const port = parentPort
// Only `boostInWorkers` starts this program, with a BoostingWorkerStart.
if (port) work(workerData as BoostingWorkerStart, (message) => port.postMessage(message))
