import { setImmediate as nextTurn } from 'node:timers/promises'
import { assertNotAborted } from './assert-not-aborted.js'

/** Multiplications that take well below 100 ms: after so many, other work of the thread has its turn. */
const budget = 16_000_000

/** Lets other work of this thread run from time to time, so that a signal to stop can arrive. */
export interface Pace {
  /** Says how many multiplications were done. Throws MlError `training_aborted`. */
  spend(operations: number): Promise<void>
}

export function createPace(signal: AbortSignal | undefined): Pace {
  let spent = budget
  return {
    async spend(operations) {
      spent += operations
      if (spent < budget) return
      spent = 0
      await nextTurn()
      assertNotAborted(signal)
    },
  }
}
