import { float32At, int32At, itemAt } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { denseColumns, denseFlow, flowRows, isSparse } from '../pipeline/flow.js'
import { denseGraph, takeColumns } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Flow, GraphFlow } from '../pipeline/pipeline.js'

/** What every selection learns: which features stay, ascending. */
export interface FittedChoice extends FittedTransformer {
  readonly chosen: Int32Array
}

/** The chosen features; sparse rows stay sparse. */
export function transformChoice({ kind, chosen }: FittedChoice, input: Flow): Flow {
  if (isSparse(input)) return chooseSparse(input, chosen)
  const columns = denseColumns(input, kind)
  return denseFlow(
    Array.from(chosen, (index) => itemAt(columns, index)),
    flowRows(input),
  )
}

export function addChoice({ chosen }: FittedChoice, graph: GraphBuilder, flow: GraphFlow): GraphFlow {
  const value = takeColumns(graph, denseGraph(graph, flow).value, chosen)
  return { kind: 'dense', value, columnCount: chosen.length }
}

function chooseSparse(matrix: SparseMatrix, chosen: Int32Array): SparseMatrix {
  const { rowCount, columnCount, rowStarts, columnIds, values, columnNames } = matrix
  const positions = new Int32Array(columnCount).fill(-1)
  for (let index = 0; index < chosen.length; index++) positions[int32At(chosen, index)] = index
  const starts = new Int32Array(rowCount + 1)
  const ids = new Int32Array(values.length)
  const kept = new Float32Array(values.length)
  let at = 0
  for (let row = 0; row < rowCount; row++) {
    for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++) {
      const position = int32At(positions, int32At(columnIds, entry))
      if (position < 0) continue
      ids[at] = position
      kept[at++] = float32At(values, entry)
    }
    starts[row + 1] = at
  }
  return {
    ...matrix,
    columnCount: chosen.length,
    rowStarts: starts,
    columnIds: ids.slice(0, at),
    values: kept.slice(0, at),
    columnNames: columnNames === null ? null : Array.from(chosen, (index) => itemAt(columnNames, index)),
  }
}
