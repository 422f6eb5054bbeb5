import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { type ExplainerProcess, type ExplainerProcessOptions, startExplainer } from './explainer-process.js'

/** A process that is started when it is needed, works on one request after the other, and ends when it is idle. */
export interface ExplainerLine {
  /** Throws `explanations_busy` where too many wait, and what the work throws. */
  run<Result>(work: (child: ExplainerProcess) => Promise<Result>): Promise<Result>
  close(): void
}

export function openExplainerLine(options: ExplainerProcessOptions): ExplainerLine {
  let child: ExplainerProcess | undefined
  let waiting = 0
  let turn: Promise<unknown> = Promise.resolve()
  let idle: NodeJS.Timeout | undefined
  let isClosed = false
  const close = () => {
    child?.close()
    child = undefined
  }
  return {
    async run(work) {
      if (waiting >= limit('explanations.waiting_max') || isClosed) {
        throw new FabriqueError('explanations_busy', { waiting })
      }
      waiting += 1
      clearTimeout(idle)
      const own = turn.then(() => {
        if (child?.isAlive() !== true) child = startExplainer(options)
        return work(child)
      })
      // One that fails does not hold up the next.
      turn = own.catch(() => {})
      try {
        return await own
      } finally {
        waiting -= 1
        if (waiting === 0) idle = setTimeout(close, limit('explanations.idle_ms')).unref()
      }
    },
    close() {
      isClosed = true
      clearTimeout(idle)
      close()
    },
  }
}
