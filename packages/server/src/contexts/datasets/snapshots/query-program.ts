import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import type { QueryAnswer, QueryAsked } from './isolate-query.js'
import { runSandboxed } from './query-sandbox.js'

/**
 * The process of one query: takes it as a message, answers with one, ends. It watches its own memory, since what a function of the
 * engine makes of its arguments is not under the limit of the engine.
 */
process.once('message', (asked: QueryAsked) => {
  const memoryMax = process.memoryUsage.rss() + limit('query.memory_bytes_max') * 1.5
  const answer = (message: QueryAnswer) => process.send?.(message, () => process.exit(0))
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() < memoryMax) return
    clearInterval(watch)
    answer({ ok: false, code: 'query_too_large', params: { limit_bytes: limit('query.memory_bytes_max') } })
  }, 10)
  runSandboxed(asked).then(
    (result) => answer({ ok: true, result }),
    (error: unknown) => {
      const known = error instanceof FabriqueError ? error : undefined
      const reason = error instanceof Error ? error.message : String(error)
      answer({ ok: false, code: known?.code ?? 'query_failed', params: known?.params ?? { reason } })
    },
  )
})
process.once('disconnect', () => process.exit(0))
