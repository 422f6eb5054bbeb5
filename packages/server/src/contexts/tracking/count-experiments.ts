import { sql } from 'kysely'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'

/** How many experiments there are that are not deleted. */
export const countExperiments = readVerb({
  name: 'tracking.count_experiments',
  permission: 'runs.read',
  input: z.object({}),
  async run({ ctx }): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from experiments where lifecycle_stage = 'active'
    `.execute(ctx.db)
    return rows[0]?.count ?? 0
  },
})
