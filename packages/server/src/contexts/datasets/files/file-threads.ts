import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { type FileWork, type FileWorkStart, makeFileWork } from './file-work.js'

/** One call of a thread, as it is sent. */
export interface ThreadCall {
  readonly method: keyof FileWork
  readonly request: unknown
}

/** Its answer. */
export type ThreadReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string; readonly code: string }

/** A thread that reads files. */
export interface FileThread extends FileWork {
  close(): Promise<void>
}

const threadFile = new URL('./file-thread.js', import.meta.url)

/**
 * Starts a thread. Where the program runs from its sources, as in tests, there is no compiled file to start one with: then the same work is
 * done in this thread.
 */
export function openFileThread(start: FileWorkStart): FileThread {
  if (!existsSync(threadFile)) return { ...makeFileWork(start), close: async () => {} }
  const worker = new Worker(threadFile, { workerData: start })
  const waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = []
  let failure: Error | undefined
  const fail = (error: Error) => {
    failure = error
    for (const { reject } of waiting.splice(0)) reject(error)
  }
  worker.on('message', (reply: ThreadReply) => {
    const call = waiting.shift()
    if (reply.ok) call?.resolve(reply.result)
    else call?.reject(Object.assign(new Error(reply.message), { code: reply.code }))
  })
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('A thread that reads files stopped')))
  const ask = <Result>(method: keyof FileWork, request: unknown): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) {
        reject(failure)
        return
      }
      // A thread answers with what its work gives: the same types as here.
      waiting.push({ resolve: (value) => resolve(value as Result), reject })
      const call: ThreadCall = { method, request }
      worker.postMessage(call)
    })
  return {
    walk: (request) => ask('walk', request),
    read: (request) => ask('read', request),
    keep: (request) => ask('keep', request),
    finish: () => ask('finish', undefined),
    async close() {
      await worker.terminate()
    },
  }
}
