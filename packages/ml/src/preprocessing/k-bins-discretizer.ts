import { float32Values } from '../data/design-matrix.js'
import { itemAt } from '../data/element.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { assertDenseSize, denseColumns, flowRows, namedFlow } from '../pipeline/flow.js'
import { denseGraph, sideBySide, takeColumns } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Transformer } from '../pipeline/pipeline.js'
import { addIndicators } from './category-columns.js'
import { assertPresent, averagedQuantileOf, quantileOf, sortedPresent } from './column-statistics.js'
import { addCountBelow, countBelow } from './count-below.js'
import { belowFloat32 } from './float32-thresholds.js'
import { mapPaced } from './map-paced.js'

export interface KBinsParameters {
  readonly nBins: number
  readonly encode: 'onehot' | 'ordinal'
  readonly strategy: 'uniform' | 'quantile'
  readonly quantileMethod: 'averaged_inverted_cdf' | 'linear'
}

export interface FittedKBins extends FittedTransformer {
  readonly encode: 'onehot' | 'ordinal'
  /** By feature, ascending: a value above so many of them is in the bin of that number. */
  readonly thresholds: readonly Float32Array[]
}

/** Puts each feature into bins of equal width or of equally many rows. NaN falls into the last one. Throws MlError `all_missing`. */
export const kBinsDiscretizer: Transformer<FittedKBins, KBinsParameters> = {
  kind: 'k_bins_discretizer',
  sklearnName: 'KBinsDiscretizer',
  takes: ['number', 'dense'],
  parameters: {
    nBins: parameter('integer', {
      name: 'nBins',
      sklearnName: 'n_bins',
      default: 5,
      min: 2,
      max: 1000,
      description: { en: 'Number of bins of a feature', fr: 'Nombre d’intervalles par variable' },
    }),
    encode: parameter('choice', {
      name: 'encode',
      sklearnName: 'encode',
      default: 'onehot',
      choices: ['onehot', 'ordinal'],
      description: {
        en: 'A column for each bin, or the number of the bin',
        fr: 'Une colonne par intervalle, ou le numéro de l’intervalle',
      },
    }),
    strategy: parameter('choice', {
      name: 'strategy',
      sklearnName: 'strategy',
      default: 'quantile',
      choices: ['uniform', 'quantile'],
      description: {
        en: 'Bins of equal width or of equally many rows',
        fr: 'Intervalles de même largeur ou de même nombre de lignes',
      },
    }),
    quantileMethod: parameter('choice', {
      name: 'quantileMethod',
      sklearnName: 'quantile_method',
      default: 'averaged_inverted_cdf',
      choices: ['averaged_inverted_cdf', 'linear'],
      description: {
        en: 'How a quantile between two values is taken',
        fr: 'Comment un quantile est pris entre deux valeurs',
      },
    }),
  },
  async fit({ input, signal, parameters = {} }) {
    const resolved = resolveParameters<KBinsParameters>(kBinsDiscretizer.parameters, parameters)
    const columns = denseColumns(input, 'k_bins_discretizer')
    const thresholds = await mapPaced(columns, { input, signal }, (column) => {
      const sorted = sortedPresent(float32Values(column))
      assertPresent(column.name, sorted.length)
      return Float32Array.from(edgesOf(sorted, resolved), belowFloat32)
    })
    return { kind: 'k_bins_discretizer', encode: resolved.encode, thresholds }
  },
  transform({ encode, thresholds }, input) {
    const columns = denseColumns(input, 'k_bins_discretizer')
    const rowCount = flowRows(input)
    const bins = columns.map((column, index) =>
      float32Values(column).map((value) => countBelow(itemAt(thresholds, index), value)),
    )
    if (encode === 'ordinal')
      return namedFlow(
        columns.map(({ name }) => name),
        bins,
        rowCount,
      )
    const pairs = columns.flatMap(({ name }, index) =>
      Array.from({ length: itemAt(thresholds, index).length + 1 }, (_, bin) => ({
        name: `${name}_${bin}`,
        index,
        bin,
      })),
    )
    assertDenseSize(rowCount, pairs.length)
    return namedFlow(
      pairs.map(({ name }) => name),
      pairs.map(({ index, bin }) => itemAt(bins, index).map((own) => (own === bin ? 1 : 0))),
      rowCount,
    )
  },
  addToGraph({ encode, thresholds }, graph, flow) {
    const { value, count } = denseGraph(graph, flow)
    const bins = addCountBelow(graph, value, thresholds)
    if (encode === 'ordinal') return { kind: 'dense', value: bins, columnCount: count }
    const parts = thresholds.map((own, index) =>
      addIndicators(graph, takeColumns(graph, bins, [index]), own.length + 1),
    )
    const width = thresholds.reduce((total, own) => total + own.length + 1, 0)
    return { kind: 'dense', value: sideBySide(graph, parts), columnCount: width }
  },
}

/** The inner edges of the bins. Quantiles that (nearly) coincide make one edge, as in scikit-learn. */
function edgesOf(sorted: Float32Array, { nBins, strategy, quantileMethod }: KBinsParameters): number[] {
  const low = itemAt(sorted, 0)
  const high = itemAt(sorted, sorted.length - 1)
  if (low === high) return []
  const shares = Array.from({ length: nBins + 1 }, (_, index) => index / nBins)
  if (strategy === 'uniform') return shares.slice(1, -1).map((share) => low + share * (high - low))
  const quantile = quantileMethod === 'linear' ? quantileOf : averagedQuantileOf
  const edges = shares.map((share) => quantile(sorted, share))
  const kept = edges.filter((edge, index) => index === 0 || edge - itemAt(edges, index - 1) > 1e-8)
  return kept.slice(1, -1)
}
