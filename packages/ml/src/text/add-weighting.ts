import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { apply, castTo, scalar } from '../pipeline/graph-flow.js'
import type { Weighting } from './term-matrix.js'

/** Adds the nodes that weigh counts, float32 [N, V], as `termMatrix` does. */
export function addWeighting(
  graph: GraphBuilder,
  counts: string,
  { binary, sublinearTf, idf, norm }: Weighting,
): string {
  let value = counts
  if (binary) value = apply(graph, 'Sign', value)
  if (sublinearTf) value = addSublinear(graph, value)
  if (idf !== null) {
    const row = graph.constant('idf', { elementType: 'float32', shape: [1, idf.length], values: idf })
    value = apply(graph, 'Mul', value, row)
  }
  return norm === null ? value : addNorm(graph, value, norm)
}

/** 1 + ln(count), 0 where there is none. */
function addSublinear(graph: GraphBuilder, counts: string): string {
  const zero = scalar(graph, 'float32', 0)
  const double = castTo(graph, apply(graph, 'Max', counts, scalar(graph, 'float32', 1)), 'float64')
  const damped = castTo(graph, apply(graph, 'Add', apply(graph, 'Log', double), scalar(graph, 'float64', 1)), 'float32')
  return apply(graph, 'Where', apply(graph, 'Greater', counts, zero), damped, zero)
}

/** Rows of length 1; the length is summed in doubles, so that the order of the sum does not show. A row without terms stays zero. */
export function addNorm(graph: GraphBuilder, value: string, norm: 'l1' | 'l2'): string {
  const double = castTo(graph, value, 'float64')
  const length = graph.node({
    operator: norm === 'l1' ? 'ReduceL1' : 'ReduceL2',
    inputs: [double],
    attributes: { axes: { kind: 'ints', values: [1] } },
  })
  const one = scalar(graph, 'float64', 1)
  const usable = apply(graph, 'Where', apply(graph, 'Equal', length, scalar(graph, 'float64', 0)), one, length)
  return castTo(graph, apply(graph, 'Div', double, usable), 'float32')
}
