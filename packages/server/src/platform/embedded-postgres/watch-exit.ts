import type { ChildProcess } from 'node:child_process'
import { errorCode } from './errors.js'
import { processRole } from './process-probe.js'

/** How the postmaster ended; both null when it was not our child and only its absence was seen. */
export interface ServerExit {
  readonly pid: number
  readonly code: number | null
  readonly signal: string | null
}

export interface Watch {
  readonly pid: number
  readonly exited: Promise<ServerExit>
  isGone(): boolean
  /** Sends a signal to this very process; nothing happens when it has ended, even if its id was given away since. */
  kill(signal: NodeJS.Signals): Promise<void>
}

const POLL_MS = 250

/** Watches our own child. */
export function watchChild(child: ChildProcess, pid: number): Watch {
  let gone = false
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      gone = true
      resolve({ pid, code, signal })
    })
  })
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
  }
  return { pid, exited, isGone: () => gone, kill }
}

/** Watches a process that is not our child by looking at it four times a second, without keeping the program alive. */
export function watchProcess(pid: number, dataDir: string): Watch {
  let gone = false
  const exited = new Promise<ServerExit>((resolve) => {
    const look = async (): Promise<void> => {
      const role = await processRole(pid, dataDir)
      gone = role === 'gone' || role === 'other'
      if (gone) resolve({ pid, code: null, signal: null })
      else setTimeout(() => void look(), POLL_MS).unref()
    }
    void look()
  })
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const role = await processRole(pid, dataDir)
    if (role === 'gone' || role === 'other') return
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error
    }
  }
  return { pid, exited, isGone: () => gone, kill }
}

/** True when the promise settles in time. */
export async function within(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
