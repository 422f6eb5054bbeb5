import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { dropDays } from './days.js'

const dayMs = 86_400_000

/** Removes what has outlived its time: whole days of the log, and figures. 0 days keeps all. */
export async function tidyUpPredictions(ctx: VerbContext, keptDays: number): Promise<void> {
  if (keptDays === 0) return
  const before = new Date(ctx.clock.now().getTime() - keptDays * dayMs)
  const days = await dropDays(ctx, before)
  if (days.length > 0) ctx.log.info({ days }, 'Predictions are removed from the log')
  await sql`delete from answer_minutes where at < ${before}`.execute(ctx.db)
}
