import type { VariantFigures } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { readVariantAnswers } from '../predictions/index.js'
import { type KnownVariant, taggedName } from './model.js'
import type { KnownRollout } from './store.js'

/** What is known of the variants of a roll-out since it began, in their order. */
export async function readFigures(ctx: VerbContext, rollout: KnownRollout): Promise<readonly KnownVariant[]> {
  const { id, model, variants } = rollout
  const known = await readVariantAnswers(ctx, {
    model,
    variants: variants.map(({ name }) => taggedName(id, name)),
    since: new Date(rollout.started_at),
  })
  return variants.flatMap(({ name }, place) => {
    const one = known[place]
    if (one === undefined) return []
    const { answered, refused, failed, p50, p95, p99, rewards, rewardMean, rewardVariance, outputs } = one
    const asked = answered + failed
    return {
      name,
      answered,
      refused,
      failed,
      ...(asked === 0 ? {} : { error_rate: failed / asked }),
      ...(p50 === undefined ? {} : { p50_ms: p50 }),
      ...(p95 === undefined ? {} : { p95_ms: p95 }),
      ...(p99 === undefined ? {} : { p99_ms: p99 }),
      rewards,
      ...(rewardMean === undefined ? {} : { reward_mean: rewardMean }),
      rewardVariance,
      outputs,
    }
  })
}

/** What of it is told. */
export function shownFigures({ outputs: _, rewardVariance: __, ...figures }: KnownVariant): VariantFigures {
  return figures
}

/** What each variant answered or failed, refused ones included: by these, requests were shared. */
export function askedCounts(figures: readonly KnownVariant[]): Readonly<Record<string, number>> {
  return Object.fromEntries(figures.map(({ name, answered, refused, failed }) => [name, answered + refused + failed]))
}
