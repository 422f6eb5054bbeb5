import type { FittedModel } from '../estimators/estimator.js'
import type { LossName } from './losses.js'

/**
 * Boosted trees. What they say of a row is, by output, the baseline plus the values of its leaves; a link makes the prediction of it:
 * the logistic function of one output for two classes, softmax of one output per class for more, the exponential for Poisson.
 */
export interface BoostedModel extends FittedModel {
  readonly loss: LossName
  readonly featureNames: readonly string[]
  /** By feature: number of categories, 0 for a number. */
  readonly categoryCounts: Int32Array
  /** By output, float32. */
  readonly baseline: Float32Array
  readonly iterationCount: number
  /** First node of each tree, and the number of nodes at the end. Tree `t` adds to output `t % outputs`. */
  readonly roots: Int32Array
  /** By node, in preorder, so that the left child of a split is the next one; -1 for a leaf. */
  readonly featureIds: Int32Array
  /** A row goes left when its float32 value is `<=` this; Infinity parts all numbers from missing values. */
  readonly thresholds: Float32Array
  readonly rightChildren: Int32Array
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array
  /** Where the set of a split of categories begins in `categorySets`, eight words each; else -1. */
  readonly categoryStarts: Int32Array
  /** Codes that go left, of 0..255: code `c` is bit `c & 31` of word `c >> 5`. */
  readonly categorySets: Int32Array
  /** Of leaves; float32 and multiples of one power of two, so that sums over trees are exact. */
  readonly leafValues: Float32Array
  /** Loss that each split took away. */
  readonly gains: Float64Array
  /** Training rows that reached each node. */
  readonly counts: Int32Array
  /** Gain by feature, adding up to 1; all zero without a split. */
  readonly importances: Float64Array
  /** Mean loss before the first tree and after each iteration. */
  readonly trainingLosses: readonly number[]
  /** The same of rows held out; empty without. */
  readonly validationLosses: readonly number[]
}

export interface BoostedClassifier extends BoostedModel {
  readonly kind: 'hist_gradient_boosting_classifier'
  readonly classes: readonly string[]
}

export interface BoostedRegressor extends BoostedModel {
  readonly kind: 'hist_gradient_boosting_regressor'
}
