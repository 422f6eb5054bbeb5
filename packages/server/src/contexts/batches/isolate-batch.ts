import { type ErrorCode, type ErrorParams, FabriqueError } from '@fabrique/contract'
import { type Ending, endedForMemory, findProgram, runIsolated } from '../../platform/programs/index.js'
import type { BatchAnswered, BatchAsked, BatchTold } from './batch-messages.js'
import type { BatchProgress } from './model.js'

export interface IsolatedBatch {
  readonly asked: BatchAsked
  readonly signal?: AbortSignal | undefined
  /** Called with the number of the process. */
  readonly onStart?: ((pid: number) => void) | undefined
  readonly onProgress: (progress: BatchProgress) => void
}

type BatchEnded = Exclude<BatchTold, { kind: 'progress' }>

/**
 * Answers a batch in a process of its own. An aborted signal kills it; whatever becomes of it, this process goes on. Throws what the batch
 * refuses, `batch_memory_exceeded` or `batch_crashed`.
 */
export async function isolateBatch({ asked, signal, onStart, onProgress }: IsolatedBatch): Promise<BatchAnswered> {
  const { memoryBytesMax } = asked
  let ended: BatchEnded | undefined
  const ending = await runIsolated<BatchTold>({
    program: findProgram(new URL('./predict-program.js', import.meta.url)),
    asked,
    memoryBytesMax,
    signal,
    onStart,
    onTold: (message) => {
      if (message.kind === 'progress') onProgress(message.progress)
      else ended = message
    },
  })
  return answerOf(ended, ending, memoryBytesMax)
}

function answerOf(ended: BatchEnded | undefined, { status, words }: Ending, memoryBytesMax: number): BatchAnswered {
  if (ended?.kind === 'done') return ended.answered
  if (ended?.kind === 'failed') throw new FabriqueError(ended.code, ended.params as ErrorParams<ErrorCode>)
  if (endedForMemory(words)) throw new FabriqueError('batch_memory_exceeded', { limit_bytes: memoryBytesMax })
  throw new FabriqueError('batch_crashed', { reason: status }, { cause: words === '' ? undefined : new Error(words) })
}
