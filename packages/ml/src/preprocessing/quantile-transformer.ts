import { float32Values, type NumericColumn } from '../data/design-matrix.js'
import { float32At, float64At, itemAt } from '../data/element.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { denseColumns, denseFlow, flowRows } from '../pipeline/flow.js'
import { apply, castTo, denseGraph, rowOf, scalar } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Transformer } from '../pipeline/pipeline.js'
import { createRandom } from '../random/create-random.js'
import { assertPresent, presentOf, quantileOf } from './column-statistics.js'
import { addCountBelow, countBelow } from './count-below.js'
import { belowFloat32, floorToFloat32 } from './float32-thresholds.js'
import { mapPaced } from './map-paced.js'
import { addNormalQuantile, normalQuantile } from './normal-quantile.js'

/** As near to an end, a value counts as beyond it where the output is normal (scikit-learn's bound). */
const endTolerance = 1e-7

export interface QuantileParameters {
  readonly nQuantiles: number
  readonly outputDistribution: 'uniform' | 'normal'
  readonly subsample: number | null
  readonly seed: number
}

export interface FittedQuantile extends FittedTransformer {
  readonly outputDistribution: 'uniform' | 'normal'
  /** By feature, ascending; the first has share 0, the last share 1, the others lie evenly between. */
  readonly quantiles: readonly Float64Array[]
}

/** Maps each feature onto the share of training rows below it, or onto the normal distribution. Throws MlError `all_missing`. */
export const quantileTransformer: Transformer<FittedQuantile, QuantileParameters> = {
  kind: 'quantile_transformer',
  sklearnName: 'QuantileTransformer',
  takes: ['number', 'dense'],
  parameters: {
    nQuantiles: parameter('integer', {
      name: 'nQuantiles',
      sklearnName: 'n_quantiles',
      default: 1000,
      min: 2,
      max: 100_000,
      description: {
        en: 'Number of quantiles kept, at most that of the rows',
        fr: 'Nombre de quantiles gardés, au plus celui des lignes',
      },
    }),
    outputDistribution: parameter('choice', {
      name: 'outputDistribution',
      sklearnName: 'output_distribution',
      default: 'uniform',
      choices: ['uniform', 'normal'],
      description: { en: 'The distribution of the result', fr: 'La distribution du résultat' },
    }),
    subsample: parameter('integer', {
      name: 'subsample',
      sklearnName: 'subsample',
      default: 10_000,
      nullable: true,
      min: 10,
      description: {
        en: 'Rows that the quantiles are estimated from, drawn at random; null takes all',
        fr: 'Lignes dont les quantiles sont estimés, tirées au hasard ; null les prend toutes',
      },
    }),
    seed: seedParameter,
  },
  async fit({ input, signal, parameters = {} }) {
    const resolved = resolveParameters<QuantileParameters>(quantileTransformer.parameters, parameters)
    const rows = sampleRows(flowRows(input), resolved)
    const columns = denseColumns(input, 'quantile_transformer')
    const quantiles = await mapPaced(columns, { input, signal }, (column) => {
      const values = float32Values(column)
      const sample = rows === null ? values : Float32Array.from(rows, (row) => float32At(values, row))
      const sorted = presentOf(sample).sort()
      assertPresent(column.name, sorted.length)
      const count = Math.min(resolved.nQuantiles, sample.length)
      return ascendingQuantiles(sorted, count)
    })
    return { kind: 'quantile_transformer', outputDistribution: resolved.outputDistribution, quantiles }
  },
  transform({ quantiles, outputDistribution }, input) {
    const columns = denseColumns(input, 'quantile_transformer').map((column, index): NumericColumn => {
      const share = shareOf(itemAt(quantiles, index), outputDistribution === 'normal' ? endTolerance : 0)
      const map = outputDistribution === 'normal' ? (value: number) => normalQuantile(share(value)) : share
      const values = float32Values(column).map((value) => (Number.isNaN(value) ? value : map(value)))
      return { kind: 'numeric', name: column.name, values }
    })
    return denseFlow(columns, flowRows(input))
  },
  addToGraph({ quantiles, outputDistribution }, graph, flow) {
    const { value, count } = denseGraph(graph, flow)
    const isNormal = outputDistribution === 'normal'
    const shares = addShares(graph, value, quantiles, isNormal ? endTolerance : 0)
    const mapped = castTo(graph, isNormal ? addNormalQuantile(graph, shares) : shares, 'float32')
    const isMissing = apply(graph, 'IsNaN', value)
    return { kind: 'dense', value: apply(graph, 'Where', isMissing, value, mapped), columnCount: count }
  },
}

function sampleRows(rowCount: number, { subsample, seed }: QuantileParameters): Int32Array | null {
  if (subsample === null || rowCount <= subsample) return null
  const rows = Int32Array.from({ length: rowCount }, (_, row) => row)
  createRandom(seed).shuffle(rows)
  return rows.slice(0, subsample)
}

/** Evenly spaced quantiles. The shares go by way of per cent, as scikit-learn's do: rounding there decides about values that come often. */
function ascendingQuantiles(sorted: Float32Array, count: number): Float64Array {
  const step = 1 / Math.max(count - 1, 1)
  const quantiles = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    const share = index > 0 && index === count - 1 ? 1 : (index * step * 100) / 100
    const before = index === 0 ? -Infinity : float64At(quantiles, index - 1)
    quantiles[index] = Math.max(quantileOf(sorted, share), before)
  }
  return quantiles
}

/** Thresholds and slopes of the broken line through the quantiles. */
function lineOf(quantiles: Float64Array): {
  readonly atMost: Float32Array
  readonly below: Float32Array
  readonly slopes: Float64Array
} {
  const step = 1 / Math.max(quantiles.length - 1, 1)
  const slopes = new Float64Array(quantiles.length)
  for (let index = 0; index + 1 < quantiles.length; index++) {
    const width = float64At(quantiles, index + 1) - float64At(quantiles, index)
    slopes[index] = width > 0 ? step / width : 0
  }
  return {
    atMost: Float32Array.from(quantiles, belowFloat32),
    below: Float32Array.from(quantiles, floorToFloat32),
    slopes,
  }
}

/**
 * The share of rows below a value, along the broken line. Where quantiles coincide, a value there gets the middle of their shares: the
 * line is read from the left and from the right.
 */
function shareOf(quantiles: Float64Array, tolerance: number): (value: number) => number {
  const { atMost, below, slopes } = lineOf(quantiles)
  const last = quantiles.length - 1
  const step = 1 / Math.max(last, 1)
  const lowEnd = float64At(quantiles, 0) + tolerance
  const highEnd = float64At(quantiles, last) - tolerance
  return (value) => {
    if (tolerance === 0 ? value <= lowEnd : value < lowEnd) return 0
    if (tolerance === 0 ? value >= highEnd : value > highEnd) return 1
    const left = Math.min(Math.max(countBelow(atMost, value) - 1, 0), last)
    const right = Math.min(countBelow(below, value), last)
    const fromLeft = left * step + float64At(slopes, left) * (value - float64At(quantiles, left))
    const slope = float64At(slopes, Math.max(right - 1, 0))
    const fromRight = right * step + slope * (value - float64At(quantiles, right))
    return 0.5 * (fromLeft + fromRight)
  }
}

/** The same as nodes: shares as doubles [N, F]. */
function addShares(graph: GraphBuilder, value: string, quantiles: readonly Float64Array[], tolerance: number): string {
  const lines = quantiles.map(lineOf)
  const length = quantiles.reduce((longest, own) => Math.max(longest, own.length), 0)
  const last = rowOf(
    graph,
    'last',
    quantiles.map((own) => own.length - 1),
  )
  const steps = rowOf(
    graph,
    'steps',
    quantiles.map((own) => 1 / Math.max(own.length - 1, 1)),
  )
  const starts = rowOf(
    graph,
    'starts',
    quantiles.map((_, index) => index * length),
  )
  const number = (own: number) => scalar(graph, 'float64', own)
  const table = (hint: string, rows: readonly Float64Array[]) => {
    const values = new Float64Array(rows.length * length)
    for (const [index, row] of rows.entries()) values.set(row, index * length)
    return graph.constant(hint, { elementType: 'float64', shape: [values.length], values })
  }
  const read = (from: string, position: string) => {
    const index = castTo(graph, apply(graph, 'Add', position, starts), 'int64')
    return apply(graph, 'Gather', from, index)
  }
  const knots = table('quantiles', quantiles)
  const slopes = table(
    'slopes',
    lines.map((line) => line.slopes),
  )
  const double = castTo(graph, value, 'float64')
  const position = (thresholds: readonly Float32Array[]) =>
    castTo(graph, addCountBelow(graph, value, thresholds), 'float64')
  const bounded = (own: string) => apply(graph, 'Min', apply(graph, 'Max', own, number(0)), last)
  const left = bounded(apply(graph, 'Sub', position(lines.map(({ atMost }) => atMost)), number(1)))
  const right = bounded(position(lines.map(({ below }) => below)))
  const along = (at: string, slopeAt: string) => {
    const rise = apply(graph, 'Mul', read(slopes, slopeAt), apply(graph, 'Sub', double, read(knots, at)))
    return apply(graph, 'Add', apply(graph, 'Mul', at, steps), rise)
  }
  const fromRight = along(right, apply(graph, 'Max', apply(graph, 'Sub', right, number(1)), number(0)))
  const middle = apply(graph, 'Mul', number(0.5), apply(graph, 'Add', along(left, left), fromRight))
  const ends = {
    low: quantiles.map((own) => itemAt(own, 0) + tolerance),
    high: quantiles.map((own) => itemAt(own, own.length - 1) - tolerance),
  }
  const isHigh = apply(graph, tolerance === 0 ? 'GreaterOrEqual' : 'Greater', double, rowOf(graph, 'high', ends.high))
  const isLow = apply(graph, tolerance === 0 ? 'LessOrEqual' : 'Less', double, rowOf(graph, 'low', ends.low))
  return apply(graph, 'Where', isLow, number(0), apply(graph, 'Where', isHigh, number(1), middle))
}
