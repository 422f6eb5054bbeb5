import { expect, test } from 'vitest'
import { answersOfTest } from './answers-of-test.js'

test('classes are counted, their probabilities kept in order', () => {
  const predicted = {
    kind: 'classes' as const,
    codes: Int32Array.of(1, 0, 1),
    probabilities: [Float32Array.of(0.25, 0.75, 0.5), Float32Array.of(0.75, 0.25, 0.5)],
    scores: null,
  }
  expect(answersOfTest(predicted, ['no', 'yes'])).toEqual({
    rows: 3,
    columns: [
      { name: 'prediction', family: 'text', filled: 3, labels: { values: ['yes', 'no'], counts: [2, 1] }, distinct: 2 },
      {
        name: 'probability_no',
        family: 'number',
        filled: 3,
        numbers: { values: [0.25, 0.5, 0.75], missing: 0, infinite: 0 },
      },
      {
        name: 'probability_yes',
        family: 'number',
        filled: 3,
        numbers: { values: [0.25, 0.5, 0.75], missing: 0, infinite: 0 },
      },
    ],
  })
})

test('numbers keep some at even ranks, and count what is none', () => {
  const values = Float64Array.from({ length: 40_000 }, (_, row) => 39_999 - row)
  values[0] = Number.NaN
  values[1] = Number.POSITIVE_INFINITY
  const [column] = answersOfTest({ kind: 'values', values }, [])?.columns ?? []
  expect(column).toMatchObject({ name: 'prediction', filled: 39_999, numbers: { missing: 1, infinite: 1 } })
  expect(column?.numbers?.values).toHaveLength(10_000)
  expect(column?.numbers?.values[5_000]).toBeCloseTo(20_000, -1)
  expect([column?.numbers?.values[0], column?.numbers?.values.at(-1)]).toEqual([0, 39_997])
})

test('no rows are no answers', () => {
  expect(answersOfTest({ kind: 'values', values: new Float64Array(0) }, [])).toBeUndefined()
})
