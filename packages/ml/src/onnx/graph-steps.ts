import { elementTypes, type GraphBuilder } from './onnx-graph.js'

export type FloatType = 'float32' | 'float64'

/** The value in another float type. */
export function castTo(graph: GraphBuilder, value: string, type: FloatType | 'int64'): string {
  return graph.node({
    operator: 'Cast',
    inputs: [value],
    attributes: { to: { kind: 'int', value: elementTypes[type] } },
  })
}

/** A number without dimensions. */
export function scalar(graph: GraphBuilder, hint: string, value: number, type: FloatType): string {
  return graph.constant(hint, { elementType: type, shape: [], values: [value] })
}

/** One row of numbers, [1, n]. */
export function rowOf(graph: GraphBuilder, hint: string, values: ArrayLike<number>, type: FloatType): string {
  return graph.constant(hint, { elementType: type, shape: [1, values.length], values })
}

/** A node of two inputs. */
export function binary(graph: GraphBuilder, operator: string, left: string, right: string): string {
  return graph.node({ operator, inputs: [left, right] })
}

/** Softmax over the second axis. */
export function softmax(graph: GraphBuilder, scores: string): string {
  return graph.node({ operator: 'Softmax', inputs: [scores], attributes: { axis: { kind: 'int', value: 1 } } })
}

/** [N, 1] as [N]. */
export function squeezeColumn(graph: GraphBuilder, value: string): string {
  const axis = graph.constant('column_axis', { elementType: 'int64', shape: [1], values: [1] })
  return graph.node({ operator: 'Squeeze', inputs: [value, axis] })
}

/** Position of the least value of each row, the first among equals, int64 [N]. */
export function argMin(graph: GraphBuilder, values: string): string {
  return graph.node({
    operator: 'ArgMin',
    inputs: [values],
    attributes: { axis: { kind: 'int', value: 1 }, keepdims: { kind: 'int', value: 0 } },
  })
}

/** One column of [N, F] as [N, 1]. */
export function columnAt(graph: GraphBuilder, features: string, position: number): string {
  const at = graph.constant('column', { elementType: 'int64', shape: [1], values: [position] })
  return graph.node({ operator: 'Gather', inputs: [features, at], attributes: { axis: { kind: 'int', value: 1 } } })
}
