import {
  f64,
  f64x2,
  i32,
  local,
  type ValueType,
  v128,
  valueType,
  type WasmFunction,
  whileTrue,
} from '../wasm/wasm-code.js'
import { exponentials } from './exp-kernel.js'

/**
 * Where the numbers of `logLossRows` stand, as places in a list of float64: what derivatives are multiplied with to be whole; and what it
 * finds, two of each: sums of what is linear in the predictions, and products of one plus the exponentials.
 */
export const logLossPlaces = { perGradient: 0, perHessian: 1, linear: 2, product: 4 } as const

/** Adding it to a number below 2^51 rounds that to a whole one, which then stands in the lowest bits. */
const rounder = 1.5 * 2 ** 52

/** The low halves of four numbers: the first of each pair, then the second of each. */
const lowHalves = [0, 16, 8, 24].flatMap((start) => [start, start + 1, start + 2, start + 3])

const { get, set } = local

/**
 * `logLossRows(raw, rawTo, targets, whole, list)`: the unweighted log loss of two classes, as in `losses.ts`, of an even number of rows, at
 * most 512. Writes the derivatives of each row to `whole`, gradient and second derivative as int32.
 */
export const logLossRows: WasmFunction = (() => {
  const [raw, rawTo, targets, whole, list] = [0, 1, 2, 3, 4]
  const [value, x, shifted, rest, small, share] = [5, 6, 7, 8, 9, 10]
  const [target, gradient, hessian, linear, product, perGradient, perHessian] = [11, 12, 13, 14, 15, 16, 17]
  const one = f64x2.const(1)
  const zero = f64x2.const(0)
  const { before, value: exponential } = exponentials(x, { shifted, rest })
  const product1 = f64x2.mul(get(small), get(share))
  const probability = v128.select(get(share), product1, f64x2.atLeast(get(value), zero))
  const rounded = (derivative: number, per: number) =>
    f64x2.add(f64x2.mul(get(derivative), get(per)), f64x2.const(rounder))
  return {
    name: 'logLossRows',
    parameters: [valueType.i32, valueType.i32, valueType.i32, valueType.i32, valueType.i32],
    locals: new Array<ValueType>(13).fill(valueType.v128),
    result: null,
    body: [
      set(perGradient, f64x2.splat(f64.load(get(list), 8 * logLossPlaces.perGradient))),
      set(perHessian, f64x2.splat(f64.load(get(list), 8 * logLossPlaces.perHessian))),
      set(product, one),
      whileTrue(i32.lessUnsigned(get(raw), get(rawTo)), [
        set(value, v128.load(get(raw))),
        set(target, v128.load(get(targets))),
        set(x, f64x2.negate(f64x2.absolute(get(value)))),
        before,
        set(small, exponential),
        set(share, f64x2.div(one, f64x2.add(one, get(small)))),
        set(gradient, f64x2.sub(probability, get(target))),
        set(hessian, f64x2.mul(product1, get(share))),
        set(product, f64x2.mul(get(product), f64x2.add(one, get(small)))),
        set(
          linear,
          f64x2.add(get(linear), f64x2.sub(f64x2.greatest(get(value), zero), f64x2.mul(get(target), get(value)))),
        ),
        v128.store(get(whole), v128.shuffle(rounded(gradient, perGradient), rounded(hessian, perHessian), lowHalves)),
        set(raw, i32.add(get(raw), i32.const(16))),
        set(targets, i32.add(get(targets), i32.const(16))),
        set(whole, i32.add(get(whole), i32.const(16))),
      ]),
      v128.store(get(list), get(linear), 8 * logLossPlaces.linear),
      v128.store(get(list), get(product), 8 * logLossPlaces.product),
    ],
  }
})()
