import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { limit } from '../../../kernel/index.js'
import { type FileWork, type FileWorkStart, makeFileWork } from './file-work.js'

/** One call of a thread, as it is sent. */
export interface ThreadCall {
  readonly id: number
  readonly method: keyof FileWork
  readonly request: unknown
}

/** Its answer. */
export type ThreadReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string; readonly code: string }

/** A thread that reads files. */
export interface FileThread extends FileWork {
  close(): Promise<void>
}

const threadFile = new URL('./file-thread.js', import.meta.url)

/** A thread that runs. */
interface Running {
  readonly key: string
  ask(method: keyof FileWork, request: unknown): Promise<unknown>
  /** True where it could begin something else: nothing is under way, and no pack is open. */
  isFree(): boolean
  /** Lets the program end although it runs, or not. */
  hold(isHeld: boolean): void
  stop(): Promise<void>
}

/** Threads that wait a while for more work: to start one takes longer than to look through thousands of files. */
const resting = new Map<Running, NodeJS.Timeout>()

/**
 * Gives a thread, one that rests or a new one. Where the program runs from its sources, as in tests, there is no compiled file to start one
 * with: then the same work is done in this thread.
 */
export function openFileThread(start: FileWorkStart): FileThread {
  if (!existsSync(threadFile)) return { ...makeFileWork(start), close: async () => {} }
  const key = JSON.stringify(start)
  const running = wake(key) ?? startThread(key, start)
  // A thread answers with what its work gives: the same types as here.
  const ask = <Result>(method: keyof FileWork, request: unknown) => running.ask(method, request) as Promise<Result>
  return {
    walk: (request) => ask('walk', request),
    walkOn: (request) => ask('walkOn', request),
    read: (request) => ask('read', request),
    keep: (request) => ask('keep', request),
    finish: () => ask('finish', undefined),
    async close() {
      if (running.isFree() && resting.size < limit('files.threads_max')) rest(running)
      else await running.stop()
    },
  }
}

function rest(running: Running): void {
  running.hold(false)
  const timer = setTimeout(() => {
    resting.delete(running)
    void running.stop()
  }, limit('files.thread_rest_ms'))
  resting.set(running, timer.unref())
}

function wake(key: string): Running | undefined {
  for (const [running, timer] of resting) {
    if (running.key !== key) continue
    clearTimeout(timer)
    resting.delete(running)
    if (!running.isFree()) continue
    running.hold(true)
    return running
  }
  return undefined
}

function startThread(key: string, start: FileWorkStart): Running {
  const worker = new Worker(threadFile, { workerData: start })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let calls = 0
  let failure: Error | undefined
  let isDone = true
  const fail = (error: Error) => {
    failure = error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('message', (reply: ThreadReply) => {
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.ok) call?.resolve(reply.result)
    else call?.reject(Object.assign(new Error(reply.message), { code: reply.code }))
  })
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('A thread that reads files stopped')))
  return {
    key,
    ask(method, request) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure)
          return
        }
        // After `read` and `keep` contents or a pack wait in it, after `walkOn` maybe the rest of a folder; only `finish` leaves nothing behind.
        if (method !== 'walk') isDone = false
        const answered = (value: unknown) => {
          if (method === 'finish') isDone = true
          resolve(value)
        }
        calls += 1
        waiting.set(calls, { resolve: answered, reject })
        const call: ThreadCall = { id: calls, method, request }
        worker.postMessage(call)
      })
    },
    isFree: () => isDone && failure === undefined && waiting.size === 0,
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
    async stop() {
      await worker.terminate()
    },
  }
}
