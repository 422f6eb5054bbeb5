import {
  type Code,
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

/** Whole numbers from -2^51 up to 2^51, added to the bits of this one, make the float64 that is so much greater. */
const rounder = 1.5 * 2 ** 52

const { get, set } = local

/** The first of each pair of numbers, and the second. */
const lows = [0, 16].flatMap(eightFrom)
const highs = [8, 24].flatMap(eightFrom)

function eightFrom(start: number): readonly number[] {
  return Array.from({ length: 8 }, (_, byte) => start + byte)
}

/**
 * `scanCells(cells, cellsTo, first, scan, countShift)`: takes every cell as the last one on the left, after the cell `first` (0: none)
 * that is always there. Gains are worked out as `splitGain` does, of two cells at a time, so a cell more is read where they are odd. Of
 * equal gains that of the first cell counts, but with a `first` that of the last, as scikit-learn goes through the cells from the right
 * then.
 */
export const scanCells: WasmFunction = (() => {
  const [cells, cellsTo, first, scan, countShift] = [0, 1, 2, 3, 4]
  const [begin, found, enough, best, gain] = [5, 6, 7, 8, 9]
  /** Pairs, of this cell and the next: sums of cells; what they are made of, left and right; quotients; gains. */
  const [sums, sumsBefore, hl, hr, cl, cr, gl, gr, ql, qr, gains] = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
  const [mask, lower, upper, bests, ties] = [21, 22, 23, 24, 25]
  const firstTold = 26
  const told = (place: keyof typeof scanPlaces) => get(firstTold + scanPlaces[place])
  const tell = (place: keyof typeof scanPlaces, value: Code) => f64.store(get(scan), value, 8 * scanPlaces[place])
  const asFloats = (whole: Code) => f64x2.sub(v128.add(whole, f64x2.const(rounder)), f64x2.const(rounder))
  const gradients = v128.shuffle(get(sumsBefore), get(sums), lows)
  const packed = v128.shuffle(get(sumsBefore), get(sums), highs)
  /** The value of a child with its sign turned. */
  const quotient = (gradient: number, hessian: number) => {
    const divisor = f64x2.add(f64x2.add(get(hessian), told('l2')), f64x2.const(1e-15))
    return f64x2.least(f64x2.greatest(f64x2.div(get(gradient), divisor), get(lower)), get(upper))
  }
  const areAtLeast = (left: number, right: number, place: keyof typeof scanPlaces) =>
    f64x2.atLeast(f64x2.least(get(left), get(right)), told(place))
  const areBetter = v128.or(
    f64x2.greater(get(gains), get(bests)),
    v128.and(f64x2.equal(get(gains), get(bests)), get(ties)),
  )
  const takeLane = (lane: 0 | 1) => {
    const at = (pair: number) => f64x2.at(get(pair), lane)
    const cell = i32.add(get(cells), i32.const(16 * lane))
    const isTie = i32.and(i32.isZero(f64.less(get(gain), get(best))), get(found))
    const isAgainst = f64.greater(f64.mul(f64x2.at(told('monotonic'), 0), f64.sub(at(qr), at(ql))), f64.const(0))
    return ifElse(i32.and(i32.lessUnsigned(cell, get(cellsTo)), i32.shiftRight(get(enough), i32.const(lane))), [
      set(gain, at(gains)),
      ifElse(i32.and(i32.or(f64.greater(get(gain), get(best)), isTie), i32.isZero(isAgainst)), [
        set(best, get(gain)),
        set(bests, f64x2.splat(get(best))),
        tell('gain', get(gain)),
        tell('cell', f64.fromSigned(i64.fromI32(i32.sub(cell, get(begin))))),
        tell('gradientLeft', at(gl)),
        tell('hessianLeft', at(hl)),
        tell('countLeft', at(cl)),
        ifElse(get(first), [set(found, i32.const(1)), set(ties, v128.ones)]),
      ]),
    ])
  }
  return {
    name: 'scanCells',
    parameters: [valueType.i32, valueType.i32, valueType.i32, valueType.i32, valueType.i32],
    locals: [
      ...[valueType.i32, valueType.i32, valueType.i32, valueType.f64, valueType.f64],
      ...new Array<ValueType>(16 + scanPlaces.gain).fill(valueType.v128),
    ],
    result: null,
    body: [
      Array.from({ length: scanPlaces.gain }, (_, place) =>
        set(firstTold + place, f64x2.loadSplat(get(scan), 8 * place)),
      ),
      set(begin, get(cells)),
      set(mask, v128.splat(i64.sub(i64.shl(i64.const(1), i64.fromI32(get(countShift))), i64.const(1)))),
      set(lower, f64x2.negate(told('upper'))),
      set(upper, f64x2.negate(told('lower'))),
      set(best, f64.load(get(scan), 8 * scanPlaces.gain)),
      set(bests, f64x2.splat(get(best))),
      ifElse(get(first), set(sums, v128.load(get(first)))),
      whileTrue(i32.lessUnsigned(get(cells), get(cellsTo)), [
        set(sumsBefore, v128.add(get(sums), v128.load(get(cells)))),
        set(sums, v128.add(get(sumsBefore), v128.load(get(cells), 16))),
        set(hl, f64x2.mul(asFloats(v128.and(packed, get(mask))), told('hessianScale'))),
        set(hr, f64x2.sub(told('hessian'), get(hl))),
        set(cl, asFloats(v128.shiftRight(packed, get(countShift)))),
        set(cr, f64x2.sub(told('count'), get(cl))),
        set(enough, v128.bitMask(v128.and(areAtLeast(hl, hr, 'hessianMin'), areAtLeast(cl, cr, 'countMin')))),
        ifElse(get(enough), [
          set(gl, f64x2.mul(asFloats(gradients), told('gradientScale'))),
          set(gr, f64x2.sub(told('gradient'), get(gl))),
          set(ql, quotient(gl, hl)),
          set(qr, quotient(gr, hr)),
          set(gains, f64x2.add(f64x2.add(told('nodeLoss'), f64x2.mul(get(gl), get(ql))), f64x2.mul(get(gr), get(qr)))),
          ifElse(v128.anyTrue(areBetter), [takeLane(0), takeLane(1)]),
        ]),
        set(cells, i32.add(get(cells), i32.const(32))),
      ]),
    ],
  }
})()
