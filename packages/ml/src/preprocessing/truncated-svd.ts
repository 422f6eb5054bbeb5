import { float32At, float64At, int32At, itemAt } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { createPace, type Pace } from '../estimators/pace.js'
import { parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { denseValues, flowRows, isSparse, namedFlow } from '../pipeline/flow.js'
import { apply, castTo, denseGraph, scalar } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Flow, Transformer } from '../pipeline/pipeline.js'
import { createRandom, type Random } from '../random/create-random.js'
import { orthonormalise, symmetricEigen } from './small-algebra.js'

/**
 * Coordinates are rounded to a grid of 1 in so many: a file sums in another order, and without the grid what is left of zero would fall on
 * another side of a tree's threshold.
 */
const gridSteps = 2 ** 30

export interface TruncatedSvdParameters {
  readonly nComponents: number
  readonly nIter: number
  readonly nOversamples: number
  readonly seed: number
}

export interface FittedSvd extends FittedTransformer {
  readonly componentCount: number
  readonly featureCount: number
  /** Component by component, each over the features. */
  readonly components: Float32Array
  readonly singularValues: Float64Array
}

/** A matrix as what the method needs of it: products with a vector. */
interface Operator {
  readonly rowCount: number
  readonly columnCount: number
  /** Multiplications of one product. */
  readonly cost: number
  /** A v, of a vector of length columnCount. */
  times(vector: Float64Array): Float64Array
  /** A' u, of a vector of length rowCount. */
  transposedTimes(vector: Float64Array): Float64Array
}

/**
 * The leading singular vectors, by random projection with power iterations (Halko, Martinsson and Tropp 2011): for sparse text, where
 * centring would fill the matrix. Throws MlError `training_aborted`.
 */
export const truncatedSvd: Transformer<FittedSvd, TruncatedSvdParameters> = {
  kind: 'truncated_svd',
  sklearnName: 'TruncatedSVD',
  takes: ['number', 'dense', 'sparse'],
  parameters: {
    nComponents: parameter('integer', {
      name: 'nComponents',
      sklearnName: 'n_components',
      default: 2,
      min: 1,
      max: 2000,
      description: {
        en: 'Number of components, at most that of the features or rows',
        fr: 'Nombre de composantes, au plus celui des variables ou des lignes',
      },
    }),
    nIter: parameter('integer', {
      name: 'nIter',
      sklearnName: 'n_iter',
      default: 5,
      min: 0,
      max: 100,
      description: { en: 'Number of power iterations', fr: 'Nombre d’itérations de puissance' },
    }),
    nOversamples: parameter('integer', {
      name: 'nOversamples',
      sklearnName: 'n_oversamples',
      default: 10,
      min: 0,
      max: 1000,
      description: { en: 'Random vectors beyond the components', fr: 'Vecteurs aléatoires au-delà des composantes' },
    }),
    seed: seedParameter,
  },
  async fit({ input, parameters = {}, signal }) {
    const resolved = resolveParameters<TruncatedSvdParameters>(truncatedSvd.parameters, parameters)
    const operator = operatorOf(input)
    const { rowCount, columnCount } = operator
    const nComponents = Math.min(resolved.nComponents, columnCount, rowCount)
    const width = Math.min(nComponents + resolved.nOversamples, rowCount, columnCount)
    const random = createRandom(resolved.seed)
    let right: Float64Array[] = Array.from({ length: width }, () =>
      Float64Array.from({ length: columnCount }, () => normal(random)),
    )
    const pace = createPace(signal)
    let left = await each(right, operator.times, operator.cost, pace)
    for (let iteration = 0; iteration < resolved.nIter; iteration++) {
      await orthonormalise(left, pace)
      right = await each(left, operator.transposedTimes, operator.cost, pace)
      await orthonormalise(right, pace)
      left = await each(right, operator.times, operator.cost, pace)
    }
    await orthonormalise(left, pace)
    return decompose(await each(left, operator.transposedTimes, operator.cost, pace), nComponents)
  },
  transform({ components, componentCount, featureCount }, input) {
    const rowsOf = Array.from({ length: componentCount }, (_, component) =>
      Float64Array.from(components.subarray(component * featureCount, (component + 1) * featureCount)),
    )
    const values = rowsOf.map(operatorOf(input).times)
    return namedFlow(
      values.map((_, index) => `component_${index + 1}`),
      values.map((column) => Float32Array.from(column, (value) => Math.floor(value * gridSteps + 0.5) / gridSteps)),
      flowRows(input),
    )
  },
  addToGraph({ components, componentCount, featureCount }, graph, flow) {
    const transposed = new Float32Array(components.length)
    for (let component = 0; component < componentCount; component++) {
      for (let feature = 0; feature < featureCount; feature++) {
        transposed[feature * componentCount + component] = float32At(components, component * featureCount + feature)
      }
    }
    const weights = graph.constant('components', {
      elementType: 'float32',
      shape: [featureCount, componentCount],
      values: transposed,
    })
    const double = castTo(graph, denseGraph(graph, flow).value, 'float64')
    const product = apply(graph, 'MatMul', double, castTo(graph, weights, 'float64'))
    const steps = scalar(graph, 'float64', gridSteps)
    const counted = apply(graph, 'Add', apply(graph, 'Mul', product, steps), scalar(graph, 'float64', 0.5))
    const rounded = apply(graph, 'Div', apply(graph, 'Floor', counted), steps)
    return { kind: 'dense', value: castTo(graph, rounded, 'float32'), columnCount: componentCount }
  },
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}

/**
 * The right singular vectors of B = Q'A, given as its rows: with B B' = U S² U', they are B' U / S.
 * The sign of each makes its largest entry positive.
 */
function decompose(rows: readonly Float64Array[], componentCount: number): FittedSvd {
  const featureCount = rows[0]?.length ?? 0
  const { values, vectors } = symmetricEigen(rows.map((a) => Float64Array.from(rows, (b) => dot(a, b))))
  const components = new Float32Array(componentCount * featureCount)
  const singularValues = new Float64Array(componentCount)
  for (let component = 0; component < componentCount; component++) {
    const singular = Math.sqrt(Math.max(float64At(values, component), 0))
    singularValues[component] = singular
    const vector = new Float64Array(featureCount)
    for (let row = 0; row < rows.length; row++) {
      const weight = float64At(itemAt(vectors, component), row) / (singular || 1)
      const from = itemAt(rows, row)
      for (let feature = 0; feature < featureCount; feature++)
        vector[feature] = float64At(vector, feature) + weight * float64At(from, feature)
    }
    const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0)
    components.set(largest < 0 ? vector.map((value) => -value) : vector, component * featureCount)
  }
  return { kind: 'truncated_svd', componentCount, featureCount, components, singularValues }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += float64At(a, index) * float64At(b, index)
  return sum
}

/** One product after the other, with other work of the thread in between. */
async function each(
  vectors: readonly Float64Array[],
  product: (vector: Float64Array) => Float64Array,
  cost: number,
  pace: Pace,
): Promise<Float64Array[]> {
  const results: Float64Array[] = []
  for (const vector of vectors) {
    await pace.spend(cost)
    results.push(product(vector))
  }
  return results
}

function operatorOf(input: Flow): Operator {
  return isSparse(input) ? sparseOperator(input) : denseOperator(denseValues(input, 'truncated_svd'), flowRows(input))
}

function sparseOperator({ rowCount, columnCount, rowStarts, columnIds, values }: SparseMatrix): Operator {
  return {
    rowCount,
    columnCount,
    cost: values.length,
    times(vector) {
      const result = new Float64Array(rowCount)
      for (let row = 0; row < rowCount; row++) {
        let sum = 0
        for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++) {
          sum += float32At(values, entry) * float64At(vector, int32At(columnIds, entry))
        }
        result[row] = sum
      }
      return result
    },
    transposedTimes(vector) {
      const result = new Float64Array(columnCount)
      for (let row = 0; row < rowCount; row++) {
        const weight = float64At(vector, row)
        for (let entry = int32At(rowStarts, row); entry < int32At(rowStarts, row + 1); entry++) {
          const column = int32At(columnIds, entry)
          result[column] = float64At(result, column) + weight * float32At(values, entry)
        }
      }
      return result
    },
  }
}

function denseOperator(columns: readonly Float32Array[], rowCount: number): Operator {
  return {
    rowCount,
    columnCount: columns.length,
    cost: rowCount * columns.length,
    times(vector) {
      const result = new Float64Array(rowCount)
      for (let column = 0; column < columns.length; column++) {
        const weight = float64At(vector, column)
        const values = itemAt(columns, column)
        for (let row = 0; row < rowCount; row++) result[row] = float64At(result, row) + weight * float32At(values, row)
      }
      return result
    },
    transposedTimes: (vector) =>
      Float64Array.from(columns, (values) => {
        let sum = 0
        for (let row = 0; row < rowCount; row++) sum += float32At(values, row) * float64At(vector, row)
        return sum
      }),
  }
}
