import { expect, test } from 'vitest'
import { createRandom } from '../random/create-random.js'
import { sortDoubles } from './sort-doubles.js'

const random = createRandom(7)
const kinds: Readonly<Record<string, () => number>> = {
  'of any sign and size': () => (random.float() - 0.5) * 10 ** Math.floor(random.float() * 600 - 300),
  'of few values': () => Math.floor(random.float() * 7) - 3,
  'of one value': () => 0.1,
  'that differ late, above zero': () => 1000 + random.float() * 1e-4,
  'that differ late, below zero': () => -1000 - random.float() * 1e-4,
  'moments of an hour': () => 1.7e12 + Math.floor(random.float() * 3.6e6),
  'without a fraction, beyond 32 bits': () => Math.floor(random.float() * 2 ** 53) - 2 ** 52,
  'so small that they have no exponent': () => (random.float() - 0.5) * 1e-310,
}

test.each(Object.keys(kinds))('numbers %s are sorted as comparing sorts them', (kind) => {
  const make = kinds[kind] as () => number
  for (const length of [0, 1, 2, 499, 500, 20_000]) {
    // A part of a longer array: nothing beside it is touched.
    const all = Float64Array.from({ length: length + 2 }, () => make() + 0)
    const [first, last] = [all[0], all[length + 1]]
    const expected = all.slice(1, length + 1).sort()
    sortDoubles(all.subarray(1, length + 1))
    expect(all.slice(1, length + 1)).toEqual(expected)
    expect([all[0], all[length + 1]]).toEqual([first, last])
  }
})
