import { Worker } from 'node:worker_threads'
import { abortedError, assertNotAborted } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import type { ForestTask, GrownTree } from './forest-task.js'

/** What a worker is started with; its typed arrays of rows lie in shared memory. */
export interface WorkerStart {
  readonly task: ForestTask
  readonly treeCount: number
  /** One shared number: the next tree that no worker has taken. */
  readonly nextTree: Int32Array
}

/** What a worker sends for every tree. */
export interface WorkerTree {
  readonly index: number
  readonly tree: GrownTree
}

export interface WorkerRun {
  readonly task: ForestTask
  readonly treeCount: number
  readonly threads: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

/**
 * Grows trees in worker threads. Whichever worker takes a tree, it is the same tree; they come back in order.
 * @throws MlError `training_aborted` or `worker_failed`; no worker is left running
 */
export async function growInWorkers({ task, treeCount, threads, signal, onProgress }: WorkerRun): Promise<GrownTree[]> {
  assertNotAborted(signal)
  const workerData: WorkerStart = { task, treeCount, nextTree: new Int32Array(new SharedArrayBuffer(4)) }
  const workers = Array.from(
    { length: Math.min(threads, treeCount) },
    () => new Worker(new URL('./forest-worker.js', import.meta.url), { workerData }),
  )
  const stopped = new AbortController()
  try {
    return await Promise.race([
      collectTrees({ workers, treeCount, onProgress }),
      rejectWhenAborted(signal, stopped.signal),
    ])
  } finally {
    stopped.abort()
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function collectTrees(run: {
  readonly workers: readonly Worker[]
  readonly treeCount: number
  readonly onProgress: WorkerRun['onProgress']
}): Promise<GrownTree[]> {
  const { workers, treeCount, onProgress } = run
  const trees: GrownTree[] = []
  let done = 0
  let running = workers.length
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(new MlError('worker_failed', `A training thread stopped: ${String(cause)}`, { cause }))
    const receive = ({ index, tree }: WorkerTree) => {
      trees[index] = tree
      done++
      try {
        onProgress?.({ done, total: treeCount })
      } catch (error) {
        reject(error)
      }
      if (done === treeCount) resolve(trees)
    }
    for (const worker of workers) {
      worker.on('message', receive)
      worker.on('messageerror', fail)
      worker.on('error', fail)
      worker.on('exit', () => {
        running--
        if (running === 0) fail('all ended before the last tree')
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
