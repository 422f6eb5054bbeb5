import { describe, expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { halvingBracket, hyperbandBrackets } from './halving.js'
import { parzen } from './parzen.js'
import { medianPruner } from './pruners.js'
import { runSearch, type SearchOptions } from './run-search.js'
import { defaultSpace, gridOf, type SearchSpace, toUnit } from './search-space.js'
import type { Trial } from './trial.js'

const space: SearchSpace = {
  rate: { kind: 'number', low: 0.001, high: 1, isLog: true },
  leaves: { kind: 'number', low: 2, high: 64, isInteger: true },
  kind: { kind: 'choice', values: ['a', 'b', 'c'] },
}

/** Least, 0, at rate 0.1, 20 leaves and kind b. */
function loss(parameters: Readonly<Record<string, unknown>>): number {
  const { rate, leaves, kind } = parameters as { rate: number; leaves: number; kind: string }
  return Math.abs(Math.log10(rate) + 1) + Math.abs(leaves - 20) / 20 + (kind === 'b' ? 0 : 0.5)
}

const search = (given: Partial<SearchOptions>) =>
  runSearch({
    space,
    method: 'random',
    direction: 'minimise',
    trials: 30,
    seed: 1,
    evaluate: async ({ parameters }) => loss(parameters),
    ...given,
  })

describe('spaces', () => {
  test('a grid has every combination, the last name fastest', () => {
    const grid = gridOf({ b: { kind: 'choice', values: [1, 2] }, a: { kind: 'choice', values: ['x', null] } })
    expect(grid).toEqual([
      { a: 'x', b: 1 },
      { a: 'x', b: 2 },
      { a: null, b: 1 },
      { a: null, b: 2 },
    ])
    const rates = gridOf({ rate: { kind: 'number', low: 0.01, high: 100, isLog: true } }).map(({ rate }) => rate)
    expect(rates).toEqual([0.01, 0.1, 1, 10, 100].map((rate) => expect.closeTo(rate, 10)))
  })

  test.each([
    { name: 'no parameter', space: {} },
    { name: 'no values', space: { a: { kind: 'choice', values: [] } } },
    { name: 'turned bounds', space: { a: { kind: 'number', low: 2, high: 1 } } },
    { name: 'the logarithm of 0', space: { a: { kind: 'number', low: 0, high: 1, isLog: true } } },
    { name: 'broken whole bounds', space: { a: { kind: 'number', low: 0.5, high: 3, isInteger: true } } },
  ] satisfies { name: string; space: SearchSpace }[])('$name is refused', async ({ space: refused }) => {
    await expect(search({ space: refused })).rejects.toMatchObject({ code: 'invalid_space' })
  })

  test('the parameters of an estimator propose a space', () => {
    const spec = { name: 'c', sklearnName: 'C', nullable: false, choices: [], min: 0, max: null, default: 1 }
    const described = { ...spec, description: { en: '', fr: '' } }
    expect(
      defaultSpace([
        { ...described, type: 'number', search: { low: 0.01, high: 100, isLog: true } },
        { ...described, sklearnName: 'fit_intercept', type: 'boolean' },
      ]),
    ).toEqual({ C: { kind: 'number', low: 0.01, high: 100, isLog: true, isInteger: false } })
  })
})

describe('random', () => {
  test('values lie in their ranges, whole ones are equally likely', async () => {
    const { trials } = await search({
      trials: 3000,
      space: { n: { kind: 'number', low: 1, high: 3, isInteger: true } },
      evaluate: async () => 0,
    })
    const counts = [1, 2, 3].map((value) => trials.filter(({ parameters }) => parameters.n === value).length)
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })

  test('the seed decides; a search that goes on gives what one without a break gives', async () => {
    const whole = await search({})
    expect(await search({})).toEqual(whole)
    const evaluated: number[] = []
    const rest = await search({
      earlier: whole.trials.slice(0, 12),
      evaluate: async ({ number, parameters }) => {
        evaluated.push(number)
        return loss(parameters)
      },
    })
    expect(rest).toEqual(whole)
    expect(evaluated[0]).toBe(12)
  })
})

describe('tpe', () => {
  test('finds better points than chance in as many trials', async () => {
    const seeds = Array.from({ length: 15 }, (_, seed) => seed)
    const bestOf = async (method: 'tpe' | 'random') => {
      const found = await Promise.all(
        seeds.map(async (seed) => (await search({ method, seed, trials: 60 })).best.value ?? 9),
      )
      return found.sort((a, b) => a - b)[7] ?? 9
    }
    expect(await bestOf('tpe')).toBeLessThan(0.6 * (await bestOf('random')))
  })

  test('several at once find good points too', async () => {
    const { best, trials } = await search({ method: 'tpe', trials: 60, parallel: 4 })
    expect(trials.map(({ number }) => number).sort((a, b) => a - b)).toEqual([...trials.keys()])
    expect(best.value).toBeLessThan(0.4)
  })

  test('a density adds up to one and is high where values are', () => {
    const density = parzen([0.2, 0.22, 0.25, 0.21])
    const steps = 2000
    const mass = Array.from({ length: steps }, (_, step) => Math.exp(density.logDensity((step + 0.5) / steps)) / steps)
    expect(mass.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 4)
    expect(density.logDensity(0.22)).toBeGreaterThan(density.logDensity(0.8) + 1)
    const random = createRandom(3)
    const drawn = Array.from({ length: 500 }, () => density.draw(random))
    expect(drawn.every((value) => value >= 0 && value <= 1)).toBe(true)
    expect(drawn.filter((value) => value < 0.4).length).toBeGreaterThan(300)
  })

  test('a unit and its value are inverse', () => {
    expect(toUnit({ kind: 'number', low: 0.01, high: 1, isLog: true }, 0.1)).toBeCloseTo(0.5, 12)
    expect(toUnit({ kind: 'number', low: 3, high: 3 }, 3)).toBe(0.5)
  })
})

describe('halving', () => {
  test('brackets', () => {
    expect(halvingBracket({ trials: 27 })).toEqual([
      { resource: expect.closeTo(1 / 27, 12), trialCount: 27 },
      { resource: expect.closeTo(1 / 9, 12), trialCount: 9 },
      { resource: expect.closeTo(1 / 3, 12), trialCount: 3 },
      { resource: 1, trialCount: 1 },
    ])
    expect(halvingBracket({ trials: 2 })).toEqual([{ resource: 1, trialCount: 2 }])
    // The table of Li et al. 2018 for R = 27 and a factor of 3.
    expect(hyperbandBrackets().map((bracket) => bracket.map(({ trialCount }) => trialCount))).toEqual([
      [27, 9, 3, 1],
      [12, 4, 1],
      [6, 2],
      [4],
    ])
  })

  test.each(['halving', 'hyperband'] as const)('%s spends most on the best', async (method) => {
    const { trials, best } = await search({ method, trials: 27 })
    expect(best.resource).toBe(1)
    const first = trials.filter(({ resource }) => resource < 0.05)
    const kept = trials.find(({ resource, number }) => resource === 1 && number >= (first[0]?.number ?? 0) + 27)
    if (method === 'halving') {
      expect(first).toHaveLength(27)
      expect(kept?.value).toBe(Math.min(...first.map(({ value }) => value ?? 9)))
    }
  })
})

describe('pruning', () => {
  const evaluate: SearchOptions['evaluate'] = async ({ parameters, report }) => {
    for (let step = 0; step < 10; step++) if (report({ step, value: loss(parameters) + 1 / (step + 1) })) break
    return loss(parameters)
  }

  test('bad trials end early, the best does not', async () => {
    const { trials, best } = await search({ evaluate, prune: true })
    const pruned = trials.filter(({ state }) => state === 'pruned')
    expect(pruned.length).toBeGreaterThan(5)
    expect(pruned.every(({ reports }) => reports.length < 10)).toBe(true)
    expect(best.value).toBe((await search({ evaluate })).best.value)
  })

  test('the first trials are never pruned', () => {
    const done: Trial[] = [1, 2].map((number) => ({
      number,
      parameters: {},
      state: 'finished',
      value: 0,
      reports: [{ step: 0, value: 0 }],
      resource: 1,
    }))
    expect(medianPruner()([{ step: 0, value: 9 }], done, 'minimise')).toBe(false)
    expect(medianPruner({ startupTrials: 2 })([{ step: 0, value: 9 }], done, 'minimise')).toBe(true)
    expect(medianPruner({ startupTrials: 2 })([{ step: 0, value: 9 }], done, 'maximise')).toBe(false)
  })
})

describe('failures', () => {
  test('a trial that throws or gives no number is told, the search goes on', async () => {
    const { trials, best } = await search({
      evaluate: async ({ number, parameters }) => {
        if (number === 3) throw new Error('No memory')
        return number === 4 ? Number.NaN : loss(parameters)
      },
    })
    expect(trials[3]).toMatchObject({ state: 'failed', value: null, error: 'No memory' })
    expect(trials[4]).toMatchObject({ state: 'failed', value: null })
    expect(best.value).not.toBeNull()
  })

  test('no trial finished', async () => {
    const failing = search({
      evaluate: async () => {
        throw new Error('No memory')
      },
    })
    await expect(failing).rejects.toMatchObject({
      code: 'search_failed',
      message: expect.stringContaining('No memory'),
    })
  })

  test('an abort ends the search', async () => {
    const abort = new AbortController()
    const told: number[] = []
    const running = search({
      signal: abort.signal,
      onTrial: ({ number }) => {
        told.push(number)
        if (number === 5) abort.abort()
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'training_aborted' })
    expect(told).toEqual([0, 1, 2, 3, 4, 5])
  })
})
