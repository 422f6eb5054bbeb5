import { isFabriqueError } from '@fabrique/contract/errors'
import { MlError } from '@fabrique/ml'
import { loadRowTools } from '../training/files.js'
import { carryOutTask } from './carry-out-task.js'
import type { ExplainerAsked, ExplainerTold } from './explainer-messages.js'
import type { LoadedExplainer } from './row-explainer.js'

/**
 * The process of explanations: carries out one task after the other. It ends with the process that started it, and when it takes too much
 * memory.
 */
export function answerTasks(): void {
  const loaded = new Map<string, LoadedExplainer>()
  let isWatched = false
  let turn = Promise.resolve()
  const tell = (message: ExplainerTold) => process.send?.(message)
  const answer = async ({ id, task, threads, memoryBytesMax }: ExplainerAsked) => {
    try {
      if (!isWatched) (await loadRowTools()).watchMemory(memoryBytesMax)
      isWatched = true
      const onProgress = (progress: Extract<ExplainerTold, { kind: 'progress' }>['progress']) =>
        tell({ id, kind: 'progress', progress })
      const result = await carryOutTask(task, { threads, memoryBytesMax, loaded, onProgress })
      tell({ id, kind: 'done', result })
    } catch (error) {
      tell(failureOf(id, error))
    }
  }
  process.on('message', (asked: ExplainerAsked) => {
    turn = turn.then(() => answer(asked))
  })
  process.once('disconnect', () => process.exit(0))
}

function failureOf(id: number, error: unknown): ExplainerTold {
  if (isFabriqueError(error)) return { id, kind: 'failed', code: error.code, params: error.params }
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof MlError) {
    return { id, kind: 'failed', code: 'explanation_refused', params: { reason, reason_fr: reason } }
  }
  return { id, kind: 'failed', code: 'explanation_crashed', params: { reason } }
}
