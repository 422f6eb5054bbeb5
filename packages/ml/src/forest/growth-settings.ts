import type { SamplingParameters, TreeParameters } from './forest-parameters.js'
import type { GrowthSettings } from './forest-task.js'
import { leafUnitsFor } from './quantise-shares.js'

/** What the settings of every kind of forest come from. */
export interface GrowthRequest {
  readonly parameters: TreeParameters & SamplingParameters & { readonly criterion: string }
  readonly randomSplits: boolean
}

/** Works out shares and words for a set of the given size, rounding as scikit-learn does. */
export function growthSettings(
  { parameters, randomSplits }: GrowthRequest,
  { rowCount, featureCount }: { readonly rowCount: number; readonly featureCount: number },
): GrowthSettings {
  const { minSamplesSplit, minSamplesLeaf, criterion } = parameters
  const minRowsLeaf = minSamplesLeaf < 1 ? Math.ceil(minSamplesLeaf * rowCount) : minSamplesLeaf
  const minRowsSplit = minSamplesSplit < 1 ? Math.ceil(minSamplesSplit * rowCount) : minSamplesSplit
  return {
    seed: parameters.seed,
    entropy: criterion === 'entropy' || criterion === 'log_loss',
    randomSplits,
    maxDepth: parameters.maxDepth ?? Infinity,
    minRowsLeaf,
    minRowsSplit: Math.max(2, minRowsSplit),
    minWeightShareLeaf: parameters.minWeightFractionLeaf,
    featuresPerSplit: featuresPerSplit(parameters.maxFeatures, featureCount),
    maxLeaves: parameters.maxLeafNodes ?? Infinity,
    minImpurityDecrease: parameters.minImpurityDecrease,
    leafUnits: leafUnitsFor(parameters.nEstimators),
  }
}

/** Number of features to try at each split. */
export function featuresPerSplit(maxFeatures: TreeParameters['maxFeatures'], featureCount: number): number {
  if (maxFeatures === null) return featureCount
  if (maxFeatures === 'sqrt') return Math.max(1, Math.floor(Math.sqrt(featureCount)))
  if (maxFeatures === 'log2') return Math.max(1, Math.floor(Math.log2(featureCount)))
  if (maxFeatures < 1) return Math.max(1, Math.floor(maxFeatures * featureCount))
  return Math.min(maxFeatures, featureCount)
}
