import { describe, expect, test } from 'vitest'
import { bucketOf, percentileOf } from './latency-buckets.js'

const counted = (durations: readonly number[]) => {
  const counts = new Map<number, number>()
  for (const ms of durations) counts.set(bucketOf(ms), (counts.get(bucketOf(ms)) ?? 0) + 1)
  return counts
}

describe('percentiles of counted durations', () => {
  test('are within 5 % of the true ones from a tenth of a millisecond to a minute', () => {
    for (let ms = 0.1; ms < 60_000; ms *= 1.013) {
      const found = percentileOf(counted([ms]), 0.5) ?? 0
      expect(Math.abs(found / ms - 1)).toBeLessThan(0.05)
    }
  })

  test('split a spread at its share', () => {
    const durations = Array.from({ length: 1000 }, (_, index) => index + 1)
    const counts = counted(durations)
    for (const share of [0.5, 0.95, 0.99]) {
      const found = percentileOf(counts, share) ?? 0
      expect(Math.abs(found / (1000 * share) - 1)).toBeLessThan(0.06)
    }
  })

  test('are none where nothing was counted, and take what no clock gives', () => {
    expect(percentileOf(new Map(), 0.5)).toBeUndefined()
    expect([bucketOf(Number.NaN), bucketOf(-1), bucketOf(0)]).toEqual([0, 0, 0])
    expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(bucketOf(1e9))
  })
})
