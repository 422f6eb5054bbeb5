import { Session } from 'node:inspector/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a start leaves to be done is over by then. */
const settleMs = 3_000

/**
 * A process that stays gives back what only its start needed. Young objects get as much room as they need again, and what is left of the
 * start is collected as where memory is short: a process that has little to do would keep it for hours.
 */
export async function settleMemory(): Promise<void> {
  await sleep(settleMs, undefined, { ref: false })
  const session = new Session()
  session.connect()
  await session.post('HeapProfiler.collectGarbage')
  session.disconnect()
}
