import { expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { compareColumn, driftSettings } from './column-drift.js'
import { sharedDistribution } from './distribution.js'
import type { ColumnPair, DriftMode } from './model.js'
import { numberSample } from './samples.js'

const random = createRandom(3)
/** Two samples, far apart but for what is added to both. */
function apart(reference: readonly number[], current: readonly number[], rows = 2000): ColumnPair {
  const draw = (shift: number, more: readonly number[]) =>
    numberSample(Float64Array.from([...Array.from({ length: rows }, () => random.float() + shift), ...more]))
  return { kind: 'num', reference: draw(0, reference), current: draw(3, current), isWhole: false }
}
const compared = async (pair: ColumnPair, mode: DriftMode, method?: string) =>
  compareColumn({ name: 'x', pair, ...(method === undefined ? {} : { method }) }, driftSettings(mode))

test('values that stand for more rows count as those', async () => {
  const draw = (count: number) => numberSample(Float64Array.from({ length: count }, () => random.float()))
  const pair: ColumnPair = {
    kind: 'num',
    reference: { ...draw(500), rows: 40_000 },
    current: draw(900),
    isWhole: false,
  }
  const settings = driftSettings('evidently', { rowsMin: 800 })
  // Beyond a thousand rows of the reference, Evidently measures distances.
  expect(await compareColumn({ name: 'x', pair }, settings)).toMatchObject({
    state: 'tested',
    method: 'wasserstein',
    referenceRows: 40_000,
    currentRows: 900,
  })
})

const hugeOnes = [
  [[1e160], []],
  [[1e160], [1e160]],
  [[1.7e308], [-1.7e308]],
  [[1.7e308, 1.7e308], [1.7e308]],
] as const

test.each(hugeOnes)('one huge value silences no column: %o and %o', async (reference, current) => {
  const pair = apart(reference, current)
  // The distance is divided by a deviation that no number holds: 0 would be "no alarm".
  for (const method of ['wasserstein', 't_test']) {
    const column = await compared(pair, 'evidently', method)
    expect([column.state, column.drift, column.broken]).toEqual(['not_testable', null, true])
    expect(column.why.en).toContain('too large')
  }
  expect(await compared(pair, 'evidently')).toMatchObject({ state: 'not_testable', broken: true })
  // Ranks do not mind how large a value is.
  expect(await compared(pair, 'evidently', 'ks')).toMatchObject({ state: 'tested', drift: true })
  const calibrated = await compared(pair, 'calibrated')
  expect(calibrated).toMatchObject({ state: 'tested', drift: true })
  expect(calibrated.calibration?.effect).toBeCloseTo(1, 2)
})

test('no method throws or says something of what is no finite number', async () => {
  const pair = apart([1.7e308], [-1.7e308], 100)
  const names = ['wasserstein', 'ed', 'psi', 'jensenshannon', 'kl_div', 'hellinger', 't_test', 'es', 'empirical_mmd']
  for (const mode of ['evidently', 'calibrated'] as const) {
    for (const method of names) {
      const column = await compared(pair, mode, method)
      const areNumbers = Number.isFinite(column.score) && Number.isFinite(column.threshold)
      expect([mode, method, column.state === 'tested' ? areNumbers : column.broken]).toEqual([mode, method, true])
    }
  }
  expect(
    sharedDistribution({ ...pair, reference: numberSample(Float64Array.of(-1.7e308, 1.7e308)) } as ColumnPair),
  ).toBe(undefined)
})

test('the kernel sees a change of the other rows where most have one and the same number', async () => {
  const some = (from: number) =>
    numberSample(Float64Array.from({ length: 200 }, (_, row) => (row < 150 ? 0 : from + 40 * (row - 150))))
  const pair: ColumnPair = { kind: 'num', reference: some(10_000), current: some(20_000.5), isWhole: false }
  expect(await compared(pair, 'calibrated', 'empirical_mmd')).toMatchObject({ state: 'tested', drift: true })
})
