import { Worker } from 'node:worker_threads'
import type { BoostingIteration, BoostingResult, BoostingTask } from './boosting-task.js'

/** What a worker is sent for a fit; its numbers lie in shared memory. */
export interface BoostingWorkerStart {
  readonly task: BoostingTask
  readonly thread: number
}

/** What workers send: the first one tells of iterations and has the result, and all tell that they are done. */
export type BoostingMessage =
  | { readonly kind: 'iteration'; readonly iteration: BoostingIteration }
  | { readonly kind: 'done'; readonly result: BoostingResult | null }

/** How long a worker without work is kept, in milliseconds. */
const idleMs = 3000

/**
 * A worker may hold on to the shared memory of past fits until it next collects garbage, and shared memory does not make it do so: after
 * so many bytes it is ended.
 */
const servedBytesMax = 256 * 2 ** 20

/** Whoever a worker works for. */
export interface WorkerClient {
  onMessage(message: BoostingMessage): void
  /** It failed or ended. */
  onEnd(cause: unknown): void
}

/** A thread that runs `boosting-worker.js`. */
export interface BoostingWorker {
  start(work: BoostingWorkerStart, client: WorkerClient): void
  /** Keeps it for the next fit, for a while; it does not keep the process alive. `bytes`: the memory of the fit it has done. */
  keep(bytes: number): Promise<void>
  end(): Promise<void>
}

const idle: BoostingWorker[] = []

/**
 * Workers that wait for work. Those of a fit that has just ended come first: starting one, and warming its code up, takes about as long as
 * a small fit, and searches and folds fit many times.
 */
export function takeWorkers(count: number): readonly BoostingWorker[] {
  const kept = idle.splice(0, count)
  return [...kept, ...Array.from({ length: count - kept.length }, startWorker)]
}

function startWorker(): BoostingWorker {
  const thread = new Worker(new URL('./boosting-worker.js', import.meta.url))
  let client: WorkerClient | null = null
  let servedBytes = 0
  let ending: NodeJS.Timeout | undefined
  const stopped = (cause: unknown) => {
    forget(worker)
    client?.onEnd(cause)
  }
  thread.on('message', (message: BoostingMessage) => client?.onMessage(message))
  thread.on('messageerror', stopped)
  thread.on('error', stopped)
  thread.on('exit', (code) => stopped(`it ended with ${code}`))
  const worker: BoostingWorker = {
    start(work, next) {
      clearTimeout(ending)
      client = next
      thread.ref()
      thread.postMessage(work)
    },
    async keep(bytes) {
      client = null
      servedBytes += bytes
      if (servedBytes > servedBytesMax) return worker.end()
      thread.unref()
      idle.push(worker)
      ending = setTimeout(() => void worker.end(), idleMs).unref()
    },
    async end() {
      client = null
      forget(worker)
      await thread.terminate()
    },
  }
  return worker
}

function forget(worker: BoostingWorker): void {
  const at = idle.indexOf(worker)
  if (at >= 0) idle.splice(at, 1)
}
