import { binomialCdf, logGamma } from '../statistics/distributions.js'

/**
 * The chance that at least so many of the new values lie beyond the extremes of earlier ones when both come from one distribution,
 * whatever it is: all orders are then equally likely, so the gap around both ends holds as many new values as lie before the second
 * earlier one (exact; with ties the true chance is smaller).
 * @param beyond new values below the least or above the greatest earlier one
 */
export function chanceBeyondRange(beyond: number, earlierCount: number, newCount: number): number {
  if (beyond <= 0) return 1
  if (beyond > newCount) return 0
  const all = earlierCount + newCount
  const drawn = beyond + 1
  // Of the first `beyond + 1` values of all, none or one is an earlier one.
  const none = drawn > newCount ? 0 : Math.exp(logFalling(newCount, drawn) - logFalling(all, drawn))
  const one = Math.exp(Math.log(drawn) + Math.log(earlierCount) + logFalling(newCount, beyond) - logFalling(all, drawn))
  return Math.min(1, none + one)
}

/** Of count * (count - 1) * ..., so many factors. */
function logFalling(count: number, factors: number): number {
  return logGamma(count + 1) - logGamma(count - factors + 1)
}

/** Values of earlier rows, by how often they came. */
export interface EarlierValues {
  readonly rows: number
  /** Values that one row has, and that two have. */
  readonly singles: number
  readonly doubles: number
}

/** How far above its estimate the share of the unseen may lie: 1 in 2000 for a normal error. */
const unseenReach = 3.3

/**
 * The chance of at least so many rows with values never seen. Their share is what Good (1953) and Turing estimate, the values that one
 * earlier row has, and as much more as its error allows (Esty 1983): a column of rare values must not alarm because few of them came twice.
 * @param rows new rows with a value that no earlier row has
 */
export function chanceOfUnseen(rows: number, earlier: EarlierValues, of: number): number {
  if (rows <= 0) return 1
  const { singles, doubles } = earlier
  const most = singles + 1 + unseenReach * Math.sqrt(singles + 2 * doubles)
  return 1 - binomialCdf(rows - 1, of, Math.min(most / (earlier.rows + 1), 1))
}

/**
 * The chance of at least so many hits among new rows when hits fall on new and earlier rows alike (Fisher's exact test, one-sided). 1
 * where their share has not grown.
 */
export function chanceOfGrowth(
  now: { readonly hits: number; readonly rows: number },
  earlier: { readonly hits: number; readonly rows: number },
): number {
  if (now.rows === 0 || earlier.rows === 0 || now.hits * earlier.rows <= earlier.hits * now.rows) return 1
  const hits = now.hits + earlier.hits
  const rows = now.rows + earlier.rows
  let term = Math.exp(logChoices(now.rows, now.hits) + logChoices(earlier.rows, earlier.hits) - logChoices(rows, hits))
  let chance = 0
  for (let own = now.hits; term > chance * 1e-12; own++) {
    chance += term
    const others = hits - own
    term *= ((now.rows - own) * others) / ((own + 1) * (earlier.rows - others + 1))
  }
  return Math.min(1, chance)
}

function logChoices(of: number, taken: number): number {
  return logGamma(of + 1) - logGamma(taken + 1) - logGamma(of - taken + 1)
}
