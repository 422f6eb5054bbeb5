import { type ColumnPair, categoryCounts, compareColumn, driftSettings, numberSample } from '@fabrique/ml/drift'
import { createRandom, type Random } from '@fabrique/ml/random'
import { describe, expect, test } from 'vitest'

const repetitions = 400
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())

function numbers(random: Random, [n, m]: readonly [number, number], draw: (random: Random) => number): ColumnPair {
  const sample = (rows: number) => numberSample(Float64Array.from({ length: rows }, () => draw(random)))
  return { kind: 'num', reference: sample(n), current: sample(m), isWhole: false }
}

function labels(random: Random, [n, m]: readonly [number, number], count: number): ColumnPair {
  const sample = (rows: number) =>
    categoryCounts(Array.from({ length: rows }, () => `label ${Math.floor(count * random.float() ** 1.5)}`))
  return { kind: 'cat', reference: sample(n), current: sample(m) }
}

async function alarmShare(make: (random: Random) => ColumnPair): Promise<number> {
  const random = createRandom(11)
  let alarms = 0
  for (let round = 0; round < repetitions; round++) {
    const { drift } = await compareColumn({ name: 'x', pair: make(random) }, driftSettings('calibrated'))
    if (drift === true) alarms++
  }
  return alarms / repetitions
}

// Beside 5 %, 400 repetitions leave less than 2 % and more than 8.5 % to one seed in several hundred; the seed is fixed.
describe('with nothing changed, one column in twenty alarms', () => {
  const cells: readonly (readonly [string, (random: Random) => ColumnPair])[] = [
    ['30 and 30 rows of 3 labels', (random) => labels(random, [30, 30], 3)],
    ['30 and 30 rows of 50 labels', (random) => labels(random, [30, 30], 50)],
    ['1000 and 1000 rows of 20 labels', (random) => labels(random, [1000, 1000], 20)],
    ['5000 and 100 rows of 10 labels', (random) => labels(random, [5000, 100], 10)],
    ['30 and 30 numbers', (random) => numbers(random, [30, 30], normal)],
    ['2000 and 50 numbers', (random) => numbers(random, [2000, 50], normal)],
    ['300 and 300 rounded numbers', (random) => numbers(random, [300, 300], (r) => Math.round(normal(r) * 4))],
    [
      '300 and 200 numbers, 40 % of them 0',
      (random) => numbers(random, [300, 200], (r) => (r.float() < 0.4 ? 0 : normal(r))),
    ],
  ]
  test.each(cells)('%s', async (_, make) => {
    const share = await alarmShare(make)
    expect(share).toBeGreaterThan(0.02)
    expect(share).toBeLessThan(0.085)
  })
})

test('what the default misses among many rows is found', async () => {
  const random = createRandom(12)
  const sample = (shift: number) => numberSample(Float64Array.from({ length: 100_000 }, () => normal(random) + shift))
  const pair: ColumnPair = { kind: 'num', reference: sample(0), current: sample(0.09), isWhole: false }
  const [calibrated, evidently] = [
    await compareColumn({ name: 'x', pair }, driftSettings('calibrated')),
    await compareColumn({ name: 'x', pair }, driftSettings('evidently')),
  ]
  expect([calibrated.drift, evidently.drift]).toEqual([true, false])
  expect(calibrated.why.en).toMatch(/^Anderson-Darling test on 100,000 reference and 100,000 current rows: p = /)
})

test('a distance gets the threshold of its rows', async () => {
  const random = createRandom(13)
  const few = numbers(random, [5000, 50], normal)
  const many = numbers(random, [5000, 5000], normal)
  const settings = driftSettings('calibrated')
  for (const method of ['wasserstein', 'psi', 'jensenshannon', 'hellinger', 'kl_div', 'ed']) {
    const [one, other] = [
      await compareColumn({ name: 'x', pair: few, method }, settings),
      await compareColumn({ name: 'x', pair: many, method }, settings),
    ]
    expect([method, one.drift, other.drift]).toEqual([method, false, false])
    expect(one.threshold ?? 0).toBeGreaterThan(2 * (other.threshold ?? 0))
  }
})
