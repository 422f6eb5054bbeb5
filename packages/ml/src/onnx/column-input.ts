import { squeezeColumn } from './graph-steps.js'
import type { ElementType, GraphBuilder } from './onnx-graph.js'
import { rows } from './prediction-outputs.js'

/**
 * Adds the input of a column under its name and gives its values, [N]. A column that is the only one of its model is [N, 1] in the file:
 * MLflow gives a table of one column to a model of one input as a matrix, and a table of several as vectors.
 */
export function addColumnInput(
  graph: GraphBuilder,
  { name, elementType }: { readonly name: string; readonly elementType: ElementType },
  columnCount: number,
): string {
  if (columnCount > 1) return graph.input({ name, elementType, shape: [rows] })
  return squeezeColumn(graph, graph.input({ name, elementType, shape: [rows, 1] }))
}
