import { float32Values, type NumericColumn } from '../data/design-matrix.js'
import { float32At, float64At } from '../data/element.js'
import { createPace, type Pace } from '../estimators/pace.js'
import { MlError } from '../ml-error.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { denseColumns, denseFlow, flowRows } from '../pipeline/flow.js'
import { apply, inDoubles, rowOf, scalar } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Transformer } from '../pipeline/pipeline.js'
import { assertPresent, momentsOf, presentOf, usableScale } from './column-statistics.js'
import { mapPaced } from './map-paced.js'
import { minimise } from './minimise.js'

/** What a power costs, in multiplications. */
const costOfPower = 30

export interface PowerParameters {
  readonly method: 'yeo-johnson' | 'box-cox'
  readonly standardize: boolean
}

export interface FittedPower extends FittedTransformer {
  readonly method: 'yeo-johnson' | 'box-cox'
  readonly lambdas: Float64Array
  readonly offsets: Float64Array
  readonly divisors: Float64Array
}

/**
 * Makes each feature more like a normal distribution, by the power of greatest likelihood (Box and Cox 1964; Yeo and Johnson 2000).
 * Throws MlError `all_missing`, or `negative_value` where box-cox meets a value that is not above 0.
 */
export const powerTransformer: Transformer<FittedPower, PowerParameters> = {
  kind: 'power_transformer',
  sklearnName: 'PowerTransformer',
  takes: ['number', 'dense'],
  parameters: {
    method: parameter('choice', {
      name: 'method',
      sklearnName: 'method',
      default: 'yeo-johnson',
      choices: ['yeo-johnson', 'box-cox'],
      description: {
        en: 'yeo-johnson takes all numbers, box-cox those above 0',
        fr: 'yeo-johnson accepte tous les nombres, box-cox ceux au-dessus de 0',
      },
    }),
    standardize: parameter('boolean', {
      name: 'standardize',
      sklearnName: 'standardize',
      default: true,
      description: {
        en: 'Whether the result gets mean 0 and variance 1',
        fr: 'Si le résultat reçoit la moyenne 0 et la variance 1',
      },
    }),
  },
  async fit({ input, signal, parameters = {} }) {
    const { method, standardize } = resolveParameters<PowerParameters>(powerTransformer.parameters, parameters)
    const pace = createPace(signal)
    const columns = denseColumns(input, 'power_transformer')
    const fits = await mapPaced(columns, { input, signal }, (column) => fitColumn(column, method, pace))
    return {
      kind: 'power_transformer',
      method,
      lambdas: Float64Array.from(fits, ({ lambda }) => lambda),
      offsets: Float64Array.from(fits, ({ mean }) => (standardize ? mean : 0)),
      divisors: Float64Array.from(fits, ({ deviation }) => (standardize ? deviation : 1)),
    }
  },
  transform(fitted, input) {
    const columns = denseColumns(input, 'power_transformer').map((column, index): NumericColumn => {
      const lambda = float64At(fitted.lambdas, index)
      const offset = float64At(fitted.offsets, index)
      const divisor = float64At(fitted.divisors, index)
      const from = float32Values(column)
      const values = new Float32Array(from.length)
      for (let row = 0; row < values.length; row++) {
        values[row] = (powerOf(fitted.method, float32At(from, row), lambda) - offset) / divisor
      }
      return { kind: 'numeric', name: column.name, values }
    })
    return denseFlow(columns, flowRows(input))
  },
  addToGraph(fitted, graph, flow) {
    return inDoubles(graph, flow, (value) => {
      const powered = addPower(graph, value, fitted)
      const moved = apply(graph, 'Sub', powered, rowOf(graph, 'offsets', fitted.offsets))
      return apply(graph, 'Div', moved, rowOf(graph, 'divisors', fitted.divisors))
    })
  },
}

/** (base^exponent - 1) / exponent, the logarithm where the exponent is 0. */
function boxCox(base: number, exponent: number): number {
  return exponent === 0 ? Math.log(base) : (base ** exponent - 1) / exponent
}

function powerOf(method: FittedPower['method'], value: number, lambda: number): number {
  if (method === 'box-cox') return boxCox(value, lambda)
  return value >= 0 ? boxCox(value + 1, lambda) : -boxCox(1 - value, 2 - lambda)
}

async function fitColumn(
  column: NumericColumn,
  method: FittedPower['method'],
  pace: Pace,
): Promise<{ lambda: number; mean: number; deviation: number }> {
  const present = presentOf(float32Values(column))
  assertPresent(column.name, present.length)
  const lowest = present.find((value) => value <= 0)
  if (method === 'box-cox' && lowest !== undefined) {
    throw new MlError(
      'negative_value',
      `Feature ${JSON.stringify(column.name)} is ${lowest}: box-cox takes numbers above 0, use yeo-johnson`,
      {
        value: lowest,
      },
    )
  }
  const lambda = momentsOf(present).variance === 0 ? 1 : await likeliestPower(present, method, pace)
  const powered = new Float64Array(present.length)
  for (let row = 0; row < powered.length; row++) powered[row] = powerOf(method, float32At(present, row), lambda)
  const { mean, variance } = momentsOf(powered)
  return { lambda, mean, deviation: usableScale(Math.sqrt(variance)) }
}

async function likeliestPower(present: Float32Array, method: FittedPower['method'], pace: Pace): Promise<number> {
  // The logarithm of the derivative of the transformation at lambda 2, summed over the rows.
  let stretch = 0
  for (let row = 0; row < present.length; row++) {
    const value = float32At(present, row)
    stretch += method === 'box-cox' ? Math.log(value) : Math.sign(value) * Math.log1p(Math.abs(value))
  }
  const powered = new Float64Array(present.length)
  const lambda = await minimise(async (candidate) => {
    await pace.spend(present.length * costOfPower)
    for (let row = 0; row < powered.length; row++) powered[row] = powerOf(method, float32At(present, row), candidate)
    const { variance } = momentsOf(powered)
    const loss = (present.length / 2) * Math.log(variance) - (candidate - 1) * stretch
    return Number.isNaN(loss) ? Infinity : loss
  })
  // Powers that are nearly 0 or 2 would lose their digits in the difference.
  return Math.abs(lambda) < 1e-10 ? 0 : Math.abs(lambda - 2) < 1e-10 ? 2 : lambda
}

function addPower(graph: GraphBuilder, value: string, { method, lambdas }: FittedPower): string {
  if (method === 'box-cox') return addBoxCox(graph, value, lambdas)
  const one = scalar(graph, 'float64', 1)
  const zero = scalar(graph, 'float64', 0)
  const isUpper = apply(graph, 'GreaterOrEqual', value, zero)
  // Each half sees a base of at least 1 on the other's rows, so that no row makes NaN of the half that is not taken.
  const above = addBoxCox(graph, apply(graph, 'Add', apply(graph, 'Max', value, zero), one), lambdas)
  const below = addBoxCox(
    graph,
    apply(graph, 'Sub', one, apply(graph, 'Min', value, zero)),
    lambdas.map((own) => 2 - own),
  )
  return apply(graph, 'Where', isUpper, above, apply(graph, 'Neg', below))
}

function addBoxCox(graph: GraphBuilder, base: string, exponents: Float64Array): string {
  const usable = exponents.map((own) => (own === 0 ? 1 : own))
  const row = rowOf(graph, 'exponents', usable)
  const power = apply(
    graph,
    'Div',
    apply(graph, 'Sub', apply(graph, 'Pow', base, row), scalar(graph, 'float64', 1)),
    row,
  )
  if (!exponents.includes(0)) return power
  const isLog = apply(graph, 'Equal', rowOf(graph, 'exponents', exponents), scalar(graph, 'float64', 0))
  return apply(graph, 'Where', isLog, apply(graph, 'Log', base), power)
}
