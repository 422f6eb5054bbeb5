import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type ErrorCode, type ErrorParams, FabriqueError } from '@fabrique/contract'
import type { BatchAnswered, BatchAsked, BatchTold } from './batch-messages.js'
import type { BatchProgress } from './model.js'

export interface IsolatedBatch {
  readonly asked: BatchAsked
  readonly signal?: AbortSignal | undefined
  /** Called with the number of the process. */
  readonly onStart?: ((pid: number) => void) | undefined
  readonly onProgress: (progress: BatchProgress) => void
}

/** Characters that are kept of what a process said last. */
const lastWordsMax = 4000

/** What stands in the last words of a process that ended itself for its memory, as trainings have it. */
const memoryMark = 'fabrique: memory limit'

/**
 * Answers a batch in a process of its own, without environment. An aborted signal kills it; whatever becomes of it, this process goes on. Throws
 * what the batch refuses, `batch_memory_exceeded` or `batch_crashed`.
 */
export async function isolateBatch({ asked, signal, onStart, onProgress }: IsolatedBatch): Promise<BatchAnswered> {
  signal?.throwIfAborted()
  const child = fork(findProgram('predict-program'), [], {
    env: {},
    execArgv: [`--max-old-space-size=${Math.round(asked.memoryBytesMax / 1024 / 1024)}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  const lastWords = listen(child)
  try {
    if (child.pid !== undefined) onStart?.(child.pid)
    let ended: Exclude<BatchTold, { kind: 'progress' }> | undefined
    const status = await new Promise<string>((resolve, reject) => {
      child.on('message', (message: BatchTold) => {
        if (message.kind === 'progress') onProgress(message.progress)
        else ended = message
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
    return answerOf(ended, { status, words: lastWords(), memoryBytesMax: asked.memoryBytesMax })
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

function answerOf(
  ended: Exclude<BatchTold, { kind: 'progress' }> | undefined,
  { status, words, memoryBytesMax }: Ending,
): BatchAnswered {
  if (ended?.kind === 'done') return ended.answered
  if (ended?.kind === 'failed') throw new FabriqueError(ended.code, ended.params as ErrorParams<ErrorCode>)
  if (words.includes(memoryMark) || /heap out of memory|allocation failed/i.test(words)) {
    throw new FabriqueError('batch_memory_exceeded', { limit_bytes: memoryBytesMax })
  }
  throw new FabriqueError('batch_crashed', { reason: status }, { cause: words === '' ? undefined : new Error(words) })
}

/** A compiled program of this folder; also found where this runs from its sources in a tree that was built. */
function findProgram(name: string): string {
  const beside = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  return existsSync(beside) ? beside : beside.replace(/([/\\])src([/\\]contexts[/\\])/, '$1dist$2')
}
