import { itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** How old the rows are. Times are milliseconds since 1970-01-01 UTC. */
export interface Freshness {
  /** `no_times` where every time is missing: that is not fresh and not stale. */
  readonly state: 'fresh' | 'stale' | 'no_times'
  readonly earliestMs: number | null
  readonly latestMs: number | null
  /** Now less the latest time that is not in the future; null without one. */
  readonly ageMs: number | null
  /** Rows whose time lies further ahead than `skewMs`: a clock is wrong, or a time zone. They do not make the rest fresh. */
  readonly futureCount: number
}

/**
 * The age of rows by their time column.
 * @param times NaN where missing
 * @param options `ageMaxMs` above which rows are stale; `skewMs` that clocks may be ahead, 60 s by default
 */
export function measureFreshness(
  times: Float64Array,
  { nowMs, ageMaxMs, skewMs = 60_000 }: { readonly nowMs: number; readonly ageMaxMs: number; readonly skewMs?: number },
): Freshness {
  let [earliest, latest, futureCount] = [Infinity, -Infinity, 0]
  for (let row = 0; row < times.length; row++) {
    const time = itemAt(times, row)
    if (!Number.isFinite(time)) continue
    if (time > nowMs + skewMs) {
      futureCount++
      continue
    }
    if (time < earliest) earliest = time
    if (time > latest) latest = time
  }
  if (latest === -Infinity) return { state: 'no_times', earliestMs: null, latestMs: null, ageMs: null, futureCount }
  const ageMs = Math.max(0, nowMs - latest)
  return { state: ageMs > ageMaxMs ? 'stale' : 'fresh', earliestMs: earliest, latestMs: latest, ageMs, futureCount }
}

/** Whether so many rows came as usually come. */
export interface Volume {
  readonly state: 'usual' | 'fewer' | 'more' | 'not_enough_data'
  readonly rowCount: number
  /** Between which counts are usual; null where too little is known. */
  readonly low: number | null
  readonly high: number | null
}

/** Earlier windows that are needed to tell what is usual. */
export const volumeWindowsMin = 3

/**
 * Compares a number of rows with those of earlier windows of the same length: their mean and three standard deviations, and never
 * narrower than `toleranceShare` (0.1) of the mean, so that windows of one size do not alarm over a single row.
 * @throws MlError `negative_value` of an earlier count below 0
 */
export function measureVolume(
  rowCount: number,
  earlier: readonly number[],
  { toleranceShare = 0.1 }: { readonly toleranceShare?: number } = {},
): Volume {
  const negative = earlier.find((count) => !(count >= 0))
  if (negative !== undefined) {
    throw new MlError('negative_value', `An earlier window has ${negative} rows: counts are at least 0`, {
      value: negative,
    })
  }
  if (earlier.length < volumeWindowsMin) return { state: 'not_enough_data', rowCount, low: null, high: null }
  const mean = earlier.reduce((sum, count) => sum + count, 0) / earlier.length
  const squares = earlier.reduce((sum, count) => sum + (count - mean) ** 2, 0)
  const reach = Math.max(3 * Math.sqrt(squares / (earlier.length - 1)), toleranceShare * mean)
  const [low, high] = [Math.max(0, mean - reach), mean + reach]
  return { state: rowCount < low ? 'fewer' : rowCount > high ? 'more' : 'usual', rowCount, low, high }
}
