import {
  type Code,
  copyMemory,
  encodeModule,
  f32,
  f64,
  fillMemory,
  i32,
  i64,
  ifElse,
  local,
  v128,
  valueType,
  type WasmFunction,
  whileTrue,
} from '../wasm/wasm-code.js'
import { type WasmMemory, type WasmModule, wasm } from '../wasm/wasm-runtime.js'
import { expOf } from './exp-kernel.js'
import { logLossRows } from './log-loss-kernel.js'
import { scanCells } from './scan-kernel.js'

/**
 * A histogram cell is two 64-bit numbers: the sum of gradients; and the number of rows above the sum of second derivatives, parted at
 * `countShift`. Sums of whole numbers are exact, so they do not depend on the order of rows or on the number of threads.
 */
export const cellBytes = 16

/** Cells of one feature; the last one is that of missing values. */
export const binsPerFeature = 256

/** Bin of missing values. */
export const missingBin = binsPerFeature - 1

/** Features whose bins stand together in one record of a row; the histogram code is unrolled over them. */
export const recordWidthMax = 32

/** The hot loops. Addresses are byte positions in the shared memory; a `...To` is just behind the last. */
export interface Kernels {
  /** Adds the rows to the histograms of a record's features, `width` of them from `cells` on. */
  addRows(rows: number, rowsTo: number, bins: number, gradients: number, cells: number, countShift: number): number
  clearCells(cells: number, bytes: number): void
  /** cells = first + second */
  sumCells(cells: number, cellsTo: number, first: number, second: number): void
  /** cells -= other */
  subtractCells(cells: number, cellsTo: number, other: number): void
  /** Writes gradient, second derivative and count of each cell as float64; the first two times their scale. */
  unpackCells(
    cells: number,
    cellsTo: number,
    values: number,
    countShift: number,
    gradientScale: number,
    hessianScale: number,
  ): void
  /**
   * Parts rows in place, keeping their order; `table` has 4 for each bin that goes left, else 0.
   * @returns where the right part begins
   */
  partRows(rows: number, rowsTo: number, column: number, table: number, scratch: number): number
  /**
   * Writes the bin of each float32 value: of 256 ascending `bounds`, padded with Infinity, how many are below it. NaN is the last bin.
   */
  binValues(values: number, valuesTo: number, bounds: number, bins: number): void
  /** Finds the best last cell on the left; see `scan-kernel.ts`. */
  scanCells(cells: number, cellsTo: number, first: number, scan: number, countShift: number): void
  /** The exponentials of float64 numbers; see `exp-kernel.ts`. */
  expOf(values: number, valuesTo: number, results: number): void
  /** Derivatives and loss of rows of two classes; see `log-loss-kernel.ts`. */
  logLossRows(raw: number, rawTo: number, targets: number, whole: number, list: number): void
  /** values[row] += addend, float64. */
  addToRows(rows: number, rowsTo: number, values: number, addend: number): void
}

const compiled = new Map<number, WasmModule>()

/** Compiles the loops for records of `width` features, 1..32. They are kept: the engine makes them faster while they are used. */
export function compileKernels(width: number): WasmModule {
  const known = compiled.get(width)
  if (known !== undefined) return known
  const module = new wasm.Module(
    encodeModule([
      addRows(width),
      clearCells,
      combineCells('sumCells'),
      combineCells('subtractCells'),
      unpackCells,
      partRows,
      binValues,
      addToRows,
      scanCells,
      expOf,
      logLossRows,
    ]),
  )
  compiled.set(width, module)
  return module
}

/** The loops over a memory. */
export function linkKernels(module: WasmModule, memory: WasmMemory): Kernels {
  return asKernels(new wasm.Instance(module, { memory: { shared: memory } }).exports)
}

/** The module was made by `compileKernels`, whose functions have these names and types. */
function asKernels(exported: object): Kernels {
  return exported as Kernels
}

const { get, set } = local
const word = valueType.i32

function advance(index: number, bytes: number): Code {
  return set(index, i32.add(get(index), i32.const(bytes)))
}

function below(index: number, end: number): Code {
  return i32.lessUnsigned(get(index), get(end))
}

/** Rows whose memory is touched ahead of their sums. */
const batchRows = 64

/**
 * A byte per feature picks the cell; one vector addition adds gradient, second derivative and count. Rows of a deep node lie far apart,
 * so a short loop reads from each row of a batch first: many of its waits for memory pass at once, which the sums are too long for.
 */
function addRows(width: number): WasmFunction {
  const [rows, rowsTo, bins, gradients, cells, countShift, row, one, addend, cell] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  const [batchTo, ahead, touched] = [10, 11, 12]
  const gradientOf = (index: Code) => i32.add(get(gradients), i32.shl(index, i32.const(3)))
  const recordOf = (index: Code) => i32.add(get(bins), i32.mul(index, i32.const(width)))
  const touch = (value: Code) => set(touched, i32.or(get(touched), value))
  const perFeature = Array.from({ length: width }, (_, feature) => {
    const offset = feature * binsPerFeature * cellBytes
    return [
      set(cell, i32.add(get(cells), i32.shl(i32.loadByte(get(row), feature), i32.const(4)))),
      v128.store(get(cell), v128.add(v128.load(get(cell), offset), get(addend)), offset),
    ]
  })
  return {
    name: 'addRows',
    parameters: [word, word, word, word, word, word],
    locals: [word, valueType.v128, valueType.v128, word, word, word, word],
    // What was read, so that no compiler leaves the reading out.
    result: word,
    body: [
      set(one, v128.withHigh(v128.zero, i64.shl(i64.const(1), i64.fromI32(get(countShift))))),
      whileTrue(below(rows, rowsTo), [
        set(batchTo, i32.add(get(rows), i32.const(4 * batchRows))),
        ifElse(below(rowsTo, batchTo), set(batchTo, get(rowsTo))),
        // Rows are in ascending order; close ones are fetched by the processor itself.
        set(row, i32.sub(i32.load(i32.sub(get(batchTo), i32.const(4))), i32.load(get(rows)))),
        set(ahead, get(rows)),
        ifElse(i32.lessUnsigned(get(row), i32.const(2 * batchRows)), set(ahead, get(batchTo))),
        whileTrue(below(ahead, batchTo), [
          set(row, i32.load(get(ahead))),
          touch(i32.load(gradientOf(get(row)))),
          set(row, recordOf(get(row))),
          touch(i32.loadByte(get(row))),
          touch(i32.loadByte(get(row), width - 1)),
          advance(ahead, 4),
        ]),
        whileTrue(below(rows, batchTo), [
          set(row, i32.load(get(rows))),
          set(addend, v128.add(v128.extendLow(v128.loadHalf(gradientOf(get(row)))), get(one))),
          set(row, recordOf(get(row))),
          perFeature,
          advance(rows, 4),
        ]),
      ]),
      get(touched),
    ],
  }
}

const clearCells: WasmFunction = {
  name: 'clearCells',
  parameters: [word, word],
  locals: [],
  result: null,
  body: fillMemory(get(0), i32.const(0), get(1)),
}

function combineCells(name: 'sumCells' | 'subtractCells'): WasmFunction {
  const [cells, cellsTo, first, second] = [0, 1, 2, 3]
  const isSum = name === 'sumCells'
  const combined = isSum
    ? v128.add(v128.load(get(first)), v128.load(get(second)))
    : v128.sub(v128.load(get(cells)), v128.load(get(first)))
  return {
    name,
    parameters: isSum ? [word, word, word, word] : [word, word, word],
    locals: [],
    result: null,
    body: whileTrue(below(cells, cellsTo), [
      v128.store(get(cells), combined),
      advance(cells, cellBytes),
      advance(first, cellBytes),
      isSum ? advance(second, cellBytes) : [],
    ]),
  }
}

const unpackCells: WasmFunction = (() => {
  const [cells, cellsTo, values, countShift, gradientScale, hessianScale, shift, packed] = [0, 1, 2, 3, 4, 5, 6, 7]
  const mask = i64.sub(i64.shl(i64.const(1), get(shift)), i64.const(1))
  return {
    name: 'unpackCells',
    parameters: [word, word, word, word, valueType.f64, valueType.f64],
    locals: [valueType.i64, valueType.i64],
    result: null,
    body: [
      set(shift, i64.fromI32(get(countShift))),
      whileTrue(below(cells, cellsTo), [
        set(packed, i64.load(get(cells), 8)),
        f64.store(get(values), f64.mul(f64.fromSigned(i64.load(get(cells))), get(gradientScale))),
        f64.store(get(values), f64.mul(f64.fromUnsigned(i64.and(get(packed), mask)), get(hessianScale)), 8),
        f64.store(get(values), f64.fromUnsigned(i64.shiftRight(get(packed), get(shift))), 16),
        advance(cells, cellBytes),
        advance(values, 24),
      ]),
    ],
  }
})()

/** Writes every row to both ends and moves on only one of them, which needs no branch. */
const partRows: WasmFunction = (() => {
  const [rows, rowsTo, column, table, scratch, row, step, left, right] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  return {
    name: 'partRows',
    parameters: [word, word, word, word, word],
    locals: [word, word, word, word],
    result: word,
    body: [
      set(left, get(rows)),
      set(right, get(scratch)),
      whileTrue(below(rows, rowsTo), [
        set(row, i32.load(get(rows))),
        i32.store(get(left), get(row)),
        i32.store(get(right), get(row)),
        set(step, i32.loadByte(i32.add(get(table), i32.loadByte(i32.add(get(column), get(row)))))),
        set(left, i32.add(get(left), get(step))),
        set(right, i32.sub(i32.add(get(right), i32.const(4)), get(step))),
        advance(rows, 4),
      ]),
      copyMemory(get(left), get(scratch), i32.sub(get(right), get(scratch))),
      get(left),
    ],
  }
})()

/** A search of eight steps without a branch. */
const binValues: WasmFunction = (() => {
  const [values, valuesTo, bounds, bins, value, at] = [0, 1, 2, 3, 4, 5]
  const steps = [7, 6, 5, 4, 3, 2, 1, 0].map((power) => {
    const isAbove = f32.greater(get(value), f32.load(get(at), 4 * (2 ** power - 1)))
    return set(at, i32.add(get(at), i32.shl(isAbove, i32.const(power + 2))))
  })
  const bin = i32.shiftRight(i32.sub(get(at), get(bounds)), i32.const(2))
  const allOnesOfNaN = i32.sub(i32.const(0), f32.differs(get(value), get(value)))
  return {
    name: 'binValues',
    parameters: [word, word, word, word],
    locals: [valueType.f32, word],
    result: null,
    body: whileTrue(below(values, valuesTo), [
      set(value, f32.load(get(values))),
      set(at, get(bounds)),
      steps,
      i32.storeByte(get(bins), i32.or(bin, allOnesOfNaN)),
      advance(values, 4),
      advance(bins, 1),
    ]),
  }
})()

const addToRows: WasmFunction = (() => {
  const [rows, rowsTo, values, addend, at] = [0, 1, 2, 3, 4]
  return {
    name: 'addToRows',
    parameters: [word, word, word, valueType.f64],
    locals: [word],
    result: null,
    body: whileTrue(below(rows, rowsTo), [
      set(at, i32.add(get(values), i32.shl(i32.load(get(rows)), i32.const(3)))),
      f64.store(get(at), f64.add(f64.load(get(at)), get(addend))),
      advance(rows, 4),
    ]),
  }
})()
