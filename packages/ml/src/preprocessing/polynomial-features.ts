import { float32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { assertDenseSize, denseColumns, denseValues, flowRows, flowWidth, namedFlow } from '../pipeline/flow.js'
import { apply, castTo, denseGraph, takeColumns } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Transformer } from '../pipeline/pipeline.js'

/** More products than this are refused: a slip in the degree should not fill the memory. */
const productsMax = 100_000

export interface PolynomialParameters {
  readonly degree: number
  readonly interactionOnly: boolean
  readonly includeBias: boolean
}

export interface FittedPolynomial extends FittedTransformer {
  readonly degree: number
  /** For each product, the features that it multiplies, ascending. */
  readonly products: readonly (readonly number[])[]
}

/** All products of features up to a degree. Throws MlError `memory_limit`. */
export const polynomialFeatures: Transformer<FittedPolynomial, PolynomialParameters> = {
  kind: 'polynomial_features',
  sklearnName: 'PolynomialFeatures',
  takes: ['number', 'dense'],
  parameters: {
    degree: parameter('integer', {
      name: 'degree',
      sklearnName: 'degree',
      default: 2,
      min: 1,
      max: 10,
      description: { en: 'Most factors of a product', fr: 'Nombre maximal de facteurs d’un produit' },
    }),
    interactionOnly: parameter('boolean', {
      name: 'interactionOnly',
      sklearnName: 'interaction_only',
      default: false,
      description: {
        en: 'Whether a product has each feature at most once',
        fr: 'Si un produit a chaque variable au plus une fois',
      },
    }),
    includeBias: parameter('boolean', {
      name: 'includeBias',
      sklearnName: 'include_bias',
      default: true,
      description: { en: 'Whether a column of ones comes first', fr: 'Si une colonne de uns vient en premier' },
    }),
  },
  async fit({ input, parameters = {} }) {
    const resolved = resolveParameters<PolynomialParameters>(polynomialFeatures.parameters, parameters)
    return { kind: 'polynomial_features', degree: resolved.degree, products: productsOf(flowWidth(input), resolved) }
  },
  transform({ products }, input) {
    const names = denseColumns(input, 'polynomial_features').map(({ name }) => name)
    const columns = denseValues(input, 'polynomial_features')
    const rowCount = flowRows(input)
    assertDenseSize(rowCount, products.length)
    const values = products.map((features) => {
      const product = new Float64Array(rowCount).fill(1)
      for (const feature of features) {
        const factor = itemAt(columns, feature)
        for (let row = 0; row < rowCount; row++) product[row] = itemAt(product, row) * float32At(factor, row)
      }
      return Float32Array.from(product)
    })
    return namedFlow(
      products.map((features) => productName(features, names)),
      values,
      rowCount,
    )
  },
  addToGraph({ degree, products }, graph, flow) {
    const { value, count } = denseGraph(graph, flow)
    const double = castTo(graph, value, 'float64')
    // A column of ones stands for the factors that a short product lacks.
    const one = apply(
      graph,
      'Add',
      apply(graph, 'Mul', takeColumns(graph, double, [0]), doubleOf(graph, 0)),
      doubleOf(graph, 1),
    )
    const clean = apply(graph, 'Where', apply(graph, 'IsNaN', one), doubleOf(graph, 1), one)
    const extended = graph.node({
      operator: 'Concat',
      inputs: [double, clean],
      attributes: { axis: { kind: 'int', value: 1 } },
    })
    const factors = Array.from({ length: degree }, (_, position) =>
      takeColumns(
        graph,
        extended,
        products.map((features) => features[position] ?? count),
      ),
    )
    const product = factors.reduce((left, right) => apply(graph, 'Mul', left, right))
    return { kind: 'dense', value: castTo(graph, product, 'float32'), columnCount: products.length }
  },
}

function doubleOf(graph: Parameters<typeof castTo>[0], value: number): string {
  return graph.constant('number', { elementType: 'float64', shape: [], values: [value] })
}

/** By degree, then by the features of the product in order. */
function productsOf(featureCount: number, { degree, interactionOnly, includeBias }: PolynomialParameters): number[][] {
  const products: number[][] = includeBias ? [[]] : []
  let shorter: number[][] = [[]]
  for (let factors = 1; factors <= degree; factors++) {
    const longer: number[][] = []
    for (const features of shorter) {
      const last = features.at(-1)
      const first = last === undefined ? 0 : interactionOnly ? last + 1 : last
      for (let feature = first; feature < featureCount; feature++) longer.push([...features, feature])
      if (products.length + longer.length > productsMax) {
        throw new MlError(
          'memory_limit',
          `Degree ${degree} of ${featureCount} features makes over ${productsMax} products: lower it`,
          {
            value: degree,
          },
        )
      }
    }
    products.push(...longer)
    shorter = longer
  }
  return products
}

/** As scikit-learn names them: `1`, `a`, `a^2`, `a b`. */
function productName(features: readonly number[], names: readonly string[]): string {
  if (features.length === 0) return '1'
  const powers = new Map<number, number>()
  for (const feature of features) powers.set(feature, (powers.get(feature) ?? 0) + 1)
  return [...powers].map(([feature, power]) => `${names[feature] ?? ''}${power > 1 ? `^${power}` : ''}`).join(' ')
}
