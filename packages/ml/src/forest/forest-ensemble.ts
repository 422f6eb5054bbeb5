import { int32At } from '../data/element.js'
import type { TreeEnsemble } from '../trees/tree-ensemble.js'
import type { ForestClassifier } from './forest-classifier.js'
import type { ForestRegressor } from './forest-regressor.js'
import { nodeCovers, type TreeNodes } from './tree-nodes.js'

/** A forest as what looks into trees sees it: probabilities by class, or the predicted number. */
export function forestEnsemble(model: ForestClassifier | ForestRegressor): TreeEnsemble {
  const isClassifier = 'classes' in model
  const outputCount = isClassifier ? model.classes.length : 1
  const leaves = isClassifier
    ? { starts: model.leafStarts, outputs: model.leafClasses, values: model.leafShares }
    : {
        starts: Int32Array.from({ length: model.leafValues.length + 1 }, (_, leaf) => leaf),
        outputs: new Int32Array(model.leafValues.length),
        values: model.leafValues,
      }
  const nodeCount = model.featureIds.length
  return {
    featureCount: model.featureNames.length,
    outputCount,
    base: new Float64Array(outputCount).fill(isClassifier ? 0 : model.base),
    roots: model.roots,
    featureIds: model.featureIds,
    thresholds: model.thresholds,
    leftChildren: Int32Array.from({ length: nodeCount }, (_, node) => node + 1),
    rightChildren: model.rightOrLeaf,
    missingLeft: model.missingLeft,
    categories: null,
    covers: nodeCovers(model),
    valueStarts: valueStarts(model, leaves.starts),
    // Leaves are numbered as their nodes stand, so their values already have the order of the nodes.
    valueOutputs: leaves.outputs,
    values: Float64Array.from(leaves.values, (value) => value / model.treeCount),
  }
}

function valueStarts({ featureIds, rightOrLeaf }: TreeNodes, leafStarts: Int32Array): Int32Array {
  const starts = new Int32Array(featureIds.length + 1)
  for (let node = 0; node < featureIds.length; node++) {
    const isLeaf = int32At(featureIds, node) < 0
    starts[node + 1] = isLeaf ? int32At(leafStarts, int32At(rightOrLeaf, node) + 1) : int32At(starts, node)
  }
  return starts
}
