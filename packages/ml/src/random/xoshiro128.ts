import { int32At } from '../data/element.js'

/**
 * The generator xoshiro128** of Blackman and Vigna: 128 bits of state, period 2^128 - 1, 32-bit results. It uses only
 * 32-bit integer operations, so every platform gives the same sequence.
 * @param state four 32-bit words, not all zero
 * @returns a function that gives the next integer in 0..2^32-1
 */
export function xoshiro128(state: Int32Array): () => number {
  let a = int32At(state, 0)
  let b = int32At(state, 1)
  let c = int32At(state, 2)
  let d = int32At(state, 3)
  return () => {
    const scaled = Math.imul(b, 5)
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }
}
