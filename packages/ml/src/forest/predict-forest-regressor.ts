import { float32At, int32At } from '../data/element.js'
import type { Features, ValuesPredicted } from '../estimators/estimator.js'
import type { ForestRegressor } from './forest-regressor.js'
import { packedLeaf, packTrees } from './packed-trees.js'
import { columnsByName, findLeaves } from './walk-trees.js'

/**
 * Predicts rows, with the arithmetic of the exported ONNX graph: an exact float32 sum, one division, one addition.
 * @throws MlError `missing_feature` or `sparse_unsupported`
 */
export function predictForestRegressor(model: ForestRegressor, features: Features): ValuesPredicted {
  const columns = columnsByName(model.featureNames, features)
  const values = new Float32Array(features.rowCount)
  const leaves = new Int32Array(features.rowCount)
  for (let tree = 0; tree < model.treeCount; tree++) {
    findLeaves(model, { root: int32At(model.roots, tree), columns }, leaves)
    for (let row = 0; row < leaves.length; row++) {
      values[row] = float32At(values, row) + float32At(model.leafValues, int32At(leaves, row))
    }
  }
  for (let row = 0; row < values.length; row++) {
    values[row] = Math.fround(float32At(values, row) / model.treeCount) + model.base
  }
  return { kind: 'values', values }
}

/**
 * A function that predicts one row, given by its features in the order of the model, without allocating. It keeps the trees in a form of
 * its own, of 16 bytes per node.
 */
export function valueRowPredictor(model: ForestRegressor): (row: Float32Array) => number {
  const { treeCount, leafValues, base } = model
  const trees = packTrees(
    model,
    Int32Array.from({ length: leafValues.length + 1 }, (_, leaf) => leaf),
  )
  const { roots, numbers } = trees
  return (row) => {
    // A double holds the sum exactly too.
    let sum = 0
    for (let tree = 0; tree < treeCount; tree++) {
      sum += float32At(leafValues, int32At(numbers, packedLeaf(trees, int32At(roots, tree), row) + 2))
    }
    return Math.fround(Math.fround(sum / treeCount) + base)
  }
}
