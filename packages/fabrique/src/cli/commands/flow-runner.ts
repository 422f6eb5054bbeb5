import { serveFlows } from '../../flow-runner/serve-flows.js'
import { settleMemory } from '../settle-memory.js'
import { wrongUse } from '../wrong-use.js'

/** Runs flows of a project for the worker that started this process; of no use by hand. */
export async function flowRunner(dir: string, { memoryMb }: { readonly memoryMb: string }): Promise<void> {
  if (process.send === undefined) throw wrongUse('flow-runner', 'it is started by a worker')
  await serveFlows({ folder: dir, bytesMax: Number(memoryMb) * 1024 * 1024 })
  void settleMemory()
}
