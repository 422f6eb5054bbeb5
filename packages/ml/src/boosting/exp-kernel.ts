import { type Code, f64x2, i32, local, v128, valueType, type WasmFunction, whileTrue } from '../wasm/wasm-code.js'

const { get, set } = local

/** Beyond these the result would not be a normal number. */
const [lowest, highest] = [-708, 709]

/** ln 2 in two parts, the first of which has 32 bits, so that its product with a whole number below 2^20 is exact. */
const ln2 = { high: 0.6931471803691238, low: 1.9082149292705877e-10 }

/** Adding it rounds to a whole number, which then stands in the lowest bits. */
const rounder = 1.5 * 2 ** 52

/** Taylor's series to the thirteenth power, whose remainder at ln(2) / 2 is below 2^-57. */
const coefficients = Array.from({ length: 14 }, (_, power) => {
  let factorial = 1
  for (let factor = 2; factor <= power; factor++) factorial *= factor
  return 1 / factorial
})

/** Places of locals that `exponentials` needs, all v128. */
export interface ExponentialLocals {
  readonly shifted: number
  readonly rest: number
}

/**
 * The exponentials of both numbers of the local `x`, within two units in the last place, the same on every platform. Numbers beyond -708
 * and 709 count as those, and `x` is left so.
 * @returns code to run before, and the value
 */
export function exponentials(x: number, { shifted, rest }: ExponentialLocals): { before: Code; value: Code } {
  const whole = f64x2.sub(get(shifted), f64x2.const(rounder))
  const series = coefficients
    .toReversed()
    .map((coefficient) => f64x2.const(coefficient))
    .reduce((sum: Code, coefficient) => f64x2.add(f64x2.mul(sum, get(rest)), coefficient))
  const inside = f64x2.least(f64x2.greatest(get(x), f64x2.const(lowest)), f64x2.const(highest))
  const rounded = f64x2.sub(
    f64x2.sub(get(x), f64x2.mul(whole, f64x2.const(ln2.high))),
    f64x2.mul(whole, f64x2.const(ln2.low)),
  )
  return {
    before: [
      set(x, inside),
      set(shifted, f64x2.add(f64x2.mul(get(x), f64x2.const(Math.LOG2E)), f64x2.const(rounder))),
      set(rest, rounded),
    ],
    // The whole number, moved up, is added to the exponent.
    value: v128.add(series, v128.shl(get(shifted), i32.const(52))),
  }
}

/** `expOf(values, valuesTo, results)`: the exponentials of float64 numbers; two at a time, so there must be room for one more. */
export const expOf: WasmFunction = (() => {
  const [values, valuesTo, results, x, shifted, rest] = [0, 1, 2, 3, 4, 5]
  const { before, value } = exponentials(x, { shifted, rest })
  return {
    name: 'expOf',
    parameters: [valueType.i32, valueType.i32, valueType.i32],
    locals: [valueType.v128, valueType.v128, valueType.v128],
    result: null,
    body: whileTrue(i32.lessUnsigned(get(values), get(valuesTo)), [
      set(x, v128.load(get(values))),
      before,
      v128.store(get(results), value),
      set(values, i32.add(get(values), i32.const(16))),
      set(results, i32.add(get(results), i32.const(16))),
    ]),
  }
})()
