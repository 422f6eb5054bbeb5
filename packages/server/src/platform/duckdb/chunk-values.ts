import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api'

type Numbers = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array

/**
 * The numbers of a vector as they stand in memory, without an object for each; what a null has there is not said. The package keeps them under
 * this name and does not tell of it: undefined where it does so no more.
 */
function itemsOf(vector: DuckDBVector): Numbers | undefined {
  const { items } = vector as { readonly items?: unknown }
  return ArrayBuffer.isView(items) && !(items instanceof DataView) ? (items as Numbers) : undefined
}

/** Copies the values of a column of a chunk, none of them null, to a place in an array of the same element type. */
export function copyColumn(
  chunk: DuckDBDataChunk,
  column: number,
  target: { readonly values: Numbers | string[]; readonly from: number },
): void {
  const { values, from } = target
  const vector = chunk.getColumnVector(column)
  const items = Array.isArray(values) ? undefined : itemsOf(vector)
  if (items !== undefined && !Array.isArray(values) && items.constructor === values.constructor) {
    setNumbers(values, items.subarray(0, chunk.rowCount), from)
    return
  }
  for (let row = 0; row < chunk.rowCount; row += 1) setValue(values, from + row, vector.getItem(row))
}

/** Fills a column of a chunk that is to be appended. */
export function fillColumn(chunk: DuckDBDataChunk, column: number, values: Numbers | readonly string[]): void {
  const vector = chunk.getColumnVector(column)
  const items = isList(values) ? undefined : itemsOf(vector)
  if (items === undefined || isList(values) || items.constructor !== values.constructor) {
    chunk.setColumnValues(column, Array.from<string | number | bigint>(values))
    return
  }
  setNumbers(items, values, 0)
  vector.flush()
}

function isList(values: Numbers | readonly string[]): values is readonly string[] {
  return Array.isArray(values)
}

/** Both have been found to be of one kind. */
function setNumbers(target: Numbers, source: Numbers, from: number): void {
  ;(target as Float64Array).set(source as Float64Array, from)
}

/** The engine gives values of the type that was selected. */
function setValue(target: Numbers | string[], place: number, value: unknown): void {
  ;(target as { [place: number]: unknown })[place] = value
}
