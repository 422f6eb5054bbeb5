import { type ErrorCode, type ErrorParams, FabriqueError } from '@fabrique/contract'
import { type Ending, endedForMemory, findProgram, runIsolated } from '../../platform/programs/index.js'
import type { TrainingAsked, TrainingEnded, TrainingTold } from './training-messages.js'

export interface IsolatedTraining {
  readonly asked: TrainingAsked
  readonly signal?: AbortSignal | undefined
  /** Called with the number of the process. */
  readonly onStart: (pid: number) => void
  readonly onTold: (message: Exclude<TrainingTold, TrainingEnded>) => void
}

/**
 * Runs a training in a process of its own. An aborted signal kills it; whatever becomes of it, this process goes on. Throws what the training
 * refuses, `training_memory_exceeded` or `training_crashed`.
 */
export async function isolateTraining({ asked, signal, onStart, onTold }: IsolatedTraining): Promise<void> {
  const { memoryBytesMax } = asked
  let ended: TrainingEnded | undefined
  const ending = await runIsolated<TrainingTold>({
    program: findProgram(new URL('./train-program.js', import.meta.url)),
    asked,
    memoryBytesMax,
    signal,
    onStart,
    onTold: (message) => {
      if (message.kind === 'done' || message.kind === 'failed') ended = message
      else onTold(message)
    },
  })
  answerOf(ended, ending, memoryBytesMax)
}

function answerOf(ended: TrainingEnded | undefined, { status, words }: Ending, memoryBytesMax: number): void {
  if (ended?.kind === 'done') return
  if (ended?.kind === 'failed') throw new FabriqueError(ended.code, ended.params as ErrorParams<ErrorCode>)
  if (endedForMemory(words)) throw new FabriqueError('training_memory_exceeded', { limit_bytes: memoryBytesMax })
  const cause = words === '' ? undefined : new Error(words)
  throw new FabriqueError('training_crashed', { reason: status }, { cause })
}
