import type { ForestRegressorParameters, TreeRegressorParameters } from './forest-parameters.js'
import type { GrownTree, ValueLeaves } from './forest-task.js'
import { meanImportances } from './mean-importances.js'
import { joinNodes, type TreeNodes } from './tree-nodes.js'

export type ForestRegressorKind = 'random_forest_regressor' | 'extra_trees_regressor' | 'decision_tree_regressor'

/** A trained forest of regression trees: plain data. What it predicts is `base` and the mean of the leaves. */
export interface ForestRegressor extends TreeNodes {
  readonly kind: ForestRegressorKind
  readonly parameters: ForestRegressorParameters | TreeRegressorParameters
  readonly featureNames: readonly string[]
  /** A float32 number, the middle of the training values. */
  readonly base: number
  /** By leaf: mean less `base`, of a precision at which sums over all trees are exact in float32. */
  readonly leafValues: Float32Array
  /** By feature: mean decrease of the squared error, adding up to 1 (all zero when no tree has a split), as in scikit-learn. */
  readonly featureImportances: Float64Array
  /** R2 on the rows that trees did not draw; null where it was not asked for. */
  readonly outOfBagScore: number | null
}

/** What a model is besides its trees. */
export type ForestRegressorFrame = Pick<ForestRegressor, 'kind' | 'parameters' | 'featureNames' | 'base'>

/** Joins the trees, given in order of their number. */
export function assembleRegressor(trees: readonly GrownTree[], frame: ForestRegressorFrame): ForestRegressor {
  const { kind, parameters, featureNames, base } = frame
  const nodes = joinNodes(trees)
  const leafValues = new Float32Array(nodes.leafWeights.length)
  let firstLeaf = 0
  for (const tree of trees) {
    const { values } = valueLeaves(tree)
    leafValues.set(values, firstLeaf)
    firstLeaf += values.length
  }
  return Object.freeze({
    kind,
    parameters: Object.freeze({ ...parameters }),
    featureNames: Object.freeze([...featureNames]),
    base,
    ...nodes,
    leafValues,
    featureImportances: meanImportances(trees, featureNames.length),
    outOfBagScore: null,
  })
}

function valueLeaves({ leaves }: GrownTree): ValueLeaves {
  if (leaves.kind !== 'values') throw new Error('A regressor was given a tree of classes')
  return leaves
}
