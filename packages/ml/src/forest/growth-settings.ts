import type { ForestParameters } from './forest-parameters.js'
import type { GrowthSettings } from './forest-task.js'
import { leafUnitsFor } from './quantise-shares.js'

/** Works out shares and words for a set of the given size, rounding as scikit-learn does. */
export function growthSettings(
  parameters: ForestParameters,
  { rowCount, featureCount }: { readonly rowCount: number; readonly featureCount: number },
): GrowthSettings {
  const { minSamplesSplit, minSamplesLeaf } = parameters
  const minRowsLeaf = minSamplesLeaf < 1 ? Math.ceil(minSamplesLeaf * rowCount) : minSamplesLeaf
  const minRowsSplit = minSamplesSplit < 1 ? Math.ceil(minSamplesSplit * rowCount) : minSamplesSplit
  return {
    seed: parameters.seed,
    bootstrap: parameters.bootstrap,
    entropy: parameters.criterion === 'entropy',
    maxDepth: parameters.maxDepth ?? Infinity,
    minRowsLeaf,
    minRowsSplit: Math.max(2, minRowsSplit),
    featuresPerSplit: featuresPerSplit(parameters.maxFeatures, featureCount),
    leafUnits: leafUnitsFor(parameters.nEstimators),
  }
}

function featuresPerSplit(maxFeatures: ForestParameters['maxFeatures'], featureCount: number): number {
  if (maxFeatures === null) return featureCount
  if (maxFeatures === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(featureCount)))
  if (maxFeatures === 'log2') return Math.max(1, Math.floor(Math.log2(featureCount)))
  if (maxFeatures < 1) return Math.max(1, Math.floor(maxFeatures * featureCount))
  return Math.min(maxFeatures, featureCount)
}
