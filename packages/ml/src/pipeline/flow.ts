import { type DesignMatrix, float32Values, type NumericColumn } from '../data/design-matrix.js'
import { float32At, int32At, itemAt } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { columnLength, type TableColumn } from '../data/table.js'
import { MlError } from '../ml-error.js'
import type { Flow } from './pipeline.js'

/** Dense values that a step may make, at 4 bytes each: 2 GiB. */
const denseCellsMax = 2 ** 29

/** Names of features are kept for as many; beyond, they would be of no use to people and heavy in a file. */
export const namedFeaturesMax = 10_000

export function isSparse(flow: Flow): flow is SparseMatrix {
  return 'kind' in flow
}

export function isDense(flow: Flow): flow is DesignMatrix {
  return 'columns' in flow
}

export function isColumns(flow: Flow): flow is readonly TableColumn[] {
  return !isSparse(flow) && !isDense(flow)
}

/** Number of rows. */
export function flowRows(flow: Flow): number {
  if (!isColumns(flow)) return flow.rowCount
  const [first] = flow
  return first === undefined ? 0 : columnLength(first)
}

/**
 * Refuses a dense matrix that would not fit.
 * @throws MlError `memory_limit`
 */
export function assertDenseSize(rowCount: number, columnCount: number): void {
  const cells = rowCount * columnCount
  if (cells <= denseCellsMax) return
  throw new MlError(
    'memory_limit',
    `${rowCount} rows of ${columnCount} dense features are ${cells} values: at most ${denseCellsMax} are held; keep fewer features or reduce them`,
    { value: cells },
  )
}

/**
 * The flow as dense float32 columns: columns of numbers, dense numbers, or sparse rows spread out.
 * @param step name of the step that asks, for the message
 * @throws MlError `wrong_column_kind` or `memory_limit`
 */
export function denseColumns(flow: Flow, step: string): readonly NumericColumn[] {
  if (isSparse(flow)) return spreadOut(flow)
  if (isDense(flow)) return flow.columns
  return flow.map((column) => {
    if (column.kind !== 'number') {
      throw new MlError(
        'wrong_column_kind',
        `Column ${JSON.stringify(column.name)} holds ${column.kind}, but ${step} takes numbers: encode it first`,
        { value: column.kind },
      )
    }
    return { kind: 'numeric', name: column.name, values: Float32Array.from(column.values) }
  })
}

/** The same as float32 arrays. */
export function denseValues(flow: Flow, step: string): Float32Array[] {
  return denseColumns(flow, step).map(float32Values)
}

/** Dense columns as a flow. Names need not be unique here: `fitPipeline` makes them so for the estimator. */
export function denseFlow(columns: readonly NumericColumn[], rowCount: number): DesignMatrix {
  return { rowCount, columns }
}

/** Dense columns from values and names. */
export function namedFlow(names: readonly string[], values: readonly Float32Array[], rowCount: number): DesignMatrix {
  return denseFlow(
    values.map((column, index) => ({ kind: 'numeric', name: itemAt(names, index), values: column })),
    rowCount,
  )
}

/** Names of the values of a flow; null where there are too many. */
export function flowNames(flow: Flow): readonly string[] | null {
  if (isSparse(flow)) return flow.columnNames
  return isDense(flow) ? flow.columns.map(({ name }) => name) : flow.map(({ name }) => name)
}

/** Number of values in a row. */
export function flowWidth(flow: Flow): number {
  if (isSparse(flow)) return flow.columnCount
  return isDense(flow) ? flow.columns.length : flow.length
}

function spreadOut(matrix: SparseMatrix): NumericColumn[] {
  const { rowCount, columnCount, rowStarts, columnIds, values } = matrix
  assertDenseSize(rowCount, columnCount)
  const columns = Array.from({ length: columnCount }, () => new Float32Array(rowCount))
  for (let row = 0; row < rowCount; row++) {
    for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++) {
      itemAt(columns, int32At(columnIds, entry))[row] = float32At(values, entry)
    }
  }
  return columns.map((column, index) => ({
    kind: 'numeric',
    name: matrix.columnNames?.[index] ?? `feature_${index + 1}`,
    values: column,
  }))
}

/** Flows side by side: sparse if one is and `keepSparse`, dense otherwise. */
export function joinFlows(flows: readonly Flow[], rowCount: number, keepSparse: boolean): DesignMatrix | SparseMatrix {
  if (keepSparse && flows.some(isSparse)) return joinSparse(flows.map(sparseOf), rowCount)
  assertDenseSize(
    rowCount,
    flows.reduce((total, flow) => total + flowWidth(flow), 0),
  )
  return denseFlow(
    flows.flatMap((flow) => denseColumns(flow, 'the estimator')),
    rowCount,
  )
}

/** Dense numbers without their zeros. */
function sparseOf(flow: Flow): SparseMatrix {
  if (isSparse(flow)) return flow
  const columns = denseColumns(flow, 'the estimator')
  const values = columns.map(float32Values)
  const rowCount = flowRows(flow)
  const rowStarts = new Int32Array(rowCount + 1)
  let length = 0
  for (const column of values) for (let row = 0; row < rowCount; row++) if (column[row] !== 0) length++
  const ids = new Int32Array(length)
  const entries = new Float32Array(length)
  let at = 0
  for (let row = 0; row < rowCount; row++) {
    for (let index = 0; index < values.length; index++) {
      const value = float32At(itemAt(values, index), row)
      if (value === 0) continue
      ids[at] = index
      entries[at++] = value
    }
    rowStarts[row + 1] = at
  }
  return {
    kind: 'sparse',
    rowCount,
    columnCount: columns.length,
    rowStarts,
    columnIds: ids,
    values: entries,
    columnNames: columns.map(({ name }) => name),
  }
}

function joinSparse(parts: readonly SparseMatrix[], rowCount: number): SparseMatrix {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  const rowStarts = new Int32Array(rowCount + 1)
  const length = parts.reduce((total, part) => total + part.values.length, 0)
  const columnIds = new Int32Array(length)
  const values = new Float32Array(length)
  let at = 0
  for (let row = 0; row < rowCount; row++) {
    let offset = 0
    for (const part of parts) {
      for (let entry = int32At(part.rowStarts, row); entry < int32At(part.rowStarts, row + 1); entry++) {
        columnIds[at] = int32At(part.columnIds, entry) + offset
        values[at++] = float32At(part.values, entry)
      }
      offset += part.columnCount
    }
    rowStarts[row + 1] = at
  }
  const columnCount = parts.reduce((total, part) => total + part.columnCount, 0)
  const names = parts.every((part) => part.columnNames !== null) && columnCount <= namedFeaturesMax
  return {
    kind: 'sparse',
    rowCount,
    columnCount,
    rowStarts,
    columnIds,
    values,
    columnNames: names ? parts.flatMap((part) => part.columnNames ?? []) : null,
  }
}
