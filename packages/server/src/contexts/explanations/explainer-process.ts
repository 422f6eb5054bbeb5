import type { ChildProcess } from 'node:child_process'
import { type ErrorCode, type ErrorParams, FabriqueError, type JobProgress } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { endedForMemory, findProgram, startIsolated } from '../../platform/programs/index.js'
import type { ExplainerAsked, ExplainerTask, ExplainerTold } from './explainer-messages.js'

export interface AskOptions {
  readonly signal?: AbortSignal | undefined
  /** After so long the process is ended; without it a task takes as long as it needs. */
  readonly timeoutMs?: number
  readonly onProgress?: (progress: JobProgress) => void
}

/** A process of its own, without environment, that carries out one task after the other. */
export interface ExplainerProcess {
  /**
   * Throws what the task refuses, `explanation_memory_exceeded`, `explanation_crashed`, `explanation_timed_out`; after those, and after an
   * abort, the process is gone.
   */
  ask(task: ExplainerTask, options?: AskOptions): Promise<unknown>
  /** False once it has ended. */
  readonly isAlive: () => boolean
  /** Number of the process. */
  readonly pid: number | undefined
  close(): void
}

export interface ExplainerProcessOptions {
  readonly threads: number
  readonly memoryBytesMax?: number
}

interface Pending {
  resolve(result: unknown): void
  reject(error: unknown): void
  readonly onProgress: ((progress: JobProgress) => void) | undefined
}

export function startExplainer(options: ExplainerProcessOptions): ExplainerProcess {
  const { threads, memoryBytesMax = limit('explanations.memory_bytes_max') } = options
  const program = findProgram(new URL('./explain-program.js', import.meta.url))
  const { child, lastWords } = startIsolated(program, memoryBytesMax)
  // What uses it keeps this process alive; an idle one does not.
  child.unref()
  child.channel?.unref()
  const pending = new Map<number, Pending>()
  let count = 0
  let ending: FabriqueError | undefined
  const kill = (error: FabriqueError) => {
    ending ??= error
    child.kill('SIGKILL')
  }
  const end = (status: string, cause?: unknown) => {
    ending ??= crashOf(status, { words: lastWords(), memoryBytesMax, cause })
    for (const { reject } of pending.values()) reject(ending)
    pending.clear()
  }
  child.on('message', (message: ExplainerTold) => {
    const asked = pending.get(message.id)
    if (asked === undefined) return
    if (message.kind === 'progress') asked.onProgress?.(message.progress)
    else {
      pending.delete(message.id)
      if (message.kind === 'done') asked.resolve(message.result)
      else asked.reject(new FabriqueError(message.code, message.params as ErrorParams<ErrorCode>))
    }
  })
  child.once('error', (error) => end('it could not be started', error))
  // After the end of its streams, so that its last words are there.
  child.once('close', (code, killedBy) => end(killedBy ?? `status ${code}`))
  const asking = keepAlive(child)

  return {
    isAlive: () => ending === undefined && child.exitCode === null && child.signalCode === null,
    pid: child.pid,
    async ask(task, { signal, timeoutMs, onProgress } = {}) {
      signal?.throwIfAborted()
      if (ending !== undefined) throw ending
      count += 1
      const asked: ExplainerAsked = { id: count, task, threads, memoryBytesMax }
      const stop = () => kill(new FabriqueError('explanation_crashed', { reason: 'it was stopped' }))
      signal?.addEventListener('abort', stop, { once: true })
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => kill(new FabriqueError('explanation_timed_out', { limit_ms: timeoutMs })), timeoutMs)
      asking(1)
      try {
        return await new Promise<unknown>((resolve, reject) => {
          pending.set(asked.id, { resolve, reject, onProgress })
          // One that is gone is told of by how it ended.
          child.send(asked, () => {})
        })
      } catch (error) {
        signal?.throwIfAborted()
        throw error
      } finally {
        asking(-1)
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
      }
    },
    close: () => kill(new FabriqueError('explanation_crashed', { reason: 'it was stopped' })),
  }
}

/** While it is asked something the process counts as work. */
function keepAlive(child: ChildProcess): (change: 1 | -1) => void {
  let asked = 0
  return (change) => {
    asked += change
    if (asked === 0) {
      child.unref()
      child.channel?.unref()
    } else {
      child.ref()
      child.channel?.ref()
    }
  }
}

interface Ending {
  readonly words: string
  readonly memoryBytesMax: number
  readonly cause: unknown
}

function crashOf(status: string, { words, memoryBytesMax, cause }: Ending): FabriqueError {
  if (endedForMemory(words)) return new FabriqueError('explanation_memory_exceeded', { limit_bytes: memoryBytesMax })
  const why = cause ?? (words === '' ? undefined : new Error(words))
  return new FabriqueError('explanation_crashed', { reason: status }, why === undefined ? {} : { cause: why })
}
