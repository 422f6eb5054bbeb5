import { float64At, itemAt } from '../data/element.js'
import type { Random } from '../random/create-random.js'

/**
 * A density over 0..1 made of one normal curve per earlier value, cut off at the ends, and a wide one in the middle as the prior.
 * Source: Bergstra et al., Algorithms for Hyper-Parameter Optimization, NIPS 2011; widths and weights as Optuna has them.
 */
export interface Parzen {
  draw(random: Random): number
  /** Natural logarithm of the density. */
  logDensity(unit: number): number
}

/** Values that all count fully; older ones count less. */
const fullWeights = 25

/** @param values between 0 and 1, oldest first */
export function parzen(values: readonly number[]): Parzen {
  const order = [...values.keys()].sort((a, b) => itemAt(values, a) - itemAt(values, b))
  const ageWeights = weightsByAge(values.length)
  const sorted = order.map((index) => itemAt(values, index))
  const centres = Float64Array.of(...sorted, 0.5)
  const widths = Float64Array.of(...sorted.map((_, index) => widthOf(sorted, index)), 1)
  const raw = [...order.map((index) => itemAt(ageWeights, index)), 1]
  const total = raw.reduce((before, weight) => before + weight, 0)
  const weights = raw.map((weight) => weight / total)
  const masses = widths.map((width, index) => massWithin(float64At(centres, index), width))

  return {
    draw(random) {
      let left = random.float()
      let component = 0
      while (component < weights.length - 1 && left >= itemAt(weights, component)) left -= itemAt(weights, component++)
      const [centre, width] = [float64At(centres, component), float64At(widths, component)]
      // Rejection: at least about half of a normal curve whose centre lies within 0..1 does too, unless it is much wider.
      for (let attempt = 0; attempt < 100; attempt++) {
        const value = centre + width * normal(random)
        if (value >= 0 && value <= 1) return value
      }
      return random.float()
    },
    logDensity(unit) {
      let density = 0
      for (let index = 0; index < weights.length; index++) {
        const width = float64At(widths, index)
        const distance = (unit - float64At(centres, index)) / width
        density +=
          (itemAt(weights, index) * Math.exp(-0.5 * distance * distance)) /
          (width * Math.sqrt(2 * Math.PI) * float64At(masses, index))
      }
      return Math.log(density)
    },
  }
}

/** Shares of choices: how often each was taken, by age, and one for all as the prior. */
export function choiceShares(codes: readonly number[], choiceCount: number): Float64Array {
  const shares = new Float64Array(choiceCount).fill(1 / choiceCount)
  const ageWeights = weightsByAge(codes.length)
  for (const [index, code] of codes.entries()) shares[code] = float64At(shares, code) + itemAt(ageWeights, index)
  const total = shares.reduce((before, share) => before + share, 0)
  return shares.map((share) => share / total)
}

/** The newest count 1; beyond, from 1/n of the oldest up to 1. */
function weightsByAge(count: number): number[] {
  const ramp = count - fullWeights
  return Array.from({ length: count }, (_, index) => {
    if (index >= ramp) return 1
    return ramp === 1 ? 1 / count : 1 / count + (index / (ramp - 1)) * (1 - 1 / count)
  })
}

/** The greater distance to a neighbour or end, within bounds that depend on how many values there are. */
function widthOf(sorted: readonly number[], index: number): number {
  const left = itemAt(sorted, index) - (index === 0 ? 0 : itemAt(sorted, index - 1))
  const right = (index === sorted.length - 1 ? 1 : itemAt(sorted, index + 1)) - itemAt(sorted, index)
  return Math.min(1, Math.max(left, right, 1 / Math.min(100, sorted.length + 2)))
}

/** Share of a normal curve that lies within 0..1. */
function massWithin(centre: number, width: number): number {
  return normalShare((1 - centre) / width) - normalShare(-centre / width)
}

/** Normal distribution function by the error function of Abramowitz and Stegun 7.1.26, within 1.5e-7: enough to rank candidates. */
function normalShare(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const polynomial = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  const erf = 1 - polynomial * Math.exp(-x * x)
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2
}

/** A standard normal number (Box and Muller 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}
