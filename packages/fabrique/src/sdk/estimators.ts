import type { EstimatorDefinition, Json } from '@fabrique/contract'

/** Parameters of a random forest, with scikit-learn's meanings and defaults. */
export interface RandomForestOptions {
  /** Number of trees; 100 by default. */
  readonly nEstimators?: number
  /** Deepest level of a tree; no bound by default. */
  readonly maxDepth?: number | null
  readonly minSamplesSplit?: number
  readonly minSamplesLeaf?: number
  /** Features tried at each split: `sqrt` by default, `log2`, a count, or a share below 1. */
  readonly maxFeatures?: 'sqrt' | 'log2' | number
  readonly bootstrap?: boolean
  readonly criterion?: 'gini' | 'entropy'
  readonly classWeight?: 'balanced' | null
}

/** A parameter under scikit-learn's own name: `nEstimators` is logged as `n_estimators`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A random forest; a classifier where the task is classification. */
export function randomForest(options: RandomForestOptions = {}): EstimatorDefinition {
  const params: Record<string, Json> = {}
  for (const [name, value] of Object.entries(options)) if (value !== undefined) params[snakeCase(name)] = value
  return { kind: 'random_forest_classifier', params }
}
