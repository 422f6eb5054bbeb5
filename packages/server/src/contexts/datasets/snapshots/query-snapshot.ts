import { FabriqueError, type QueryResult, SnapshotQuery } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { readVerb } from '../../../platform/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { type LocalParts, localParts, tableOfParts } from '../read-snapshot.js'
import { isolateQuery } from './isolate-query.js'
import type { QueryTable } from './query-sandbox.js'

let running = 0

/**
 * Runs one select over a snapshot, the table `data`, and over others by name. It sees nothing else of this machine; see
 * `query-sandbox.ts`. Ends when the signal of the context aborts. Errors: `snapshot_not_found`, `query_refused`, `query_failed`,
 * `query_timeout`, `query_too_large`, `queries_busy`.
 */
export const querySnapshot = readVerb({
  name: 'datasets.query_snapshot',
  permission: 'datasets.read',
  input: SnapshotQuery.extend({ snapshot: z.string() }),
  async run({ ctx, input }): Promise<QueryResult> {
    const others = Object.entries(input.others)
    if (others.length >= limit('query.tables_max')) {
      throw new FabriqueError('query_refused', { reason: `at most ${limit('query.tables_max')} tables in one query` })
    }
    if (Object.hasOwn(input.others, 'data')) {
      throw new FabriqueError('query_refused', { reason: 'data is the table of the snapshot itself' })
    }
    if (running >= limit('query.running_max')) throw new FabriqueError('queries_busy', { count: running })
    running += 1
    const startedMs = ctx.clock.monotonicMs()
    const held: LocalParts[] = []
    try {
      const tables: QueryTable[] = []
      for (const [name, id] of [['data', input.snapshot] as const, ...others]) {
        const snapshot = await getSnapshot({ ctx, input: { snapshot: id } })
        const parts = await localParts(ctx, snapshot)
        held.push(parts)
        tables.push({ name, table: tableOfParts(parts.paths, snapshot.columns), paths: parts.paths })
      }
      const { sql, timeout_ms: timeoutMs } = input
      const result = await isolateQuery({ sql, tables, limit: input.limit, timeoutMs, signal: ctx.signal })
      return { ...result, elapsed_ms: ctx.clock.monotonicMs() - startedMs }
    } finally {
      running -= 1
      await Promise.all(held.map((parts) => parts.release()))
    }
  },
})
