import { parentPort, workerData } from 'node:worker_threads'
import { type OnnxFile, openOnnxSession } from './onnx-session.js'
import type { SessionCall, SessionReply, SessionStart } from './threaded-session.js'

/** The entry of a thread that computes one model: says what the model is once it is loaded, then answers calls in their order. */
const session = openOnnxSession(workerData as OnnxFile)

session.then(
  ({ inputs, outputs, sizeNames, hasFreeRows }) => {
    const start: SessionStart = { ok: true, about: { inputs, outputs, sizeNames, hasFreeRows } }
    parentPort?.postMessage(start)
  },
  (error: unknown) => {
    const start: SessionStart = { ok: false, message: messageOf(error) }
    parentPort?.postMessage(start)
  },
)

parentPort?.on('message', async ({ id, inputs, outputs }: SessionCall) => {
  parentPort?.postMessage(await answer(id, async () => (await session).run(inputs, outputs)))
})

async function answer(
  id: number,
  run: () => Promise<Extract<SessionReply, { ok: true }>['found']>,
): Promise<SessionReply> {
  try {
    return { id, ok: true, found: await run() }
  } catch (error) {
    return { id, ok: false, message: messageOf(error) }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
