import {
  f64,
  f64x2,
  i32,
  i64,
  ifElse,
  local,
  type ValueType,
  v128,
  valueType,
  type WasmFunction,
  whileTrue,
} from '../wasm/wasm-code.js'

/** Where the numbers of a scan stand, as places in a list of float64: what it is told, and what it found. */
export const scanPlaces = {
  gradientScale: 0,
  hessianScale: 1,
  count: 2,
  gradient: 3,
  hessian: 4,
  nodeLoss: 5,
  l2: 6,
  lower: 7,
  upper: 8,
  monotonic: 9,
  countMin: 10,
  hessianMin: 11,
  /** In and out: only what is better is written. */
  gain: 12,
  /** Place of the cell, of a multiple of `cellBytes`, and the sums up to it. */
  cell: 13,
  gradientLeft: 14,
  hessianLeft: 15,
  countLeft: 16,
} as const

export const scanLength = 17

const { get, set } = local

/**
 * `scanCells(cells, cellsTo, first, scan, countShift)`: takes every cell as the last one on the left, after the cell `first` (0: none)
 * that is always there. Gains are worked out as `splitGain` does. Of equal gains that of the first cell counts, but with a `first` that
 * of the last, as scikit-learn goes through the cells from the right then.
 */
export const scanCells: WasmFunction = (() => {
  const [cells, cellsTo, first, scan, countShift] = [0, 1, 2, 3, 4]
  const [shift, mask, packed, begin, found] = [5, 6, 7, 8, 9]
  const [gl, hl, cl, hr, gain] = [10, 11, 12, 13, 14]
  /** Pairs: sums of cells; gradients left and right, values left and right; what is added to second derivatives; bounds of values. */
  const [sums, gradients, values, added, lower, upper] = [15, 16, 17, 18, 19, 20]
  const loaded = (place: keyof typeof scanPlaces) => f64.load(get(scan), 8 * scanPlaces[place])
  /** What does not change is read once. */
  const firstTold = 21
  const told = (place: keyof typeof scanPlaces) =>
    scanPlaces[place] < scanPlaces.gain ? get(firstTold + scanPlaces[place]) : loaded(place)
  const read = Array.from({ length: scanPlaces.gain }, (_, place) =>
    set(firstTold + place, f64.load(get(scan), 8 * place)),
  )
  const tell = (place: keyof typeof scanPlaces, value: ReturnType<typeof get>) =>
    f64.store(get(scan), value, 8 * scanPlaces[place])
  const kept = f64x2.least(f64x2.greatest(get(values), get(lower)), get(upper))
  const hessians = f64x2.add(f64x2.add(f64x2.pair(get(hl), get(hr)), get(added)), f64x2.const(1e-15))
  const products = f64x2.mul(get(gradients), get(values))
  const difference = f64.sub(f64x2.at(get(values), 0), f64x2.at(get(values), 1))
  const isAgainst = f64.greater(f64.mul(told('monotonic'), difference), f64.const(0))
  const isEnough = (hessian: number, count: ReturnType<typeof get>) =>
    i32.and(notLess(get(hessian), told('hessianMin')), notLess(count, told('countMin')))
  const isBetter = f64.greater(get(gain), told('gain'))
  const isSame = i32.isZero(f64.less(get(gain), told('gain')))
  const isFound = i32.and(i32.isZero(i32.isZero(get(first))), get(found))
  const rightCount = f64.sub(told('count'), get(cl))
  return {
    name: 'scanCells',
    parameters: [valueType.i32, valueType.i32, valueType.i32, valueType.i32, valueType.i32],
    locals: [
      ...[valueType.i64, valueType.i64, valueType.i64, valueType.i32, valueType.i32],
      ...new Array<ValueType>(5).fill(valueType.f64),
      ...new Array<ValueType>(6).fill(valueType.v128),
      ...new Array<ValueType>(scanPlaces.gain).fill(valueType.f64),
    ],
    result: null,
    body: [
      read,
      set(begin, get(cells)),
      set(shift, i64.fromI32(get(countShift))),
      set(mask, i64.sub(i64.shl(i64.const(1), get(shift)), i64.const(1))),
      set(added, f64x2.splat(told('l2'))),
      set(lower, f64x2.splat(told('lower'))),
      set(upper, f64x2.splat(told('upper'))),
      ifElse(get(first), set(sums, v128.load(get(first)))),
      whileTrue(i32.lessUnsigned(get(cells), get(cellsTo)), [
        set(sums, v128.add(get(sums), v128.load(get(cells)))),
        set(packed, v128.at(get(sums), 1)),
        set(hl, f64.mul(f64.fromSigned(i64.and(get(packed), get(mask))), told('hessianScale'))),
        set(cl, f64.fromSigned(i64.shiftRight(get(packed), get(shift)))),
        set(hr, f64.sub(told('hessian'), get(hl))),
        ifElse(i32.and(isEnough(hl, get(cl)), isEnough(hr, rightCount)), [
          set(gl, f64.mul(f64.fromSigned(v128.at(get(sums), 0)), told('gradientScale'))),
          set(gradients, f64x2.pair(get(gl), f64.sub(told('gradient'), get(gl)))),
          set(values, f64x2.div(f64x2.negate(get(gradients)), hessians)),
          set(values, kept),
          set(gradients, products),
          set(gain, f64.sub(f64.sub(told('nodeLoss'), f64x2.at(get(gradients), 0)), f64x2.at(get(gradients), 1))),
          ifElse(i32.and(i32.or(isBetter, i32.and(isSame, isFound)), i32.isZero(isAgainst)), [
            tell('gain', get(gain)),
            tell('cell', f64.fromSigned(i64.fromI32(i32.sub(get(cells), get(begin))))),
            tell('gradientLeft', get(gl)),
            tell('hessianLeft', get(hl)),
            tell('countLeft', get(cl)),
            set(found, i32.const(1)),
          ]),
        ]),
        set(cells, i32.add(get(cells), i32.const(16))),
      ]),
    ],
  }
})()

function notLess(value: ReturnType<typeof get>, least: ReturnType<typeof get>) {
  return i32.isZero(f64.less(value, least))
}
