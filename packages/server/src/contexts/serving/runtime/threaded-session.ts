import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { type OnnxFile, type OnnxSession, openOnnxSession } from './onnx-session.js'
import type { Tensor } from './tensor.js'

/** What a thread says once: the model that it loaded, or why it could not. */
export type SessionStart =
  | { readonly ok: true; readonly about: Pick<OnnxSession, 'inputs' | 'outputs' | 'sizeNames' | 'hasFreeRows'> }
  | { readonly ok: false; readonly message: string }

/** One computation, as it is sent. */
export interface SessionCall {
  readonly id: number
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly string[]
}

export type SessionReply =
  | { readonly id: number; readonly ok: true; readonly found: readonly Tensor[] }
  | { readonly id: number; readonly ok: false; readonly message: string }

interface Waiting {
  resolve(found: readonly Tensor[]): void
  reject(error: Error): void
}

const threadFile = new URL('./session-thread.js', import.meta.url)

/** Whether there is a compiled file to start a thread with: not where the program runs from its sources, as some tests do. */
export const hasThreads = existsSync(threadFile)

/** A thread ended before its answer: that is no fault of what it was given. */
export class ThreadStoppedError extends Error {
  constructor(cause?: unknown) {
    super('The thread that computes the model stopped', { cause })
  }
}

interface SessionThread extends OnnxSession {
  readonly hasStopped: boolean
}

/**
 * The same as `openOnnxSession` in a thread of its own: the runtime computes in the thread that asks, so that a long computation would hold up
 * everything else of the process. Where the thread dies, what waits for it fails with `ThreadStoppedError`, and the next computation starts
 * another. Without threads this one computes.
 */
export async function openThreadedSession(file: OnnxFile): Promise<OnnxSession> {
  if (!hasThreads) return openOnnxSession(file)
  let thread = await startThread(file)
  let starting: Promise<void> | undefined
  let isReleased = false
  const restart = async () => {
    try {
      thread = await startThread(file)
      if (isReleased) await thread.release()
    } catch (error) {
      throw new ThreadStoppedError(error)
    } finally {
      starting = undefined
    }
  }
  const { inputs, outputs, sizeNames, hasFreeRows } = thread
  return {
    inputs,
    outputs,
    sizeNames,
    hasFreeRows,
    async run(...asked) {
      if (thread.hasStopped && !isReleased) {
        starting ??= restart()
        await starting
      }
      return thread.run(...asked)
    },
    async release() {
      isReleased = true
      await starting?.catch(() => undefined)
      await thread.release()
    },
  }
}

/** Throws a plain error with the reason where the file cannot be loaded. */
async function startThread(file: OnnxFile): Promise<SessionThread> {
  const worker = new Worker(threadFile, { workerData: file })
  const waiting = new Map<number, Waiting>()
  let calls = 0
  let failure: ThreadStoppedError | undefined
  const fail = (cause?: unknown) => {
    failure ??= new ThreadStoppedError(cause)
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
  }
  worker.on('error', fail)
  worker.on('exit', () => fail())
  const start = await new Promise<SessionStart>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(failure))
  })
  if (!start.ok) {
    await worker.terminate()
    throw new Error(start.message)
  }
  worker.on('message', (reply: SessionReply) => {
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.ok) call?.resolve(reply.found)
    else call?.reject(new Error(reply.message))
  })
  return {
    ...start.about,
    get hasStopped() {
      return failure !== undefined
    },
    run(inputs, outputs) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure)
          return
        }
        calls += 1
        waiting.set(calls, { resolve, reject })
        const call: SessionCall = { id: calls, inputs, outputs }
        worker.postMessage(call)
      })
    },
    async release() {
      await worker.terminate()
    },
  }
}
