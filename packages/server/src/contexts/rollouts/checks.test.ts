import { GuardRails } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { guardChecks, outputShift, sampleRatio } from './checks.js'
import { type KnownVariant, placeOf, sharesOf, variantAt } from './model.js'

const rails = GuardRails.parse({})
const known = (change: Partial<KnownVariant> = {}): KnownVariant => ({
  name: 'x',
  answered: 1000,
  refused: 0,
  failed: 0,
  p95_ms: 10,
  rewards: 0,
  rewardVariance: 0,
  outputs: Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? 'a' : 'b')),
  keys: [],
  ...change,
})
const stateOf = (check: string, base: Partial<KnownVariant>, candidate: Partial<KnownVariant>) =>
  guardChecks(known(base), known(candidate), rails).find((one) => one.check === check)?.state

describe('guard-rails', () => {
  test('hold for a candidate like the base', () => {
    const found = guardChecks(known(), known(), rails)
    expect(found.map(({ check, state }) => `${check} ${state}`)).toEqual([
      'error_rate holds',
      'refused_rate holds',
      'p95 holds',
      'drift holds',
      'reward unknown',
    ])
  })

  test('errors: sure ones only, and those of a candidate that does nothing else at once', () => {
    expect(stateOf('error_rate', {}, { answered: 900, failed: 100 })).toBe('violated')
    // One of twenty says little.
    expect(stateOf('error_rate', {}, { answered: 19, failed: 1 })).toBe('holds')
    expect(stateOf('error_rate', { answered: 0 }, { answered: 0, failed: 9 })).toBe('unknown')
    expect(stateOf('error_rate', { answered: 0 }, { answered: 0, failed: 10 })).toBe('violated')
    // What the base does as well is no fault of the candidate.
    expect(stateOf('error_rate', { answered: 500, failed: 500 }, { answered: 500, failed: 500 })).toBe('holds')
  })

  test('a candidate that refuses what the base answers', () => {
    expect(stateOf('refused_rate', {}, { answered: 0, refused: 200 })).toBe('violated')
    expect(stateOf('refused_rate', { refused: 1000 }, { answered: 100, refused: 100 })).toBe('holds')
    expect(stateOf('refused_rate', {}, { answered: 1, refused: 0 })).toBe('unknown')
  })

  test('slowness: of enough answers, and where it is felt', () => {
    expect(stateOf('p95', {}, { p95_ms: 16 })).toBe('violated')
    expect(stateOf('p95', {}, { p95_ms: 14 })).toBe('holds')
    expect(stateOf('p95', {}, { p95_ms: 100, answered: 99 })).toBe('unknown')
    expect(stateOf('p95', { p95_ms: 0.2 }, { p95_ms: 0.6 })).toBe('holds')
    expect(stateOf('p95', { p95_ms: 2 }, { p95_ms: 6.9 })).toBe('holds')
    expect(stateOf('p95', { p95_ms: 2 }, { p95_ms: 7.1 })).toBe('violated')
  })

  test('drift of classes and of numbers', () => {
    expect(stateOf('drift', {}, { outputs: Array.from({ length: 1000 }, () => 'a') })).toBe('violated')
    expect(stateOf('drift', {}, { outputs: ['a'] })).toBe('unknown')
    const numbers = Array.from({ length: 1000 }, (_, index) => index)
    expect(outputShift(numbers, numbers)).toBeCloseTo(0, 12)
    expect(
      outputShift(
        numbers,
        numbers.map((value) => value + 300),
      ),
    ).toBeGreaterThan(0.25)
    // Half against a quarter of one class: (0.25 - 0.5) ln 0.5 + (0.75 - 0.5) ln 1.5.
    const half = [...Array(50).fill('a'), ...Array(50).fill('b')]
    const quarter = [...Array(25).fill('a'), ...Array(75).fill('b')]
    expect(outputShift(half, quarter)).toBeCloseTo(0.25 * Math.log(2) + 0.25 * Math.log(1.5), 12)
  })

  test('rewards that fall, where it is sure', () => {
    const good = { rewards: 2000, reward_mean: 0.5, rewardVariance: 0.25 }
    expect(stateOf('reward', good, { rewards: 2000, reward_mean: 0.3, rewardVariance: 0.21 })).toBe('violated')
    expect(stateOf('reward', good, { rewards: 20, reward_mean: 0.3, rewardVariance: 0.21 })).toBe('holds')
    expect(stateOf('reward', good, { rewards: 2000, reward_mean: 0.7, rewardVariance: 0.21 })).toBe('holds')
  })
})

describe('shares', () => {
  const variants = [
    { name: 'base', version: '1', share: 0.9 },
    { name: 'candidate', version: '2', share: 0.1 },
  ]

  test('keys are spread by their shares, each stays, and a growing candidate keeps its own', () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `user-${index}`)
    const nameOf = (key: string, candidate: number) => {
      const [base, other] = variants
      if (base === undefined || other === undefined) return undefined
      const shared = [
        { ...base, share: 1 - candidate },
        { ...other, share: candidate },
      ]
      return variantAt(shared, placeOf('roll_1', key))?.name
    }
    const small = keys.filter((key) => nameOf(key, 0.1) === 'candidate')
    const large = new Set(keys.filter((key) => nameOf(key, 0.5) === 'candidate'))
    expect(small.length).toBeGreaterThan(900)
    expect(small.length).toBeLessThan(1100)
    expect(large.size).toBeGreaterThan(4800)
    expect(small.every((key) => large.has(key))).toBe(true)
    const counted = (base: number, candidate: number, change: Partial<KnownVariant> = {}) =>
      sampleRatio(variants, [known({ answered: base, ...change }), known({ answered: candidate, ...change })]).state
    expect(counted(keys.length - small.length, small.length)).toBe('holds')
    expect(counted(5000, 5000)).toBe('violated')
    // A hundred users with a hundred requests each say no more of the assignment than a hundred requests.
    const users = Array.from({ length: 1000 }, (_, index) => `user-${index % 50}`)
    expect(counted(8700, 1300)).toBe('violated')
    expect(counted(8700, 1300, { keys: users })).toBe('holds')
  })

  test('a variant with all requests is not assigned by chance', () => {
    const all = [
      { name: 'base', version: '1', share: 0 },
      { name: 'candidate', version: '2', share: 1 },
    ]
    expect(sampleRatio(all, [known({ answered: 3 }), known()]).state).toBe('holds')
  })

  test('other roll-outs spread keys otherwise', () => {
    const both = Array.from({ length: 1000 }, (_, index) => `k${index}`).filter(
      (key) => placeOf('roll_1', key) < 0.5 === placeOf('roll_2', key) < 0.5,
    )
    expect(both.length).toBeGreaterThan(400)
    expect(both.length).toBeLessThan(600)
  })

  test('a bandit leaves each variant its least', () => {
    const shares = sharesOf([0.999, 0.001, 0], 0.05)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(Math.min(...shares)).toBe(0.05)
    expect(sharesOf([1, 0], 0.5)).toEqual([0.5, 0.5])
  })
})
