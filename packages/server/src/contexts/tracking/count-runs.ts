import { sql } from 'kysely'
import { readVerb } from '../../platform/index.js'
import { scopeCondition } from './run-query.js'
import { RunSelection } from './schema.js'
import { checkedScope } from './search-runs.js'
import { withinTime } from './search-time.js'

/** How many runs match a filter. Throws `filter_invalid`, `search_too_slow`. */
export const countRuns = readVerb({
  name: 'tracking.count_runs',
  permission: 'runs.read',
  input: RunSelection,
  async run({ ctx, input }): Promise<number> {
    const query = sql<{ count: number }>`
      select count(*) as count from runs r where ${scopeCondition(checkedScope(input))}
    `
    const { rows } = await withinTime(() => query.execute(ctx.db))
    return rows[0]?.count ?? 0
  },
})
