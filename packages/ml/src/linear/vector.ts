import { float64At } from '../data/element.js'

/** The scalar product. */
export function dot(left: Float64Array, right: Float64Array): number {
  let even = 0
  let odd = 0
  const pairs = left.length & ~1
  for (let index = 0; index < pairs; index += 2) {
    even += float64At(left, index) * float64At(right, index)
    odd += float64At(left, index + 1) * float64At(right, index + 1)
  }
  return pairs === left.length ? even + odd : even + odd + float64At(left, pairs) * float64At(right, pairs)
}

/** `to += factor * from`. */
export function addScaled(to: Float64Array, factor: number, from: Float64Array): void {
  for (let index = 0; index < to.length; index++) to[index] = float64At(to, index) + factor * float64At(from, index)
}

/** The largest absolute value; NaN where there is one. */
export function greatestMagnitude(values: Float64Array): number {
  let greatest = 0
  for (let index = 0; index < values.length; index++) {
    const magnitude = Math.abs(float64At(values, index))
    if (!(magnitude <= greatest)) greatest = magnitude
  }
  return greatest
}
