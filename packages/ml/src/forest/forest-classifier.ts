import { int32At } from '../data/element.js'
import type { ForestParameters, TreeClassifierParameters } from './forest-parameters.js'
import type { ClassLeaves, GrownTree } from './forest-task.js'
import { meanImportances } from './mean-importances.js'
import { joinNodes, type TreeNodes } from './tree-nodes.js'

export type ForestClassifierKind = 'random_forest_classifier' | 'extra_trees_classifier' | 'decision_tree_classifier'

/** A trained forest of classification trees: plain data. */
export interface ForestClassifier extends TreeNodes {
  readonly kind: ForestClassifierKind
  readonly parameters: ForestParameters | TreeClassifierParameters
  readonly featureNames: readonly string[]
  readonly classes: readonly string[]
  /** By leaf: where its classes begin in the two lists below; one more entry than leaves. */
  readonly leafStarts: Int32Array
  readonly leafClasses: Int32Array
  /** Probabilities within the leaf, of a precision at which sums over all trees are exact in float32. */
  readonly leafShares: Float32Array
  /** By feature: mean decrease of impurity, adding up to 1 (all zero when no tree has a split), as in scikit-learn. */
  readonly featureImportances: Float64Array
  /** Accuracy on the rows that trees did not draw; null where it was not asked for. */
  readonly outOfBagScore: number | null
}

/** What a model is besides its trees. */
export type ForestClassifierFrame = Pick<ForestClassifier, 'kind' | 'parameters' | 'featureNames' | 'classes'>

/** Joins the trees, given in order of their number, whose leaf shares are in units of 1 / `leafUnits`. */
export function assembleForest(
  trees: readonly GrownTree[],
  frame: ForestClassifierFrame,
  leafUnits: number,
): ForestClassifier {
  const { kind, parameters, featureNames, classes } = frame
  return Object.freeze({
    kind,
    parameters: Object.freeze({ ...parameters }),
    featureNames: Object.freeze([...featureNames]),
    classes: Object.freeze([...classes]),
    ...joinNodes(trees),
    ...joinClassLeaves(trees.map(classLeaves), leafUnits),
    featureImportances: meanImportances(trees, featureNames.length),
    outOfBagScore: null,
  })
}

function classLeaves({ leaves }: GrownTree): ClassLeaves {
  if (leaves.kind !== 'classes') throw new Error('A classifier was given a tree of values')
  return leaves
}

function joinClassLeaves(
  trees: readonly ClassLeaves[],
  leafUnits: number,
): Pick<ForestClassifier, 'leafStarts' | 'leafClasses' | 'leafShares'> {
  const leafCount = trees.reduce((total, { starts }) => total + starts.length - 1, 0)
  const shareCount = trees.reduce((total, { classes }) => total + classes.length, 0)
  const leafStarts = new Int32Array(leafCount + 1)
  const leafClasses = new Int32Array(shareCount)
  const leafShares = new Float32Array(shareCount)
  let firstLeaf = 0
  let firstShare = 0
  for (const { starts, classes, units } of trees) {
    leafClasses.set(classes, firstShare)
    for (let share = 0; share < units.length; share++)
      leafShares[firstShare + share] = int32At(units, share) / leafUnits
    for (let leaf = 1; leaf < starts.length; leaf++) leafStarts[firstLeaf + leaf] = firstShare + int32At(starts, leaf)
    firstLeaf += starts.length - 1
    firstShare += classes.length
  }
  return { leafStarts, leafClasses, leafShares }
}
