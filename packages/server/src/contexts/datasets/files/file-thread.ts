import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadCall, ThreadReply } from './file-threads.js'
import { type FileWorkStart, makeFileWork } from './file-work.js'

/** The entry of a thread that reads files: calls come as messages, one at a time. */
const work = makeFileWork(workerData as FileWorkStart)
parentPort?.on('message', async ({ method, request }: ThreadCall) => {
  parentPort?.postMessage(await answer(method, request))
})

async function answer(method: ThreadCall['method'], request: unknown): Promise<ThreadReply> {
  try {
    const perform = work[method] as (request: unknown) => Promise<unknown>
    return { ok: true, result: await perform(request) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { ok: false, message: error instanceof Error ? error.message : String(error), code }
  }
}
