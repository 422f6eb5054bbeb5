import { MlError } from '../ml-error.js'

/** What was seen of one group: how many, their mean, and their variance (of a share p: p (1 - p)). */
export interface GroupSummary {
  readonly count: number
  readonly mean: number
  readonly variance: number
}

/** Where a difference lies with the given confidence at every moment at once: it may be looked at as often as one likes. */
export interface SequentialInterval {
  readonly difference: number
  /** Infinite while a group has fewer than two. */
  readonly low: number
  readonly high: number
  readonly level: number
}

export interface SequentialOptions {
  /** Chance that the interval holds the difference at all moments; 0.95 by default. */
  readonly level?: number
  /** How many of both groups the interval is narrowest for, in relation to a test at one moment; 1000 by default. */
  readonly tunedFor?: number
}

/**
 * The difference of the means of two groups, `second - first`, with an asymptotic confidence sequence (I. Waudby-Smith, D. Arbour, R. Sinha,
 * E. Kennedy, A. Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52(6), 2024,
 * theorem 2.2): unlike the interval of a t test, its level holds although it is looked at after every observation.
 * @throws MlError `invalid_share`
 */
export function sequentialDifference(
  first: GroupSummary,
  second: GroupSummary,
  { level = 0.95, tunedFor = 1000 }: SequentialOptions = {},
): SequentialInterval {
  if (!(level > 0 && level < 1)) {
    throw new MlError('invalid_share', `The level is ${level}: give a number between 0 and 1, such as 0.95`, {
      value: level,
    })
  }
  const difference = second.mean - first.mean
  if (first.count < 2 || second.count < 2) {
    return { difference, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, level }
  }
  const alpha = 1 - level
  const total = first.count + second.count
  // A group without any spread so far has seen no rare value yet, not proved that there is none: one more observation of the other kind.
  const spread = total * (variancePlus(first) / first.count + variancePlus(second) / second.count)
  const rho = Math.sqrt((-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha)) + 1) / tunedFor)
  const scale = total * rho * rho
  const radius = Math.sqrt(spread * ((2 * (scale + 1)) / (total * scale)) * Math.log(Math.sqrt(scale + 1) / alpha))
  return { difference, low: difference - radius, high: difference + radius, level }
}

function variancePlus({ count, mean, variance }: GroupSummary): number {
  if (variance > 0 || mean < 0 || mean > 1) return variance
  const share = (mean * count + 0.5) / (count + 1)
  return share * (1 - share)
}
