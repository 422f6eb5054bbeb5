import { float64At } from '../data/element.js'
import { type DenseRows, denseRows } from '../data/feature-rows.js'
import { checkFeatures, featureCount, featureNames } from '../estimators/check-input.js'
import type { ComponentsPredicted, Estimator, Features, FitInput, FittedModel } from '../estimators/estimator.js'
import { modelRows } from '../estimators/model-rows.js'
import { createPace } from '../estimators/pace.js'
import { MlError } from '../ml-error.js'
import { binary, castTo, rowOf } from '../onnx/graph-steps.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { symmetricEigen } from './eigen.js'

export interface PcaParameters {
  readonly nComponents: number | null
  readonly whiten: boolean
}

/** The covariance of more features than this would not fit: 32 MB at 2,000. */
export const pcaFeaturesMax = 4096

const parameters: ParameterTable<PcaParameters> = {
  nComponents: parameter('count_or_share', {
    name: 'nComponents',
    sklearnName: 'n_components',
    default: null,
    nullable: true,
    min: 1,
    description: {
      en: 'Number of components, or the share of the variance that they keep; null keeps all',
      fr: 'Nombre de composantes, ou part de la variance qu’elles gardent ; null les garde toutes',
    },
  }),
  whiten: parameter('boolean', {
    name: 'whiten',
    sklearnName: 'whiten',
    default: false,
    description: { en: 'Whether components are scaled to variance 1', fr: 'Si les composantes ont une variance de 1' },
  }),
}

export interface Pca extends FittedModel {
  readonly kind: 'pca'
  readonly featureCount: number
  readonly componentCount: number
  readonly means: Float64Array
  /** Component after component, each of length 1; its greatest entry is positive. */
  readonly components: Float64Array
  readonly explainedVariance: Float64Array
  readonly explainedVarianceRatio: Float64Array
  readonly whiten: boolean
}

/** Principal components, by the eigenvectors of the covariance. */
export const pca: Estimator<'decomposition', Pca, PcaParameters> = {
  kind: 'pca',
  task: 'decomposition',
  sklearnName: 'PCA',
  parameters,
  accepts: {
    sparse: false,
    missing: false,
    categories: false,
    sampleWeights: false,
    wantsScaling: true,
    nonNegative: false,
  },

  async fit(input: FitInput<'decomposition'>): Promise<Pca> {
    const { features, signal } = input
    const { nComponents, whiten } = resolveParameters<PcaParameters>(parameters, input.parameters ?? {})
    checkFeatures(features, pca.accepts)
    if (!('columns' in features)) throw new MlError('sparse_unsupported', 'pca takes no sparse features')
    const width = featureCount(features)
    const most = Math.min(width, features.rowCount)
    if (width > pcaFeaturesMax) {
      throw new MlError('memory_limit', `There are ${width} features: pca takes at most ${pcaFeaturesMax}`, {
        value: width,
      })
    }
    if (nComponents !== null && nComponents > most) {
      throw new MlError('invalid_parameter', `n_components is ${nComponents}: there are at most ${most}`, {
        value: nComponents,
      })
    }
    const rows = denseRows(features)
    const means = columnMeans(rows)
    const { values, vectors } = symmetricEigen(await covariance(rows, means, signal), width)
    const variances = values.map((value) => Math.max(0, value))
    const total = variances.reduce((before, value) => before + value, 0)
    const ratios = variances.map((value) => (total === 0 ? 0 : value / total))
    const componentCount = nComponents === null ? most : nComponents >= 1 ? nComponents : countFor(ratios, nComponents)
    return Object.freeze({
      kind: 'pca',
      featureNames: featureNames(features),
      featureCount: width,
      componentCount,
      means,
      components: withSigns(vectors.slice(0, componentCount * width), width),
      explainedVariance: variances.slice(0, componentCount),
      explainedVarianceRatio: ratios.slice(0, componentCount),
      whiten,
    })
  },

  predict(model: Pca, features: Features): ComponentsPredicted {
    const { rowCount, columnCount, values } = modelRows(model, features) as DenseRows
    const scales = scalesOf(model)
    const columns = Array.from({ length: model.componentCount }, (_, component) => {
      const column = new Float32Array(rowCount)
      for (let row = 0; row < rowCount; row++) {
        let sum = 0
        for (let at = 0; at < columnCount; at++) {
          const centred = float64At(values, row * columnCount + at) - float64At(model.means, at)
          sum += centred * float64At(model.components, component * columnCount + at)
        }
        column[row] = sum / float64At(scales, component)
      }
      return column
    })
    return { kind: 'components', columns }
  },

  addToGraph(model, graph, features) {
    const { featureCount: width, componentCount, components, means } = model
    const scales = scalesOf(model)
    const weights = new Float64Array(components.length)
    for (let component = 0; component < componentCount; component++) {
      for (let feature = 0; feature < width; feature++) {
        weights[feature * componentCount + component] =
          float64At(components, component * width + feature) / float64At(scales, component)
      }
    }
    const centred = binary(graph, 'Sub', castTo(graph, features, 'float64'), rowOf(graph, 'means', means, 'float64'))
    const shape = [width, componentCount]
    const turned = graph.constant('components', { elementType: 'float64', shape, values: weights })
    return { components: castTo(graph, binary(graph, 'MatMul', centred, turned), 'float32') }
  },
}

function scalesOf({ whiten, explainedVariance }: Pca): Float64Array {
  const least = 2 ** -26
  return explainedVariance.map((variance) => (whiten ? Math.max(Math.sqrt(variance), least) : 1))
}

/** The fewest components that explain more than the share. */
function countFor(ratios: Float64Array, share: number): number {
  let sum = 0
  for (const [index, ratio] of ratios.entries()) {
    sum += ratio
    if (sum > share) return index + 1
  }
  return ratios.length
}

export function columnMeans({ rowCount, columnCount, values }: DenseRows): Float64Array {
  const sums = new Float64Array(columnCount)
  for (let index = 0; index < values.length; index++) {
    const column = index % columnCount
    sums[column] = float64At(sums, column) + float64At(values, index)
  }
  return sums.map((sum) => sum / rowCount)
}

/** Over n - 1, as scikit-learn takes it. */
async function covariance(
  { rowCount, columnCount, values }: DenseRows,
  means: Float64Array,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const sums = new Float64Array(columnCount * columnCount)
  const centred = new Float64Array(columnCount)
  const pace = createPace(signal)
  for (let row = 0; row < rowCount; row++) {
    if (row % 1000 === 0) await pace.spend(500 * columnCount * columnCount)
    for (let at = 0; at < columnCount; at++) {
      centred[at] = float64At(values, row * columnCount + at) - float64At(means, at)
    }
    for (let a = 0; a < columnCount; a++) {
      const own = float64At(centred, a)
      for (let b = a; b < columnCount; b++) {
        sums[a * columnCount + b] = float64At(sums, a * columnCount + b) + own * float64At(centred, b)
      }
    }
  }
  const divisor = Math.max(1, rowCount - 1)
  for (let a = 0; a < columnCount; a++) {
    for (let b = a; b < columnCount; b++) {
      const value = float64At(sums, a * columnCount + b) / divisor
      sums[a * columnCount + b] = value
      sums[b * columnCount + a] = value
    }
  }
  return sums
}

/** Turns each vector so that its entry of greatest size is positive, as scikit-learn since 1.5. */
export function withSigns(vectors: Float64Array, width: number): Float64Array {
  for (let start = 0; start < vectors.length; start += width) {
    let greatest = 0
    for (let at = start; at < start + width; at++) {
      if (Math.abs(float64At(vectors, at)) > Math.abs(greatest)) greatest = float64At(vectors, at)
    }
    if (greatest >= 0) continue
    for (let at = start; at < start + width; at++) vectors[at] = -float64At(vectors, at)
  }
  return vectors
}
