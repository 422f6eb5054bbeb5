import { createHash } from 'node:crypto'
import type { Json, RolloutRequest, RolloutVariant, VariantFigures } from '@fabrique/contract'

/** Of a canary and a shadow. */
export const baseName = 'base'
export const candidateName = 'candidate'

/** The variants of a roll-out as it begins; a canary and a shadow go against a version that is there. */
export function variantsOf(request: RolloutRequest, baseVersion: string | undefined): readonly RolloutVariant[] {
  switch (request.kind) {
    case 'split': {
      const whole = request.variants.reduce((sum, { weight }) => sum + weight, 0)
      return request.variants.map(({ name, version, weight }) => ({ name, version, share: weight / whole }))
    }
    case 'bandit':
      return request.variants.map(({ name, version }) => ({ name, version, share: 1 / request.variants.length }))
    case 'canary':
      return pairOf(baseVersion ?? '', request.version, request.steps[0]?.share ?? 0)
    case 'shadow':
      return [
        { name: baseName, version: baseVersion ?? '', share: 1 },
        { name: candidateName, version: request.version, share: request.share },
      ]
  }
}

export function pairOf(baseVersion: string, version: string, share: number): readonly RolloutVariant[] {
  return [
    { name: baseName, version: baseVersion, share: 1 - share },
    { name: candidateName, version, share },
  ]
}

/** Where a key lies in [0, 1): the same for the same key in the same roll-out, and independent of it in others. */
export function placeOf(rolloutId: string, key: string): number {
  return createHash('sha256').update(`${rolloutId} ${key}`).digest().readUInt32BE(0) / 2 ** 32
}

/** The variant of a place. A candidate has the lowest places, so that who had it keeps it when its share grows. */
export function variantAt(variants: readonly RolloutVariant[], place: number): RolloutVariant | undefined {
  let upTo = 0
  for (const variant of [...variants].reverse()) {
    upTo += variant.share
    if (place < upTo) return variant
  }
  return variants[0]
}

/** How the log of predictions and the figures name a variant: what it answered in one step is told apart from what it did before. */
export const taggedName = ({ id, step }: { readonly id: string; readonly step: number }, variant: string) =>
  `${id}/${variant}/${step}`

/** As what the base answers where a candidate could not: not what was assigned to it. */
export const fallbackName = 'fallback'

/** Steps whose figures are told together. */
const stepsToldMax = 100

/** The names of a variant in all steps of a roll-out. */
export function tagsOf(rollout: { readonly id: string; readonly step: number }, variant: string): readonly string[] {
  const first = Math.max(0, rollout.step - stepsToldMax + 1)
  return Array.from({ length: rollout.step - first + 1 }, (_, index) =>
    taggedName({ id: rollout.id, step: first + index }, variant),
  )
}

/** What is known of a variant, with what the checks need beside what is shown. */
export interface KnownVariant extends VariantFigures {
  readonly rewardVariance: number
  /** What was predicted, newest first, bounded: how often each class, or the numbers. */
  readonly outputs: readonly Json[]
  /** What each of these was about, where it is known. */
  readonly keys: readonly (string | undefined)[]
}

/** The shares of a bandit by the chance of each variant to be the best; none gets less than `least`. */
export function sharesOf(chances: readonly number[], least: number): readonly number[] {
  const floor = Math.min(least, 1 / chances.length)
  const free = 1 - floor * chances.length
  return chances.map((chance) => floor + free * chance)
}
