import { execFile } from 'node:child_process'
import type { Binaries } from './binaries.js'
import { type Watch, within } from './watch-exit.js'

/** Fast shutdown, then immediate shutdown (recovery at the next start, nothing committed is lost), then the axe. */
const STEPS = [
  { signal: 'SIGINT', mode: 'fast', waitMs: 8000 },
  { signal: 'SIGQUIT', mode: 'immediate', waitMs: 5000 },
  { signal: 'SIGKILL', mode: 'immediate', waitMs: 5000 },
] as const

export type StopSignal = (typeof STEPS)[number]['signal']

export interface StopTarget {
  readonly dataDir: string
  readonly watch: Watch
  readonly binaries: Binaries
  readonly onSignal: (signal: StopSignal) => void
}

/**
 * Stops the server and waits until it is gone. SIGINT alone is not enough: when it arrives while the server restarts
 * itself after a crashed backend it hangs in about half of the cases, and a second SIGINT does not help.
 */
export async function stopServer(target: StopTarget, stepsMs?: readonly number[]): Promise<void> {
  for (const [index, step] of STEPS.entries()) {
    if (target.watch.isGone()) return
    target.onSignal(step.signal)
    await send(target, step)
    if (await within(target.watch.exited, stepsMs?.[index] ?? step.waitMs)) return
  }
}

async function send(target: StopTarget, step: (typeof STEPS)[number]): Promise<void> {
  if (process.platform === 'win32') {
    // Windows has no signals and process.kill would be a crash: pg_ctl asks over the server's own pipe.
    await new Promise<void>((resolve) => {
      execFile(target.binaries.pgCtl, ['stop', '-D', target.dataDir, '-m', step.mode, '-W'], () => resolve())
    })
    return
  }
  await target.watch.kill(step.signal)
}
