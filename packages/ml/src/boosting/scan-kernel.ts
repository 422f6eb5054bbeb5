import { f64, i32, i64, ifElse, local, type ValueType, valueType, type WasmFunction, whileTrue } from './wasm-code.js'

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
  const [shift, mask, sum, packed, begin, found] = [5, 6, 7, 8, 9, 10]
  const [gl, hl, cl, gr, hr, vl, vr, gain] = [11, 12, 13, 14, 15, 16, 17, 18]
  const loaded = (place: keyof typeof scanPlaces) => f64.load(get(scan), 8 * scanPlaces[place])
  /** What does not change is read once. */
  const firstTold = 19
  const told = (place: keyof typeof scanPlaces) =>
    scanPlaces[place] < scanPlaces.gain ? get(firstTold + scanPlaces[place]) : loaded(place)
  const read = Array.from({ length: scanPlaces.gain }, (_, place) =>
    set(firstTold + place, f64.load(get(scan), 8 * place)),
  )
  const tell = (place: keyof typeof scanPlaces, value: ReturnType<typeof get>) =>
    f64.store(get(scan), value, 8 * scanPlaces[place])
  const clip = (value: number) => [
    ifElse(f64.less(get(value), told('lower')), set(value, told('lower'))),
    ifElse(f64.greater(get(value), told('upper')), set(value, told('upper'))),
  ]
  const step = (gradient: number, hessian: number) =>
    f64.div(f64.negate(get(gradient)), f64.add(f64.add(get(hessian), told('l2')), f64.const(1e-15)))
  const isAgainst = f64.greater(f64.mul(told('monotonic'), f64.sub(get(vl), get(vr))), f64.const(0))
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
      ...[valueType.i64, valueType.i64, valueType.i64, valueType.i64, valueType.i32, valueType.i32],
      ...new Array<ValueType>(8 + scanPlaces.gain).fill(valueType.f64),
    ],
    result: null,
    body: [
      read,
      set(begin, get(cells)),
      set(shift, i64.fromI32(get(countShift))),
      set(mask, i64.sub(i64.shl(i64.const(1), get(shift)), i64.const(1))),
      ifElse(get(first), [set(sum, i64.load(get(first))), set(packed, i64.load(get(first), 8))]),
      whileTrue(i32.lessUnsigned(get(cells), get(cellsTo)), [
        set(sum, i64.add(get(sum), i64.load(get(cells)))),
        set(packed, i64.add(get(packed), i64.load(get(cells), 8))),
        set(gl, f64.mul(f64.fromSigned(get(sum)), told('gradientScale'))),
        set(hl, f64.mul(f64.fromSigned(i64.and(get(packed), get(mask))), told('hessianScale'))),
        set(cl, f64.fromSigned(i64.shiftRight(get(packed), get(shift)))),
        set(hr, f64.sub(told('hessian'), get(hl))),
        ifElse(i32.and(isEnough(hl, get(cl)), isEnough(hr, rightCount)), [
          set(gr, f64.sub(told('gradient'), get(gl))),
          set(vl, step(gl, hl)),
          set(vr, step(gr, hr)),
          clip(vl),
          clip(vr),
          set(gain, f64.sub(f64.sub(told('nodeLoss'), f64.mul(get(gl), get(vl))), f64.mul(get(gr), get(vr)))),
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
