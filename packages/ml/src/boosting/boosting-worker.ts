import { parentPort } from 'node:worker_threads'
import { boost } from './boost.js'
import type { BoostingMessage, BoostingWorkerStart } from './idle-workers.js'

/** One fit in a worker thread. It does not breathe: whoever wants it to stop ends the thread. */
function work({ task, thread }: BoostingWorkerStart, send: (message: BoostingMessage) => void): void {
  const steps = boost(task, thread, (iteration) => {
    if (thread === 0) send({ kind: 'iteration', iteration })
  })
  let step = steps.next()
  while (!step.done) step = steps.next()
  send({ kind: 'done', result: thread === 0 ? step.value : null })
}

const port = parentPort
// Only `boostInWorkers` uses this program, and sends a BoostingWorkerStart for each fit.
if (port) port.on('message', (start: BoostingWorkerStart) => work(start, (message) => port.postMessage(message)))
