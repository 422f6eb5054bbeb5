import { expect, test } from 'vitest'
import type { Points } from './metric-points.js'
import { pointsJson } from './points-json.js'

function pointsOf(values: readonly number[], steps = values.map((_, index) => index)): Points {
  return {
    values: Float64Array.from(values),
    steps: Float64Array.from(steps),
    timestamps: Float64Array.from(steps, (step) => step * 1000 - 1),
  }
}

const numbers = [
  0,
  -0,
  1,
  -1,
  0.1,
  1 / 3,
  -2 / 3,
  1e-7,
  1e21,
  123_456_789_012_345_680,
  5e-324,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.MAX_SAFE_INTEGER,
]

test('every number reads back as it was, and NaN as its name', () => {
  const all = [Number.NaN, ...numbers, Number.NaN, Number.NaN, 7, Number.NaN]
  const points = pointsOf(all)
  expect(JSON.parse(`[${pointsJson('é"\n', points)}]`)).toEqual(
    all.map((value, index) => ({
      key: 'é"\n',
      value: Number.isNaN(value) ? 'NaN' : value + 0,
      timestamp: index * 1000 - 1,
      step: index,
    })),
  )
})

test('whole numbers have all digits that int8 has', () => {
  const steps = [-(2 ** 63), -1e18, -1_000_000_001, -1, 9, 10, 999_999_999, 1e9, 2 ** 53, 2 ** 62]
  const text = String(pointsJson('k', { ...pointsOf(steps), steps: Float64Array.from(steps) }))
  const found = [...text.matchAll(/"step":(-?\d+)/g)].map(([, step]) => step)
  expect(found).toEqual(steps.map((step) => BigInt(step).toString()))
})

test.each([1, 999, 1000, 1001, 2500])('%d points stand between what goes around them', (count) => {
  const values = Array.from({ length: count }, (_, index) => Math.sin(index) * 10 ** ((index % 40) - 20))
  const around = { more: ',"run_id":"0"', before: '{"metrics":[', after: '],"a":1}' }
  expect(JSON.parse(String(pointsJson('loss', pointsOf(values), around)))).toEqual({
    metrics: values.map((value, step) => ({ key: 'loss', value, timestamp: step * 1000 - 1, step, run_id: '0' })),
    a: 1,
  })
})

test('no points are only what goes around them', () => {
  expect(String(pointsJson('k', pointsOf([]), { before: '[', after: ']' }))).toBe('[]')
})
