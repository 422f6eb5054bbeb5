import { betaLower } from './distributions.js'

/** Rewards of one arm: how many were told, and their sum, each from 0 to 1. */
export interface ArmRewards {
  readonly count: number
  readonly sum: number
}

/**
 * The chance of each arm to have the highest mean reward: what Thompson sampling gives each arm on average (W. Thompson, Biometrika 25, 1933). The mean of
 * an arm follows Beta(1 + sum, 1 + count - sum), which holds exactly for rewards of 0 and 1. Integrated over a grid; within 0.001.
 */
export function chancesOfBest(arms: readonly ArmRewards[]): number[] {
  if (arms.length <= 1) return arms.map(() => 1)
  const posteriors = arms.map(({ count, sum }) => ({ a: 1 + sum, b: 1 + Math.max(0, count - sum) }))
  const spans = posteriors.map(({ a, b }) => {
    const mean = a / (a + b)
    const width = 9 * Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1)))
    return { low: Math.max(0, mean - width), high: Math.min(1, mean + width) }
  })
  // Each arm is integrated where it is: arms far apart would leave a common grid too coarse.
  const chances = posteriors.map(({ a, b }, arm) => {
    const { low = 0, high = 1 } = spans[arm] ?? {}
    let chance = 0
    let below = betaLower(low, a, b)
    for (let step = 1; step <= steps; step += 1) {
      const end = low + ((high - low) * step) / steps
      const middle = end - (high - low) / steps / 2
      const upTo = betaLower(end, a, b)
      let others = 1
      for (const [other, posterior] of posteriors.entries()) {
        if (other !== arm) others *= betaLower(middle, posterior.a, posterior.b)
      }
      chance += (upTo - below) * others
      below = upTo
    }
    return chance
  })
  const whole = chances.reduce((sum, chance) => sum + chance, 0)
  return chances.map((chance) => chance / whole)
}

const steps = 400
