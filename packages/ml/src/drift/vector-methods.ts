/**
 * How vectors are compared, with Evidently's names and thresholds:
 * - `model`: the area under the ROC curve of a classifier of the two sets on rows it has not seen; above 0.55
 * - `distance`: between the two mean vectors; above 0.2
 * - `mmd`: maximum mean discrepancy with a Gaussian kernel as wide as the median distance; above 0.015
 * - `ratio`: the share of components whose normed Wasserstein distance is at least 0.1; above 0.2
 */
export type EmbeddingDriftMethod = 'model' | 'distance' | 'mmd' | 'ratio'

export const embeddingThresholds: Readonly<Record<EmbeddingDriftMethod, number>> = {
  model: 0.55,
  distance: 0.2,
  mmd: 0.015,
  ratio: 0.2,
}

/** Names of the methods that take vectors, in the order of documents. */
export const embeddingMethodNames: readonly EmbeddingDriftMethod[] = ['model', 'distance', 'mmd', 'ratio']

/** Whether a method is one that takes vectors. */
export function isEmbeddingMethod(name: string): name is EmbeddingDriftMethod {
  return Object.hasOwn(embeddingThresholds, name)
}

/** Rows that each set needs. */
export const embeddingRowsMin = 20
