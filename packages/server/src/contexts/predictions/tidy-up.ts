import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { dropDays } from './days.js'

const dayMs = 86_400_000

export interface PredictionRetention {
  /** Days of the log and of the figures; 0 keeps all. */
  readonly keptDays: number
  /** Whether days are written to files, without which none is dropped. */
  readonly compacted: boolean
}

/** Removes what has outlived its time: whole days of the log, and figures. */
export async function tidyUpPredictions(ctx: VerbContext, { keptDays, compacted }: PredictionRetention): Promise<void> {
  if (keptDays === 0) return
  const before = new Date(ctx.clock.now().getTime() - keptDays * dayMs)
  const { days, kept } = await dropDays(ctx, before, compacted)
  if (days.length > 0) ctx.log.info({ days }, 'Predictions are removed from the log')
  if (kept.length > 0) ctx.log.warn({ days: kept }, 'Predictions stay in the log until they are written to files')
  await sql`delete from answer_minutes where at < ${before}`.execute(ctx.db)
}
