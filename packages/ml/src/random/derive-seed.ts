import { MlError } from '../ml-error.js'

const two32 = 2 ** 32

/** The golden ratio in 32 bits: the step of splitmix, which keeps successive states far apart. */
const step = 0x9e3779b9

/** Mixes 32 bits so that each input bit reaches every output bit (a bijection, so zero is the only way to zero). */
function mix(word: number): number {
  let mixed = word
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return mixed ^ (mixed >>> 15)
}

/** The generator splitmix over 32 bits, started by a number of up to 53 bits and one more word. */
export function seedWords(seed: number, stream: number, words: Int32Array): Int32Array {
  const inputs = [seed % two32, Math.floor(seed / two32), stream % two32, Math.floor(stream / two32)]
  let state = 0
  for (const input of inputs) state = mix((state ^ input) + step)
  for (let index = 0; index < words.length; index++) {
    state = (state + step) | 0
    // The word goes in too: with a 32-bit state alone, two of 2^16 seeds would share their whole sequence.
    words[index] = mix(state ^ mix((inputs[index % inputs.length] ?? 0) + Math.imul(step, index + 1)))
  }
  return words
}

/**
 * A seed of its own for a part of the work (a tree, a fold, a trial), so that parts can run in any order or place.
 * @param seed 0..2^53-1
 * @param stream index of the part, 0..2^53-1
 * @returns a seed in 0..2^53-1
 * @throws MlError `invalid_seed`
 */
export function deriveSeed(seed: number, stream: number): number {
  assertSeed(seed)
  assertSeed(stream)
  const [high = 0, low = 0] = seedWords(seed, stream + 1, new Int32Array(2))
  return (high >>> 11) * two32 + (low >>> 0)
}

/**
 * Refuses what is not a whole number in 0..2^53-1.
 * @throws MlError `invalid_seed`
 */
export function assertSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return
  throw new MlError('invalid_seed', `The seed is ${seed}: give a whole number from 0 to 2^53 - 1`, { value: seed })
}
