import {
  encodeModule,
  f64x2,
  i32,
  local,
  type ValueType,
  v128,
  valueType,
  type WasmFunction,
  whileTrue,
} from '../wasm/wasm-code.js'
import { type WasmMemory, type WasmModule, wasm } from '../wasm/wasm-runtime.js'

/** Rows and columns of a result that are worked out together; both its sizes are multiples of it. */
export const tile = 4

/** The loop over a memory; addresses are byte positions, and `...Step` are distances in bytes. */
export interface MatrixKernel {
  /**
   * c = a b, and every row of c has the row `start` added first; in float64, every sum in the order of `inner`. Of b, c and start a row
   * takes `rowBytes`, a multiple of 32; a stands as its steps say, by its own rows and by `inner`, so that it may be given turned.
   * @param rows of a and c, a multiple of 4
   */
  multiply(
    start: number,
    a: number,
    aRowStep: number,
    aInnerStep: number,
    b: number,
    c: number,
    rows: number,
    inner: number,
    rowBytes: number,
  ): void
}

let compiled: WasmModule | null = null

export function linkMatrixKernel(memory: WasmMemory): MatrixKernel {
  compiled ??= new wasm.Module(encodeModule([multiply]))
  return asKernel(new wasm.Instance(compiled, { memory: { shared: memory } }).exports)
}

/** The module has this one function. */
function asKernel(exported: object): MatrixKernel {
  return exported as MatrixKernel
}

const { get, set } = local

/** Sixteen sums are kept in registers: two vectors of two numbers in each of four rows. */
const multiply: WasmFunction = (() => {
  const [start, a, aRowStep, aInnerStep, b, c, rows, inner, rowBytes] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
  const [column, columnTo, at, atTo, line, first] = [9, 10, 11, 12, 13, 14]
  const from = [15, 16, 17, 18]
  const firstVector = 19
  const sum = (row: number, half: number) => firstVector + 2 * row + half
  const [left, right, value] = [firstVector + 8, firstVector + 9, firstVector + 10]
  const advance = (index: number, by: ReturnType<typeof get>) => set(index, i32.add(get(index), by))
  const tileRows = from.map((pointer, row) => ({ pointer, row }))
  const load = tileRows.map(({ row }) => [
    set(sum(row, 0), v128.load(get(first))),
    set(sum(row, 1), v128.load(get(first), 16)),
  ])
  const store = tileRows.map(({ row }) => [
    v128.store(get(line), get(sum(row, 0))),
    v128.store(get(line), get(sum(row, 1)), 16),
    advance(line, get(rowBytes)),
  ])
  const addProducts = tileRows.map(({ pointer, row }) => [
    set(value, v128.loadSplat(get(pointer))),
    set(sum(row, 0), f64x2.add(get(sum(row, 0)), f64x2.mul(get(value), get(left)))),
    set(sum(row, 1), f64x2.add(get(sum(row, 1)), f64x2.mul(get(value), get(right)))),
    advance(pointer, get(aInnerStep)),
  ])
  return {
    name: 'multiply',
    parameters: new Array<ValueType>(9).fill(valueType.i32),
    locals: [...new Array<ValueType>(10).fill(valueType.i32), ...new Array<ValueType>(11).fill(valueType.v128)],
    result: null,
    body: whileTrue(i32.lessUnsigned(i32.const(0), get(rows)), [
      set(column, get(b)),
      set(columnTo, i32.add(get(b), get(rowBytes))),
      set(first, get(start)),
      whileTrue(i32.lessUnsigned(get(column), get(columnTo)), [
        tileRows.map(({ pointer, row }) => set(pointer, i32.add(get(a), i32.mul(get(aRowStep), i32.const(row))))),
        load,
        set(at, get(column)),
        set(atTo, i32.add(get(column), i32.mul(get(inner), get(rowBytes)))),
        whileTrue(i32.lessUnsigned(get(at), get(atTo)), [
          set(left, v128.load(get(at))),
          set(right, v128.load(get(at), 16)),
          addProducts,
          advance(at, get(rowBytes)),
        ]),
        set(line, get(c)),
        store,
        advance(column, i32.const(8 * tile)),
        advance(first, i32.const(8 * tile)),
        advance(c, i32.const(8 * tile)),
      ]),
      // The columns have moved it on by one row.
      advance(c, i32.mul(get(rowBytes), i32.const(tile - 1))),
      advance(a, i32.mul(get(aRowStep), i32.const(tile))),
      set(rows, i32.sub(get(rows), i32.const(tile))),
    ]),
  }
})()
