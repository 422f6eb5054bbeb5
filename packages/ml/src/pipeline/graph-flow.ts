import { MlError } from '../ml-error.js'
import { type ElementType, elementTypes, type GraphBuilder, type OnnxAttribute } from '../onnx/onnx-graph.js'
import type { GraphColumn, GraphFlow } from './pipeline.js'

/** The lowest int64: a missing time in a file. */
export const missingTime = -(2 ** 63)

const axisOne: Readonly<Record<string, OnnxAttribute>> = { axis: { kind: 'int', value: 1 } }

/** A node with one output and only inputs. */
export function apply(graph: GraphBuilder, operator: string, ...inputs: string[]): string {
  return graph.node({ operator, inputs })
}

export function castTo(graph: GraphBuilder, value: string, elementType: ElementType): string {
  const to: OnnxAttribute = { kind: 'int', value: elementTypes[elementType] }
  return graph.node({ operator: 'Cast', inputs: [value], attributes: { to } })
}

/** A constant of one number. */
export function scalar(graph: GraphBuilder, elementType: 'float32' | 'float64' | 'int64', value: number): string {
  return graph.constant('number', { elementType, shape: [], values: [value] })
}

/** A constant [1, F] of doubles, to be applied to every row. */
export function rowOf(graph: GraphBuilder, hint: string, values: ArrayLike<number>): string {
  return graph.constant(hint, { elementType: 'float64', shape: [1, values.length], values })
}

/** A constant [K] of whole numbers. */
export function int64s(graph: GraphBuilder, hint: string, values: ArrayLike<number | bigint>): string {
  return graph.constant(hint, { elementType: 'int64', shape: [values.length], values })
}

/** [N] as [N, 1]. */
export function asColumn(graph: GraphBuilder, value: string): string {
  return graph.node({ operator: 'Unsqueeze', inputs: [value, int64s(graph, 'column_axis', [1])] })
}

/** Matrices of as many rows side by side. */
export function sideBySide(graph: GraphBuilder, values: readonly string[]): string {
  const [only] = values
  if (values.length === 1 && only !== undefined) return only
  return graph.node({ operator: 'Concat', inputs: values, attributes: axisOne })
}

/** The chosen columns of [N, F]. */
export function takeColumns(graph: GraphBuilder, value: string, columns: ArrayLike<number>): string {
  const positions = int64s(graph, 'columns', columns)
  return graph.node({ operator: 'Gather', inputs: [value, positions], attributes: axisOne })
}

/** The flow as float32 [N, F]. */
export function denseGraph(graph: GraphBuilder, flow: GraphFlow): { readonly value: string; readonly count: number } {
  if (flow.kind === 'dense') return { value: flow.value, count: flow.columnCount }
  const columns = flow.columns.map((column) => asColumn(graph, column.value))
  return { value: sideBySide(graph, columns), count: columns.length }
}

/** The flow as columns one by one, each [N]. */
export function columnsGraph(flow: GraphFlow): readonly GraphColumn[] {
  if (flow.kind === 'columns') return flow.columns
  throw new MlError('invalid_pipeline', 'An encoder stands after a step that makes numbers: put it first')
}

/** A dense flow, computed in doubles from the float32 values: each value is then rounded once, as `Math.fround` does. */
export function inDoubles(
  graph: GraphBuilder,
  flow: GraphFlow,
  compute: (value: string) => string,
): Extract<GraphFlow, { kind: 'dense' }> {
  const { value, count } = denseGraph(graph, flow)
  const result = compute(castTo(graph, value, 'float64'))
  return { kind: 'dense', value: castTo(graph, result, 'float32'), columnCount: count }
}
