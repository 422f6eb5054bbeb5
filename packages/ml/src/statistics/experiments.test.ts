import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { chancesOfBest } from './best-arm.js'
import { sampleRatioPValue } from './sample-ratio.js'
import { sequentialDifference } from './sequential-test.js'

const share = (hits: number, count: number) => {
  const mean = count === 0 ? 0 : hits / count
  return { count, mean, variance: mean * (1 - mean) }
}

describe('an interval that may be looked at any time', () => {
  /** Looks after every tenth observation; tells how many of the trials were ever decided against the truth. */
  const falseAlarms = (width: (sd: number, count: number) => number | undefined) => {
    const random = createRandom(7)
    const trials = 300
    let alarms = 0
    for (let trial = 0; trial < trials; trial += 1) {
      let [first, second] = [0, 0]
      for (let count = 1; count <= 2000; count += 1) {
        first += random.float() < 0.2 ? 1 : 0
        second += random.float() < 0.2 ? 1 : 0
        if (count % 10 !== 0 || count < 50) continue
        const [left, right] = [share(first, count), share(second, count)]
        const radius = width(Math.sqrt((left.variance + right.variance) / count), count)
        const interval = sequentialDifference(left, right)
        const isOut =
          radius === undefined ? interval.low > 0 || interval.high < 0 : Math.abs(interval.difference) > radius
        if (!isOut) continue
        alarms += 1
        break
      }
    }
    return alarms / trials
  }

  test('keeps its level, where a test at one moment does not', () => {
    expect(falseAlarms(() => undefined)).toBeLessThan(0.05)
    expect(falseAlarms((sd) => 1.96 * sd)).toBeGreaterThan(0.2)
  })

  test('finds a difference, and is about twice as wide as one of a single moment', () => {
    const interval = sequentialDifference(share(100, 1000), share(200, 1000))
    expect(interval.difference).toBeCloseTo(0.1, 12)
    expect(interval.low).toBeGreaterThan(0)
    const single = 1.96 * Math.sqrt((0.09 + 0.16) / 1000)
    expect((interval.high - interval.low) / 2 / single).toBeGreaterThan(1.2)
    expect((interval.high - interval.low) / 2 / single).toBeLessThan(2)
  })

  test('does not take what was not seen yet for impossible', () => {
    const interval = sequentialDifference(share(0, 10), share(2, 10))
    expect(interval.low).toBeLessThan(0)
    expect(sequentialDifference(share(0, 1), share(1, 1))).toMatchObject({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    })
  })

  test('a level that is none is refused', () => {
    expect(() => sequentialDifference(share(1, 2), share(1, 2), { level: 1 })).toThrow(/between 0 and 1/)
  })
})

describe('the ratio of samples', () => {
  test('holds where counts follow their shares, and does not where they do not', () => {
    expect(sampleRatioPValue([500, 500], [1, 1])).toBe(1)
    // (520 - 500)^2 / 500 * 2 = 1.6 with one degree of freedom.
    expect(sampleRatioPValue([520, 480], [0.5, 0.5])).toBeCloseTo(0.2059032107, 8)
    expect(sampleRatioPValue([600, 400], [50, 50])).toBeLessThan(1e-9)
    expect(sampleRatioPValue([90, 10], [9, 1])).toBe(1)
    expect(sampleRatioPValue([90, 10, 5], [9, 1, 0])).toBe(0)
    expect(sampleRatioPValue([0, 0], [1, 1])).toBe(1)
    expect(() => sampleRatioPValue([1], [1, 1])).toThrow()
    expect(() => sampleRatioPValue([1, 1], [0, 0])).toThrow()
  })
})

describe('the chance to be the best', () => {
  test('is equal for arms of which nothing is known, and one for an only arm', () => {
    for (const chance of chancesOfBest([0, 0, 0].map(() => ({ count: 0, sum: 0 }))))
      expect(chance).toBeCloseTo(1 / 3, 3)
    expect(chancesOfBest([{ count: 5, sum: 1 }])).toEqual([1])
    expect(chancesOfBest([])).toEqual([])
  })

  test('is what draws from the posteriors give', () => {
    // With Beta(1 + s, 1 + n - s) of whole numbers, P(first > second) has a closed sum (E. Miller, 2015).
    const exact = (a1: number, b1: number, a2: number, b2: number) => {
      const logBeta = (a: number, b: number) => {
        let value = 0
        for (let step = 1; step < b; step += 1) value += Math.log(step) - Math.log(a + step)
        return value - Math.log(a)
      }
      let sum = 0
      for (let i = 0; i < a2; i += 1) {
        sum += Math.exp(logBeta(a1 + i, b1 + b2) - Math.log(b2 + i) - logBeta(1 + i, b2) - logBeta(a1, b1))
      }
      return sum
    }
    for (const [one, two] of [
      [
        { count: 10, sum: 3 },
        { count: 12, sum: 6 },
      ],
      [
        { count: 1000, sum: 110 },
        { count: 900, sum: 120 },
      ],
      [
        { count: 2, sum: 2 },
        { count: 5000, sum: 2500 },
      ],
    ] as const) {
      const [first = 0, second = 0] = chancesOfBest([one, two])
      expect(first + second).toBeCloseTo(1, 12)
      expect(second).toBeCloseTo(exact(1 + one.sum, 1 + one.count - one.sum, 1 + two.sum, 1 + two.count - two.sum), 3)
    }
  })

  test('goes to the arm that is clearly better', () => {
    const [worse = 1, better = 0] = chancesOfBest([
      { count: 1e6, sum: 1e5 },
      { count: 1e6, sum: 1.1e5 },
    ])
    expect([worse < 1e-6, better > 1 - 1e-6]).toEqual([true, true])
  })
})
