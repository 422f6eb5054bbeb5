import { sweepBlobs } from '../contexts/artifacts/index.js'
import { tidyUpAuth } from '../contexts/auth/index.js'
import { type FlowRetention, tidyUpFlows } from '../contexts/flows/index.js'
import { tidyUpMetricHistory } from '../contexts/metrics/index.js'
import { compactPredictions, tidyUpPredictions } from '../contexts/predictions/index.js'
import { purgeExpired } from '../contexts/trash/index.js'
import { limit } from '../kernel/index.js'
import { deleteOldEvents, forgetFullBuckets, forgetOldLogins, type VerbContext } from '../platform/index.js'
import { systemClock } from './system.js'

export interface HousekeepingOptions {
  readonly ctx: VerbContext
  /** Days that deleted things stay in the trash; 0 keeps them. */
  readonly trashDays: number
  readonly flows: FlowRetention
  /** Days that predictions are kept; 0 keeps them. */
  readonly predictionsKeptDays: number
  /** Whether days of predictions are written to files. */
  readonly predictionsCompact: boolean
}

const everyMs = 3_600_000

/** Removes once an hour what has outlived its time. Several servers may do it at once. Returns how to stop. */
export function startHousekeeping({
  ctx,
  trashDays,
  flows,
  predictionsKeptDays,
  predictionsCompact,
}: HousekeepingOptions): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const tidyUp = async () => {
    await deleteOldEvents(ctx.db, systemClock.now())
    await tidyUpAuth(ctx)
    await purgeExpired(ctx, trashDays)
    await tidyUpFlows(ctx, flows)
    if (predictionsCompact) {
      await compactPredictions({ ctx, input: { rest_ms: limit('predictions.compact_rest_ms') } })
    }
    await tidyUpPredictions(ctx, { keptDays: predictionsKeptDays, compacted: predictionsCompact })
    await tidyUpMetricHistory(ctx)
    await forgetFullBuckets(ctx.db)
    await forgetOldLogins(ctx.db, systemClock.now())
    await sweepBlobs({ ctx, input: {} })
  }
  const timer = setInterval(() => {
    running = tidyUp().catch((error: unknown) => ctx.log.warn({ err: error }, 'Housekeeping waits for the next hour'))
  }, everyMs)
  return async () => {
    clearInterval(timer)
    await running
  }
}
