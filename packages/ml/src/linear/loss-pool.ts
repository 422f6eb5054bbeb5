import { Worker } from 'node:worker_threads'
import { abortedError } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import type { LossPhase, LossTask } from './loss-task.js'

/** What a worker is started with. */
export interface LossWorkerStart {
  readonly task: LossTask
  /** One shared number: the next part that no worker has taken. */
  readonly nextPart: Int32Array
}

/** Sent to a worker: take parts of this phase until there is none left. It answers with any message. */
export interface LossWorkerOrder {
  readonly phase: LossPhase
  readonly partCount: number
}

/** Threads that compute the parts of a loss. Whichever does a part, the sums are the same. */
export interface LossPool {
  /** Throws MlError `training_aborted` or `worker_failed`. */
  run(order: LossWorkerOrder): Promise<void>
  close(): Promise<void>
}

export function startLossPool(task: LossTask, threads: number, signal: AbortSignal | undefined): LossPool {
  const nextPart = new Int32Array(new SharedArrayBuffer(4))
  const workerData: LossWorkerStart = { task, nextPart }
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./loss-worker.js', import.meta.url), { workerData }),
  )
  let waiting = 0
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  let failure: unknown = null
  const fail = (error: unknown) => {
    failure ??= error
    reject(failure)
  }
  const stopped = (cause: unknown) =>
    fail(new MlError('worker_failed', `A training thread stopped: ${String(cause)}`, { cause }))
  for (const worker of workers) {
    worker.on('message', () => {
      waiting--
      if (waiting === 0) resolve()
    })
    worker.on('messageerror', stopped)
    worker.on('error', stopped)
    worker.on('exit', () => stopped('it ended'))
  }
  const abort = () => {
    if (signal) fail(abortedError(signal))
  }
  signal?.addEventListener('abort', abort, { once: true })

  return {
    run(order) {
      return new Promise((done, failed) => {
        resolve = done
        reject = failed
        if (failure !== null) return failed(failure)
        waiting = workers.length
        Atomics.store(nextPart, 0, 0)
        for (const worker of workers) worker.postMessage(order)
      })
    },
    async close() {
      signal?.removeEventListener('abort', abort)
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
