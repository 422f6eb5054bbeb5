import { execFile } from 'node:child_process'
import type { Binaries } from './binaries.js'
import { backOff, deadlineIn } from './deadline.js'
import { probeServer } from './server-probe.js'
import type { Listen } from './settings.js'
import { type Watch, within } from './watch-exit.js'

/** Fast shutdown, then immediate shutdown (recovery at the next start, nothing committed is lost), then the axe. */
const STEPS = [
  { signal: 'SIGINT', mode: 'fast', waitMs: 8000 },
  { signal: 'SIGQUIT', mode: 'immediate', waitMs: 5000 },
  { signal: 'SIGKILL', mode: 'immediate', waitMs: 5000 },
] as const

const RESTART_MS = 3000

export type StopSignal = (typeof STEPS)[number]['signal']

export interface StopTarget {
  readonly dataDir: string
  readonly listen: Listen
  readonly watch: Watch
  readonly binaries: Binaries
  readonly onSignal: (signal: StopSignal) => void
}

/**
 * Stops the server and waits until it is gone. A SIGINT that arrives while the server restarts itself after a crashed
 * backend mostly makes it hang, and a second SIGINT does not help. So it first gets a moment to finish the restart, and
 * stronger signals follow in any case.
 */
export async function stopServer(target: StopTarget): Promise<void> {
  await letRestartFinish(target)
  for (const step of STEPS) {
    if (target.watch.isGone()) return
    target.onSignal(step.signal)
    await send(target, step)
    if (await within(target.watch.exited, step.waitMs)) return
  }
}

async function letRestartFinish({ watch, listen }: StopTarget): Promise<void> {
  const deadline = deadlineIn(RESTART_MS)
  const pause = backOff(20, 200)
  while (!watch.isGone() && !deadline.isPast()) {
    if ((await probeServer(listen)).kind !== 'starting') return
    await pause()
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
