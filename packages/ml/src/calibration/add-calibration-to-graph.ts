import { itemAt } from '../data/element.js'
import { binary, castTo, columnAt, rowOf, scalar } from '../onnx/graph-steps.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { addCountBelow } from '../preprocessing/count-below.js'
import { belowFloat32 } from '../preprocessing/float32-thresholds.js'
import type { Calibration } from './calibrate-classifier.js'
import { type IsotonicCalibration, isotonicSlope } from './fit-isotonic.js'
import type { SigmoidCalibration } from './fit-sigmoid.js'

/**
 * Adds what `calibrate` does, in float64 as there: the calibrated probabilities, float32 [N, K].
 * @param columns name of the scores or probabilities, float32 [N, K]
 */
export function addCalibrationToGraph(
  { classes }: Calibration,
  graph: GraphBuilder,
  { columns, classCount }: { readonly columns: string; readonly classCount: number },
): string {
  const used = classCount === 2 ? columnAt(graph, columns, 1) : columns
  const sigmoids = classes.filter((one) => one.kind === 'sigmoid')
  const isotonics = classes.filter((one) => one.kind === 'isotonic')
  const shares = sigmoids.length > 0 ? addSigmoids(graph, used, sigmoids) : addIsotonics(graph, used, isotonics)
  const all = classCount === 2 ? addBoth(graph, shares) : addNormalised(graph, shares, classCount)
  return castTo(graph, all, 'float32')
}

function addSigmoids(graph: GraphBuilder, columns: string, classes: readonly SigmoidCalibration[]): string {
  const slopes = classes.map(({ slope }) => slope)
  const offsets = classes.map(({ offset }) => offset)
  const scaled = binary(graph, 'Mul', castTo(graph, columns, 'float64'), rowOf(graph, 'slopes', slopes, 'float64'))
  const moved = binary(graph, 'Add', scaled, rowOf(graph, 'offsets', offsets, 'float64'))
  const one = scalar(graph, 'one', 1, 'float64')
  // The exponential of a large number is infinite, and the share then 0.
  return binary(graph, 'Div', one, binary(graph, 'Add', one, graph.node({ operator: 'Exp', inputs: [moved] })))
}

/** A tree by class finds the point at or below the score; the line goes on from there. */
function addIsotonics(graph: GraphBuilder, columns: string, classes: readonly IsotonicCalibration[]): string {
  const length = classes.reduce((longest, { scores }) => Math.max(longest, scores.length), 0)
  const ends = (at: number) => classes.map(({ scores }) => itemAt(scores, at < 0 ? scores.length - 1 : at))
  const raised = binary(graph, 'Max', columns, rowOf(graph, 'lowest', ends(0), 'float32'))
  const within = binary(graph, 'Min', raised, rowOf(graph, 'highest', ends(-1), 'float32'))
  const nexts = classes.map(({ scores }) => Float32Array.from(scores.subarray(1), belowFloat32))
  const starts = classes.map((_, index) => index * length)
  const point = castTo(graph, addCountBelow(graph, within, nexts), 'float64')
  const place = castTo(graph, binary(graph, 'Add', point, rowOf(graph, 'starts', starts, 'float64')), 'int64')
  const read = (hint: string, numberOf: (one: IsotonicCalibration, point: number) => number) => {
    const values = new Float64Array(classes.length * length)
    for (const [index, one] of classes.entries()) {
      for (const at of one.scores.keys()) values[index * length + at] = numberOf(one, at)
    }
    const table = graph.constant(hint, { elementType: 'float64', shape: [values.length], values })
    return binary(graph, 'Gather', table, place)
  }
  const scores = read('points', (one, at) => itemAt(one.scores, at))
  const slopes = read('slopes', isotonicSlope)
  const probabilities = read('probabilities', (one, at) => itemAt(one.probabilities, at))
  const distance = binary(graph, 'Sub', castTo(graph, within, 'float64'), scores)
  return binary(graph, 'Add', probabilities, binary(graph, 'Mul', slopes, distance))
}

/** The share of the second class, [N, 1], as the shares of both. */
function addBoth(graph: GraphBuilder, second: string): string {
  const first = binary(graph, 'Sub', scalar(graph, 'one', 1, 'float64'), second)
  return graph.node({ operator: 'Concat', inputs: [first, second], attributes: { axis: { kind: 'int', value: 1 } } })
}

/** Shares that add up to 1; equal ones where all are 0. */
function addNormalised(graph: GraphBuilder, shares: string, classCount: number): string {
  const axes = graph.constant('class_axis', { elementType: 'int64', shape: [1], values: [1] })
  const total = graph.node({ operator: 'ReduceSum', inputs: [shares, axes] })
  const isNone = binary(graph, 'Equal', total, scalar(graph, 'none', 0, 'float64'))
  const equal = scalar(graph, 'equal_share', 1 / classCount, 'float64')
  return graph.node({ operator: 'Where', inputs: [isNone, equal, binary(graph, 'Div', shares, total)] })
}
