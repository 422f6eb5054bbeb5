import { assertSeed, seedWords } from './derive-seed.js'
import { xoshiro128 } from './xoshiro128.js'

/** A sequence of random numbers; it goes on with every call. */
export interface Random {
  /** A number in [0, 1) with 53 random bits. */
  float(): number
  /** A whole number in 0..limit-1, each equally likely; `limit` is a whole number in 1..2^31. */
  intBelow(limit: number): number
  /** Puts the items in a random order, in place, each order equally likely. */
  shuffle(items: { [index: number]: number; readonly length: number }): void
}

/**
 * A seeded generator: the same seed gives the same sequence on every platform.
 * @param seed whole number in 0..2^53-1
 * @throws MlError `invalid_seed`
 */
export function createRandom(seed: number): Random {
  assertSeed(seed)
  const words = seedWords(seed, 0, new Int32Array(4))
  // The one state that the generator cannot leave.
  if (words.every((word) => word === 0)) words[0] = 1
  const next = xoshiro128(words)

  function intBelow(limit: number): number {
    if (limit <= 1) return 0
    // Drawing as many bits as needed and rejecting what is too large has no bias, unlike a remainder.
    const shift = Math.clz32(limit - 1)
    let drawn = next() >>> shift
    while (drawn >= limit) drawn = next() >>> shift
    return drawn
  }

  function float(): number {
    const high = next() >>> 5
    return (high * 2 ** 26 + (next() >>> 6)) / 2 ** 53
  }

  function shuffle(items: { [index: number]: number; readonly length: number }): void {
    for (let last = items.length - 1; last > 0; last--) {
      const other = intBelow(last + 1)
      const moved = items[last] ?? 0
      items[last] = items[other] ?? 0
      items[other] = moved
    }
  }

  return { float, intBelow, shuffle }
}
