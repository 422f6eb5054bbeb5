import { expect, test } from 'vitest'
import { nextUp } from '../../test/float32-neighbours.js'
import { createRandom } from '../random/create-random.js'
import { splitThreshold } from './split-threshold.js'

const largest = Math.fround(3.4028234663852886e38)

test('the threshold is the midpoint', () => {
  expect(splitThreshold(1, 2)).toBe(1.5)
  expect(splitThreshold(-3, 1)).toBe(-1)
  expect(splitThreshold(-largest, largest)).toBe(0)
})

test('between neighbours it is the left one, even where the midpoint rounds to the right one', () => {
  for (const left of [1, nextUp(1), -1, 0, -(2 ** -149), 2 ** -149, 0.1, 16777215, nextUp(-largest)].map(Math.fround)) {
    const right = nextUp(left)
    expect(splitThreshold(left, right)).toBe(left)
  }
})

test('left <= threshold < right holds for any two float32 numbers, and the threshold is one', () => {
  const random = createRandom(1)
  for (let round = 0; round < 10_000; round++) {
    const left = Math.fround((random.float() - 0.5) * 2 ** random.intBelow(60))
    let right = left
    for (let steps = 1 + random.intBelow(4); steps > 0; steps--) right = nextUp(right)
    if (round % 2 === 0) right = Math.fround(right + random.float() * 100)
    const threshold = splitThreshold(left, right)
    expect(left <= threshold && threshold < right && Math.fround(threshold) === threshold).toBe(true)
  }
  for (const [left, right] of [
    [largest - 2 ** 105, largest],
    [-largest, -largest + 2 ** 105],
    [-0, 2 ** -149],
    [-(2 ** -149), 0],
  ].map((pair) => pair.map(Math.fround))) {
    const threshold = splitThreshold(left ?? 0, right ?? 0)
    expect((left ?? 0) <= threshold && threshold < (right ?? 0)).toBe(true)
  }
})
