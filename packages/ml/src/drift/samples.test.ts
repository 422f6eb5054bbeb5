import { expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { atEvenRanks, categoryCounts, distinctUpTo, numberSample, pairCategories } from './samples.js'

test.each([10, 5000])('%i numbers are sorted, of any size and sign; others are counted', (count) => {
  const random = createRandom(1)
  const values = Float64Array.from({ length: count }, (_, index) =>
    index % 97 === 0
      ? Number.NaN
      : index % 89 === 0
        ? -Infinity
        : (random.float() - 0.5) * 10 ** (random.intBelow(600) - 300),
  )
  values[3] = -0
  const finite = values.filter(Number.isFinite)
  const infinite = values.filter((value) => value === -Infinity).length
  const sample = numberSample(values.slice())
  expect(sample.infinite).toBe(infinite)
  expect(sample.missing).toBe(count - finite.length - infinite)
  expect([...sample.sorted]).toEqual([...finite.map((value) => value + 0).sort()])
})

test('distinct values are counted no further than asked', () => {
  const { sorted } = numberSample(Float64Array.of(2, 1, 2, 3, 3, 3))
  expect([distinctUpTo(sorted, 10), distinctUpTo(sorted, 2), distinctUpTo(sorted, 1)]).toEqual([3, 3, 2])
})

test('values at even ranks keep the least and the greatest', () => {
  const of = (count: number) => Float64Array.from({ length: count }, (_, index) => index)
  expect([...atEvenRanks(of(100), 5)]).toEqual([0, 30, 50, 70, 99])
  expect([3, 1, 0].map((count) => [...atEvenRanks(of(count), 5)])).toEqual([[0, 1, 2], [0], []])
})

test('labels that are numbers stand in the order of numbers, others in that of texts', () => {
  const pair = (a: string[], b: string[]) => pairCategories(categoryCounts(a), categoryCounts([...b, null]))
  expect(pair(['10', '9'], ['9', '2'])).toEqual({
    labels: ['2', '9', '10'],
    reference: Float64Array.of(0, 1, 1),
    current: Float64Array.of(1, 1, 0),
  })
  expect(pair(['b', '10'], ['9']).labels).toEqual(['10', '9', 'b'])
})
