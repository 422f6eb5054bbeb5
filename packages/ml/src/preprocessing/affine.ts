import { float32Values, type NumericColumn } from '../data/design-matrix.js'
import { float32At, float64At, itemAt } from '../data/element.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { denseColumns, denseFlow, flowRows } from '../pipeline/flow.js'
import { apply, inDoubles, rowOf, scalar } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Flow, GraphFlow, TransformerInput } from '../pipeline/pipeline.js'
import { assertPresent, presentOf } from './column-statistics.js'
import { mapPaced } from './map-paced.js'

/** What every scaler learns: a value becomes (value - offset) / divisor, by feature, within bounds where there are any. */
export interface FittedAffine extends FittedTransformer {
  readonly offsets: Float64Array
  readonly divisors: Float64Array
  readonly bounds: readonly [number, number] | null
}

export interface Scale {
  readonly offset: number
  readonly divisor: number
}

/**
 * Learns the scale of each feature from its values that are not NaN.
 * @throws MlError `all_missing` or `training_aborted`
 */
export async function fitAffine(
  kind: string,
  run: Pick<TransformerInput<Flow>, 'input' | 'signal'>,
  scaleOf: (present: Float32Array) => Scale,
): Promise<FittedAffine> {
  const scales = await mapPaced(denseColumns(run.input, kind), run, (column) => {
    const present = presentOf(float32Values(column))
    assertPresent(column.name, present.length)
    return scaleOf(present)
  })
  return {
    kind,
    offsets: Float64Array.from(scales, ({ offset }) => offset),
    divisors: Float64Array.from(scales, ({ divisor }) => divisor),
    bounds: null,
  }
}

/** Computed in doubles and rounded once; NaN stays. */
export function transformAffine(fitted: FittedAffine, input: Flow): Flow {
  const columns = denseColumns(input, fitted.kind).map((column, index): NumericColumn => {
    const offset = float64At(fitted.offsets, index)
    const divisor = float64At(fitted.divisors, index)
    const from = float32Values(column)
    const values = new Float32Array(from.length)
    for (let row = 0; row < values.length; row++) values[row] = (float32At(from, row) - offset) / divisor
    if (fitted.bounds !== null) clip(values, fitted.bounds)
    return { kind: 'numeric', name: column.name, values }
  })
  return denseFlow(columns, flowRows(input))
}

function clip(values: Float32Array, bounds: readonly [number, number]): void {
  const low = Math.fround(itemAt(bounds, 0))
  const high = Math.fround(itemAt(bounds, 1))
  for (let row = 0; row < values.length; row++) {
    const value = float32At(values, row)
    if (value < low) values[row] = low
    else if (value > high) values[row] = high
  }
}

/** The same nodes for every scaler. */
export function addAffine(fitted: FittedAffine, graph: GraphBuilder, flow: GraphFlow): GraphFlow {
  const scaled = inDoubles(graph, flow, (value) => {
    const moved = apply(graph, 'Sub', value, rowOf(graph, 'offsets', fitted.offsets))
    return apply(graph, 'Div', moved, rowOf(graph, 'divisors', fitted.divisors))
  })
  if (fitted.bounds === null) return scaled
  const [low, high] = fitted.bounds
  const clipped = apply(graph, 'Clip', scaled.value, scalar(graph, 'float32', low), scalar(graph, 'float32', high))
  return { ...scaled, value: clipped }
}
