import { MlError } from '../ml-error.js'
import { gammaUpper } from './distributions.js'

/**
 * Whether counts follow the shares that they were assigned by: Pearson's chi-square test. Chance of counts at least as far off when the assignment
 * is right; below 0.001 something is wrong with it (R. Kohavi, D. Tang, Y. Xu, "Trustworthy Online Controlled Experiments", chapter 21).
 * @throws MlError `length_mismatch`, `invalid_share`
 */
export function sampleRatioPValue(counts: readonly number[], shares: readonly number[]): number {
  if (counts.length !== shares.length) {
    throw new MlError('length_mismatch', `There are ${counts.length} counts and ${shares.length} shares`, {
      value: counts.length,
    })
  }
  const total = counts.reduce((sum, count) => sum + count, 0)
  const whole = shares.reduce((sum, share) => sum + share, 0)
  if (!(whole > 0) || shares.some((share) => !(share >= 0))) {
    throw new MlError('invalid_share', `The shares are ${shares.join(', ')}: give numbers from 0, one of them above`, {
      value: whole,
    })
  }
  let statistic = 0
  let degrees = -1
  for (const [index, share] of shares.entries()) {
    const expected = (total * share) / whole
    const found = counts[index] ?? 0
    if (expected === 0) {
      if (found > 0) return 0
      continue
    }
    degrees += 1
    statistic += (found - expected) ** 2 / expected
  }
  return degrees < 1 || total === 0 ? 1 : gammaUpper(degrees / 2, statistic / 2)
}
