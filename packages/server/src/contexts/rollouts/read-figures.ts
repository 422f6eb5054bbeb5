import type { Rollout, VariantFigures } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { readVariantAnswers } from '../predictions/index.js'
import { type KnownVariant, taggedName, tagsOf } from './model.js'

/** What is known of the variants of a roll-out, in their order: in all its steps, or since the last began. */
export async function readFigures(
  ctx: VerbContext,
  rollout: Rollout,
  span: 'all' | 'step',
): Promise<readonly KnownVariant[]> {
  const { model, variants } = rollout
  const known = await readVariantAnswers(ctx, {
    model,
    variants: variants.map(({ name }) => (span === 'step' ? [taggedName(rollout, name)] : tagsOf(rollout, name))),
    since: new Date(span === 'step' ? rollout.step_at : rollout.started_at),
  })
  return variants.flatMap(({ name }, place) => {
    const one = known[place]
    if (one === undefined) return []
    const { answered, refused, failed, p50, p95, p99, rewards, rewardMean, rewardVariance } = one
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
      outputs: one.outputs,
      keys: one.keys,
    }
  })
}

/** What of it is told. */
export function shownFigures({ outputs: _, keys: ___, rewardVariance: __, ...figures }: KnownVariant): VariantFigures {
  return figures
}
