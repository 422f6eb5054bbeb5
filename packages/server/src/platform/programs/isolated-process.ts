import { type ChildProcess, fork } from 'node:child_process'

/** What stands in the last words of a process that ended itself for its memory. */
export const memoryMark = 'fabrique: memory limit'

/** Characters that are kept of what a process said last. */
const lastWordsMax = 4000

export interface IsolatedProcess {
  readonly child: ChildProcess
  readonly lastWords: () => string
}

/** Starts a program of ours, as `findProgram` finds it, in a process of its own, without environment, that messages go to and come from. */
export function startIsolated(program: string, memoryBytesMax: number): IsolatedProcess {
  const child = fork(program, [], {
    env: {},
    execArgv: [`--max-old-space-size=${Math.round(memoryBytesMax / 1024 / 1024)}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-lastWordsMax)
  })
  return { child, lastWords: () => words }
}

/** Whether a process that is gone ended for its memory, by its last words. */
export const endedForMemory = (words: string): boolean =>
  words.includes(memoryMark) || /heap out of memory|allocation failed/i.test(words)

export interface IsolatedRun<Told> {
  readonly program: string
  /** The message that it is sent first. */
  readonly asked: object
  readonly memoryBytesMax: number
  readonly signal?: AbortSignal | undefined
  /** Called with the number of the process. */
  readonly onStart?: ((pid: number) => void) | undefined
  readonly onTold: (message: Told) => void
}

/** How a process ended. */
export interface Ending {
  /** A signal, or `status 1`. */
  readonly status: string
  readonly words: string
}

/** Runs a program of ours to its end. An aborted signal kills it and is thrown; whatever becomes of it, this process goes on. */
export async function runIsolated<Told>(given: IsolatedRun<Told>): Promise<Ending> {
  const { program, asked, memoryBytesMax, signal, onStart, onTold } = given
  signal?.throwIfAborted()
  const { child, lastWords } = startIsolated(program, memoryBytesMax)
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  try {
    if (child.pid !== undefined) onStart?.(child.pid)
    const status = await new Promise<string>((resolve, reject) => {
      child.on('message', (message: Told) => onTold(message))
      child.once('error', reject)
      // After the end of its streams, so that its last words are there.
      child.once('close', (code, killedBy) => resolve(killedBy ?? `status ${code}`))
      child.send(asked, (error) => {
        // One that is gone already is told by how it ended.
        if (error !== null && child.exitCode === null && child.signalCode === null) reject(error)
      })
    })
    signal?.throwIfAborted()
    return { status, words: lastWords() }
  } finally {
    signal?.removeEventListener('abort', kill)
    kill()
  }
}
