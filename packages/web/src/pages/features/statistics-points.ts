import type { FeatureDistribution, FeatureStatistics } from '@fabrique/contract'
import type { Spread } from '../datasets/distribution.js'

/** A curve over time: seconds since 1970, ascending, and values; null is a gap. */
export interface Points {
  readonly xs: readonly number[]
  readonly ys: readonly (number | null)[]
}

/** A figure of each of the statistics, which come newest first. Of equal moments the later recorded counts. */
export function pointsOf(
  statistics: readonly FeatureStatistics[],
  read: (one: FeatureStatistics) => number | undefined,
): Points {
  const byMoment = new Map<number, number | null>()
  for (const one of [...statistics].reverse()) {
    byMoment.set(Date.parse(one.until) / 1000, read(one) ?? null)
  }
  const points = [...byMoment].sort(([first], [second]) => first - second)
  return { xs: points.map(([x]) => x), ys: points.map(([, y]) => y) }
}

export function featureOf(statistics: FeatureStatistics | undefined, name: string): FeatureDistribution | undefined {
  return statistics?.features.find((feature) => feature.name === name)
}

/** A share of the keys looked at; none of nothing. */
export function shareOf(count: number, { looked_at }: FeatureStatistics): number {
  return looked_at === 0 ? 0 : count / looked_at
}

/** The distribution of a feature, as it is drawn of columns. */
export function spreadOf({ name, nulls, histogram, top }: FeatureDistribution, looked_at: number): Spread {
  return {
    name,
    count: looked_at - nulls,
    ...(histogram === undefined ? {} : { histogram }),
    ...(top === undefined ? {} : { top }),
  }
}
