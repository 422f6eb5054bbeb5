import { type ChildProcess, fork } from 'node:child_process'
import { type ErrorCode, type ErrorParams, FabriqueError } from '@fabrique/contract'
import { findProgram } from './find-program.js'
import { memoryMark, type TrainingAsked, type TrainingEnded, type TrainingTold } from './training-messages.js'

export interface IsolatedTraining {
  readonly asked: TrainingAsked
  readonly signal?: AbortSignal | undefined
  /** Called with the number of the process. */
  readonly onStart: (pid: number) => void
  readonly onTold: (message: Exclude<TrainingTold, TrainingEnded>) => void
}

/** Characters that are kept of what a process said last. */
const lastWordsMax = 4000

/**
 * Runs a training in a process of its own, without environment. An aborted signal kills it; whatever becomes of it, this process goes on.
 * Throws what the training refuses, `training_memory_exceeded` or `training_crashed`.
 */
export async function isolateTraining(given: IsolatedTraining): Promise<void> {
  const { asked, signal, onTold } = given
  signal?.throwIfAborted()
  const child = fork(findProgram('train-program'), [], {
    env: {},
    execArgv: [`--max-old-space-size=${Math.round(asked.memoryBytesMax / 1024 / 1024)}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  const lastWords = listen(child)
  try {
    if (child.pid !== undefined) given.onStart(child.pid)
    let ended: TrainingEnded | undefined
    const status = await new Promise<string>((resolve, reject) => {
      child.on('message', (message: TrainingTold) => {
        if (message.kind === 'done' || message.kind === 'failed') ended = message
        else onTold(message)
      })
      child.once('error', reject)
      // After the end of its streams, so that its last words are there.
      child.once('close', (code, killedBy) => resolve(killedBy ?? `status ${code}`))
      child.send(asked, (error) => {
        // One that is gone already is told by how it ended.
        if (error !== null && child.exitCode === null && child.signalCode === null) reject(error)
      })
    })
    signal?.throwIfAborted()
    answerOf(ended, { status, words: lastWords(), memoryBytesMax: asked.memoryBytesMax })
  } finally {
    signal?.removeEventListener('abort', kill)
    kill()
  }
}

function listen(child: ChildProcess): () => string {
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-lastWordsMax)
  })
  return () => words
}

interface Ending {
  /** How it ended: a signal, or `status 1`. */
  readonly status: string
  readonly words: string
  readonly memoryBytesMax: number
}

function answerOf(ended: TrainingEnded | undefined, { status, words, memoryBytesMax }: Ending): void {
  if (ended?.kind === 'done') return
  if (ended?.kind === 'failed') throw new FabriqueError(ended.code, ended.params as ErrorParams<ErrorCode>)
  if (words.includes(memoryMark) || /heap out of memory|allocation failed/i.test(words)) {
    throw new FabriqueError('training_memory_exceeded', { limit_bytes: memoryBytesMax })
  }
  throw new FabriqueError(
    'training_crashed',
    { reason: status },
    { cause: words === '' ? undefined : new Error(words) },
  )
}
