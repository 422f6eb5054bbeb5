import { fork } from 'node:child_process'
import { findProgram } from '../../platform/programs/index.js'
import type { ScriptLine, ScriptTold, ScriptToRun } from './script-messages.js'

export interface RunScript {
  readonly asked: ScriptToRun
  readonly signal?: AbortSignal | undefined
  /** The newest line, now and then. */
  readonly onLine?: (text: string) => void
  /** All lines, where they are asked for; those that came too fast are counted. */
  readonly onLines?: (lines: readonly ScriptLine[], dropped: number) => void
  /** Told of the process of the script. */
  readonly onStart: (pid: number) => void
}

/** How a script ended. */
export type ScriptEnd = Extract<ScriptTold, { kind: 'ended' | 'missing' }>

/**
 * Runs a script beside a process that watches it. An aborted signal ends it with all that it started. Throws where that process itself is
 * lost.
 */
export async function runScript({ asked, signal, onLine, onLines, onStart }: RunScript): Promise<ScriptEnd> {
  signal?.throwIfAborted()
  const child = fork(findProgram(new URL('./script-program.js', import.meta.url)), [], {
    env: {},
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const stop = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', stop, { once: true })
  let script: number | undefined
  try {
    const end = await new Promise<ScriptEnd | undefined>((resolve, reject) => {
      let ended: ScriptEnd | undefined
      child.on('message', (message: ScriptTold) => {
        switch (message.kind) {
          case 'started':
            script = message.pid
            onStart(message.pid)
            break
          case 'line':
            onLine?.(message.text)
            break
          case 'lines':
            onLines?.(message.lines, message.dropped)
            break
          default:
            ended = message
        }
      })
      child.once('error', reject)
      child.once('exit', () => resolve(ended))
      child.send(asked, (error) => {
        if (error !== null && child.exitCode === null && child.signalCode === null) reject(error)
      })
    })
    signal?.throwIfAborted()
    return end ?? { kind: 'ended', status: 'the process that watched it was killed', isTimeout: false, tail: '' }
  } finally {
    signal?.removeEventListener('abort', stop)
    child.kill('SIGKILL')
    if (script !== undefined) endGroup(script)
  }
}

/** Whatever became of the process that watched a script, nothing of the script stays. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it is gone.
  }
}
