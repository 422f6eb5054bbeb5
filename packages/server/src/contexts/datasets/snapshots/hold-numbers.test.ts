import { createRandom } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { holdNumbers, sortNumbers } from './hold-numbers.js'

/** What a reader is given: each value as often as its weight says. */
function read(values: readonly number[], missing = 0) {
  const held = holdNumbers(values.length)
  const half = values.length >> 1
  for (const piece of [values.slice(0, half), values.slice(half)]) held.take(Float64Array.from(piece), piece.length)
  const figures = held.end(missing)
  const given: number[] = []
  figures.readInto({
    take(some, length, weights) {
      for (let index = 0; index < length; index += 1)
        for (let times = weights?.[index] ?? 1; times > 0; times -= 1) given.push(some[index] as number)
    },
    end() {
      throw new Error('It is not ended here')
    },
  })
  return { ...figures, given }
}

const random = createRandom(7)
const some = (count: number, value: () => number) => Array.from({ length: count }, value)

describe('held numbers', () => {
  test.each([
    ['whole numbers', some(9000, () => Math.floor(random.float() * 500) - 250)],
    ['cents', some(9000, () => Math.round(random.float() * 90_000) / 100)],
    ['days in microseconds', some(9000, () => Math.floor(random.float() * 900) * 86_400_000_000)],
    ['odd microseconds', some(9000, () => 1.7e15 + Math.floor(random.float() * 1e12))],
    ['any numbers', some(9000, () => (random.float() - 0.5) * 10 ** Math.floor(random.float() * 600 - 300))],
    ['cents but for one', [...some(9000, () => Math.round(random.float() * 900) / 100), 1 / 3]],
    ['numbers in their order', some(9000, () => random.float()).sort((left, right) => left - right)],
    ['few', [3, -1, 2.5]],
    ['numbers far apart', [...some(5000, () => Math.floor(random.float() * 10)), 1e300, -1e300, 2 ** 53]],
  ])('%s come in ascending order, none lost', (_name, values) => {
    const { given, count, min, max } = read(values)
    const sorted = [...values].sort((left, right) => left - right)
    expect(given).toEqual(sorted.map((value) => value + 0))
    expect({ count, min, max }).toEqual({ count: values.length, min: sorted[0], max: sorted.at(-1) })
  })

  test('what is not finite is told and left out', () => {
    const { given, count, infinities, hasNaN } = read([2, Number.NaN, Infinity, 1, Number.NaN, Infinity], 1)
    expect({ given, count, infinities, hasNaN }).toEqual({ given: [1, 2], count: 2, infinities: 1, hasNaN: true })
    expect(read([1, Number.NaN, -Infinity], 1)).toMatchObject({ infinities: 1, hasNaN: false })
  })
})

test('sorting keeps every bit, with minus zero before zero', () => {
  const values = Float64Array.from([
    ...some(6000, () => random.float() - 0.5),
    0,
    -0,
    5e-324,
    -5e-324,
    1.7e308,
    -1.7e308,
  ])
  const compared = values.slice().sort()
  const sorted = sortNumbers(values)
  expect([...sorted].every((value, index) => Object.is(value, compared[index]))).toBe(true)
})
