import { setImmediate } from 'node:timers/promises'
import { abortedError, assertNotAborted } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import { boost } from './boost.js'
import type { BoostingIteration, BoostingResult, BoostingTask } from './boosting-task.js'
import { type BoostingMessage, type BoostingWorker, takeWorkers, type WorkerClient } from './idle-workers.js'

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
 * @throws MlError `training_aborted` or `worker_failed`; no worker is left running then
 */
export async function boostInWorkers(
  task: BoostingTask,
  { signal, onIteration }: BoostingRun,
): Promise<BoostingResult> {
  assertNotAborted(signal)
  const workers = takeWorkers(task.places.threads)
  const stopped = new AbortController()
  try {
    const result = await Promise.race([
      workTogether(workers, task, onIteration),
      rejectWhenAborted(signal, stopped.signal),
    ])
    await Promise.all(workers.map((worker) => worker.keep(task.places.bytes)))
    return result
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.end()))
    throw error
  } finally {
    stopped.abort()
  }
}

function workTogether(
  workers: readonly BoostingWorker[],
  task: BoostingTask,
  onIteration: BoostingRun['onIteration'],
): Promise<BoostingResult> {
  return new Promise((resolve, reject) => {
    const results: BoostingResult[] = []
    let running = workers.length
    const take = (message: BoostingMessage) => {
      if (message.kind === 'iteration') return onIteration(message.iteration)
      if (message.result !== null) results.push(message.result)
      running--
      const [result] = results
      if (running === 0 && result !== undefined) resolve(result)
    }
    const client: WorkerClient = {
      onMessage(message) {
        try {
          take(message)
        } catch (error) {
          reject(error)
        }
      },
      onEnd: (cause) => reject(new MlError('worker_failed', `A training thread stopped: ${String(cause)}`, { cause })),
    }
    for (const [thread, worker] of workers.entries()) worker.start({ task, thread }, client)
  })
}

/** Never resolves; `stopped` takes its listener off a signal that outlives the training. */
function rejectWhenAborted(signal: AbortSignal | undefined, stopped: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(abortedError(signal)), { once: true, signal: stopped })
  })
}
