import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadCall, ThreadReply } from './file-threads.js'
import { type FileWorkStart, makeFileWork } from './file-work.js'

/** The entry of a thread that reads files: calls come as messages; one that waits for the disk holds up no other. */
const work = makeFileWork(workerData as FileWorkStart)
parentPort?.on('message', async (call: ThreadCall) => {
  parentPort?.postMessage(await answer(call))
})

async function answer({ id, method, request }: ThreadCall): Promise<ThreadReply> {
  try {
    const perform = work[method] as (request: unknown) => Promise<unknown>
    return { id, ok: true, result: await perform(request) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return { id, ok: false, message: error instanceof Error ? error.message : String(error), code }
  }
}
