import type { GuardRails, Json, RolloutCheck, RolloutVariant } from '@fabrique/contract'
import { sampleRatioPValue, sequentialDifference } from '@fabrique/ml/experiments'
import { limit } from '../../kernel/index.js'
import type { KnownVariant } from './model.js'

/** Below this chance, counts do not follow their shares: something is wrong with the assignment, and no figure can be trusted. */
export const sampleRatioLimit = 0.001

const answersOf = ({ answered, failed }: KnownVariant) => answered + failed

function failures(one: KnownVariant) {
  const count = answersOf(one)
  const mean = count === 0 ? 0 : one.failed / count
  return { count, mean, variance: mean * (1 - mean) }
}

const rewards = ({ rewards: count, reward_mean = 0, rewardVariance }: KnownVariant) => ({
  count,
  mean: reward_mean,
  variance: rewardVariance,
})

/** The guard-rails of a candidate against the version that is there. */
export function guardChecks(base: KnownVariant, candidate: KnownVariant, rails: GuardRails): readonly RolloutCheck[] {
  return [
    errorRate(base, candidate, rails.error_rate_increase_max),
    refusedRate(base, candidate, rails.refused_rate_increase_max),
    slowness(base, candidate, rails.p95_ratio_max),
    ...(rails.drift_max === null ? [] : [drift(base, candidate, rails.drift_max)]),
    reward(base, candidate, rails.reward_decrease_max),
  ]
}

function errorRate(base: KnownVariant, candidate: KnownVariant, most: number): RolloutCheck {
  const interval = sequentialDifference(failures(base), failures(candidate))
  const isKnown = Number.isFinite(interval.low)
  const found = { check: 'error_rate', value: interval.difference, limit: most } as const
  if (!isKnown) {
    // Nothing to compare with: a candidate that fails whatever it is asked is not waited for.
    const isBroken = candidate.failed >= limit('rollouts.failures_enough') && candidate.failed > candidate.answered
    return { ...found, state: isBroken ? 'violated' : 'unknown' }
  }
  const state = interval.low > most ? 'violated' : 'holds'
  return { ...found, state, low: interval.low, high: interval.high }
}

function refusals(one: KnownVariant) {
  const count = answersOf(one) + one.refused
  const mean = count === 0 ? 0 : one.refused / count
  return { count, mean, variance: mean * (1 - mean) }
}

/** A candidate that takes other inputs refuses what the base answers. */
function refusedRate(base: KnownVariant, candidate: KnownVariant, most: number): RolloutCheck {
  const { difference, low, high } = sequentialDifference(refusals(base), refusals(candidate))
  if (!Number.isFinite(low)) return { check: 'refused_rate', state: 'unknown', limit: most }
  return { check: 'refused_rate', state: low > most ? 'violated' : 'holds', value: difference, low, high, limit: most }
}

/** Of quick answers, ratios say more of what else the machine did than of the model: nobody feels a difference of so many milliseconds. */
const feltMs = 5

function slowness(base: KnownVariant, candidate: KnownVariant, most: number): RolloutCheck {
  const [before, now] = [base.p95_ms, candidate.p95_ms]
  const isKnown = Math.min(base.answered, candidate.answered) >= limit('rollouts.durations_min')
  if (!isKnown || before === undefined || now === undefined || before === 0) {
    return { check: 'p95', state: 'unknown', limit: most }
  }
  const value = now / before
  const isFelt = now - before > feltMs
  return { check: 'p95', state: value > most && isFelt ? 'violated' : 'holds', value, limit: most }
}

function drift(base: KnownVariant, candidate: KnownVariant, most: number): RolloutCheck {
  const enough = limit('rollouts.outputs_min')
  if (base.outputs.length < enough || candidate.outputs.length < enough) {
    return { check: 'drift', state: 'unknown', limit: most }
  }
  const value = outputShift(base.outputs, candidate.outputs)
  return { check: 'drift', state: value > most ? 'violated' : 'holds', value, limit: most }
}

function reward(base: KnownVariant, candidate: KnownVariant, most: number): RolloutCheck {
  if (base.rewards < 2 || candidate.rewards < 2) return { check: 'reward', state: 'unknown', limit: most }
  const { difference, low, high } = sequentialDifference(rewards(base), rewards(candidate))
  return { check: 'reward', state: high < -most ? 'violated' : 'holds', value: difference, low, high, limit: most }
}

/**
 * Whether the requests of a step were shared as they should. Requests about the same key meet the same variant: they count by the number
 * of keys that they are worth (the design effect of clusters, L. Kish, "Survey Sampling", 1965), as far as the log knows their keys.
 */
export function sampleRatio(variants: readonly RolloutVariant[], figures: readonly KnownVariant[]): RolloutCheck {
  const shared = variants.flatMap((variant, place) => {
    const one = figures[place]
    // A variant with all or nothing is not assigned by chance.
    return one === undefined || variant.share <= 0 || variant.share >= 1 ? [] : [{ share: variant.share, one }]
  })
  if (shared.length < 2) return { check: 'sample_ratio', state: 'holds', limit: sampleRatioLimit }
  const counts = shared.map(({ one }) => answersOf(one) + one.refused)
  const effect = designEffect(
    shared.map(({ one }) => one),
    counts.reduce((sum, count) => sum + count, 0),
  )
  const value = sampleRatioPValue(
    counts.map((count) => count / effect),
    shared.map(({ share }) => share),
  )
  return {
    check: 'sample_ratio',
    state: value < sampleRatioLimit ? 'violated' : 'holds',
    value,
    limit: sampleRatioLimit,
  }
}

/** How many requests count as one, since they are about the same key; from the newest of the log, for all. */
function designEffect(figures: readonly KnownVariant[], total: number): number {
  const known = figures.flatMap(({ keys }) => keys)
  if (known.length === 0) return 1
  const byKey = new Map<string, number>()
  for (const key of known) if (key !== undefined) byKey.set(key, (byKey.get(key) ?? 0) + 1)
  const alone = known.filter((key) => key === undefined).length
  const squares = [...byKey.values()].reduce((sum, count) => sum + count * count, alone)
  const inSample = squares / known.length
  return 1 + (inSample - 1) * Math.max(1, total / known.length)
}

/**
 * Population stability index of predictions: of classes by class, of numbers by the tenths of the first. Empty cells count as half an observation, so that
 * one missing class does not make it infinite.
 */
export function outputShift(first: readonly Json[], second: readonly Json[]): number {
  const numbers = first.filter((value) => typeof value === 'number')
  const cellOf = numbers.length === first.length ? tenthsOf(numbers) : (value: Json) => JSON.stringify(value)
  const cells = new Map<string, [number, number]>()
  for (const [place, values] of [first, second].entries()) {
    for (const value of values) {
      const cell = cellOf(value)
      const counts = cells.get(cell) ?? [0, 0]
      counts[place === 0 ? 0 : 1] += 1
      cells.set(cell, counts)
    }
  }
  let sum = 0
  for (const [left, right] of cells.values()) {
    const expected = Math.max(left, 0.5) / first.length
    const found = Math.max(right, 0.5) / second.length
    sum += (found - expected) * Math.log(found / expected)
  }
  return sum
}

function tenthsOf(numbers: readonly number[]): (value: Json) => string {
  const sorted = [...numbers].sort((left, right) => left - right)
  const edges = Array.from({ length: 9 }, (_, index) => sorted[Math.floor(((index + 1) / 10) * sorted.length)] ?? 0)
  return (value) => {
    if (typeof value !== 'number') return JSON.stringify(value)
    return String(edges.filter((edge) => value >= edge).length)
  }
}
