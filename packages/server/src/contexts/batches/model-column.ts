import type { FeatureSpec } from '@fabrique/contract'
import type { Datatype } from '../serving/files.js'

/** The element types of inputs that rows of a table can be given to. */
export const columnDatatypes = ['FP32', 'FP64', 'INT64', 'INT32', 'BOOL', 'BYTES'] as const
export type ColumnDatatype = (typeof columnDatatypes)[number]

/** A column that a model reads, and what of it is taken. */
export interface ModelColumn {
  readonly name: string
  readonly datatype: ColumnDatatype
  readonly spec: FeatureSpec
}

/** Values of a column by row. */
export type ColumnValues = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array | string[]

export function isColumnDatatype(datatype: Datatype): datatype is ColumnDatatype {
  return columnDatatypes.some((known) => known === datatype)
}

export function makeValues(datatype: ColumnDatatype, count: number): ColumnValues {
  switch (datatype) {
    case 'FP32':
      return new Float32Array(count)
    case 'FP64':
      return new Float64Array(count)
    case 'INT64':
      return new BigInt64Array(count)
    case 'INT32':
      return new Int32Array(count)
    case 'BOOL':
      return new Uint8Array(count)
    case 'BYTES':
      return new Array<string>(count).fill('')
  }
}
