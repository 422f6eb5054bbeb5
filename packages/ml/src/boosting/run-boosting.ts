import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { abortedError, assertNotAborted } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import { boost } from './boost.js'
import type { BoostingIteration, BoostingResult, BoostingTask } from './boosting-task.js'

/** What a worker is started with; its numbers lie in shared memory. */
export interface BoostingWorkerStart {
  readonly task: BoostingTask
  readonly thread: number
}

/** What the first worker sends; the others only work. */
export type BoostingMessage =
  | { readonly kind: 'iteration'; readonly iteration: BoostingIteration }
  | { readonly kind: 'result'; readonly result: BoostingResult }

interface BoostingRun {
  readonly signal: AbortSignal | undefined
  readonly onIteration: (iteration: BoostingIteration) => void
}

/** Work between two breaths of the calling thread; some tens of milliseconds. */
const breathWork = 3e7

/**
 * Boosts in the calling thread, which breathes in between.
 * @throws MlError `training_aborted`
 */
export async function boostHere(task: BoostingTask, { signal, onIteration }: BoostingRun): Promise<BoostingResult> {
  assertNotAborted(signal)
  const steps = boost(task, 0, onIteration)
  let work = 0
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value
    work += step.value
    if (work < breathWork) continue
    work = 0
    await setImmediate()
    assertNotAborted(signal)
  }
}

/**
 * Boosts in as many worker threads as the task says.
 * @throws MlError `training_aborted` or `worker_failed`; no worker is left running
 */
export async function boostInWorkers(
  task: BoostingTask,
  { signal, onIteration }: BoostingRun,
): Promise<BoostingResult> {
  assertNotAborted(signal)
  const workers = Array.from({ length: task.places.threads }, (_, thread) => {
    const workerData: BoostingWorkerStart = { task, thread }
    return new Worker(new URL('./boosting-worker.js', import.meta.url), { workerData })
  })
  const stopped = new AbortController()
  try {
    return await Promise.race([receive(workers, onIteration), rejectWhenAborted(signal, stopped.signal)])
  } finally {
    stopped.abort()
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function receive(workers: readonly Worker[], onIteration: BoostingRun['onIteration']): Promise<BoostingResult> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(new MlError('worker_failed', `A training thread stopped: ${String(cause)}`, { cause }))
    const take = (message: BoostingMessage) => {
      try {
        if (message.kind === 'result') resolve(message.result)
        else onIteration(message.iteration)
      } catch (error) {
        reject(error)
      }
    }
    for (const worker of workers) {
      worker.on('message', take)
      worker.on('messageerror', fail)
      worker.on('error', fail)
      // A thread that ended well leaves the others nothing to wait for; its code is 0.
      worker.on('exit', (code) => {
        if (code !== 0) fail(`it ended with ${code}`)
      })
    }
  })
}

/** Never resolves; `stopped` takes its listener off a signal that outlives the training. */
function rejectWhenAborted(signal: AbortSignal | undefined, stopped: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(abortedError(signal)), { once: true, signal: stopped })
  })
}
