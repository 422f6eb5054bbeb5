import type { IsolationForestParameters } from './isolation-parameters.js'
import type { TreeNodes } from './tree-nodes.js'

/**
 * A trained isolation forest: plain data. The score of a row is `-2^(factor * sum of its path lengths + shift) - offset`; below zero is
 * an outlier.
 */
export interface IsolationForest extends TreeNodes {
  readonly kind: 'isolation_forest'
  readonly parameters: IsolationForestParameters
  readonly featureNames: readonly string[]
  /** By leaf: length of the path to it, of a precision at which sums over all trees are exact in float32. */
  readonly pathLengths: Float32Array
  /** -1 / (trees * mean path length), a float32 number; `shift` is 0 except where there is no such length. */
  readonly factor: number
  readonly shift: number
  /** A float32 number. */
  readonly offset: number
}
