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

function slowness(base: KnownVariant, candidate: KnownVariant, most: number): RolloutCheck {
  const [before, now] = [base.p95_ms, candidate.p95_ms]
  const isKnown = Math.min(base.answered, candidate.answered) >= limit('rollouts.durations_min')
  if (!isKnown || before === undefined || now === undefined || before === 0) {
    return { check: 'p95', state: 'unknown', limit: most }
  }
  const value = now / before
  // Of answers within a millisecond, ratios say more of the clock than of the model.
  const isFelt = now - before > 1
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

/** Whether the requests of a step were shared as they should. */
export function sampleRatio(variants: readonly RolloutVariant[], counts: readonly number[]): RolloutCheck {
  const value = sampleRatioPValue(
    counts,
    variants.map(({ share }) => share),
  )
  return {
    check: 'sample_ratio',
    state: value < sampleRatioLimit ? 'violated' : 'holds',
    value,
    limit: sampleRatioLimit,
  }
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
