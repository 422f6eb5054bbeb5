import { float32At, int32At, itemAt } from '../data/element.js'
import type { ClassesPredicted, Features } from '../estimators/estimator.js'
import type { ForestClassifier } from './forest-classifier.js'
import { packedLeaf, packTrees } from './packed-trees.js'
import { columnsByName, findLeaves } from './walk-trees.js'

/** What a classifier says about rows. */
export interface ClassPrediction extends ClassesPredicted {
  /** By class code: the float32 probability of each row. */
  readonly probabilities: readonly Float32Array[]
  readonly scores: null
}

/**
 * Predicts rows. Columns are found by name and may stand in any order; a missing value (NaN) goes where the tree sends such. The
 * arithmetic is that of the exported ONNX graph, so both give the same bits.
 * @throws MlError `missing_feature` or `sparse_unsupported`
 */
export function predictForestClassifier(model: ForestClassifier, matrix: Features): ClassPrediction {
  const columns = columnsByName(model.featureNames, matrix)
  const probabilities = model.classes.map(() => new Float32Array(matrix.rowCount))
  const leaves = new Int32Array(matrix.rowCount)
  for (let tree = 0; tree < model.treeCount; tree++) {
    findLeaves(model, { root: int32At(model.roots, tree), columns }, leaves)
    addShares(model, leaves, probabilities)
  }
  const codes = new Int32Array(matrix.rowCount)
  for (let row = 0; row < matrix.rowCount; row++) {
    let greatest = -1
    for (let code = 0; code < probabilities.length; code++) {
      const column = itemAt(probabilities, code)
      // A float32 array rounds what is stored in it; rounding the double quotient is the float32 division.
      column[row] = float32At(column, row) / model.treeCount
      if (float32At(column, row) <= greatest) continue
      greatest = float32At(column, row)
      codes[row] = code
    }
  }
  return { kind: 'classes', codes, probabilities, scores: null }
}

/** Adds the leaf shares of one tree to the sums of every row; the sums stay exact (see `leafUnitsFor`). */
function addShares(
  { leafStarts, leafClasses, leafShares }: ForestClassifier,
  leaves: Int32Array,
  sums: readonly Float32Array[],
): void {
  for (let row = 0; row < leaves.length; row++) {
    const leaf = int32At(leaves, row)
    for (let share = int32At(leafStarts, leaf); share < int32At(leafStarts, leaf + 1); share++) {
      const column = itemAt(sums, int32At(leafClasses, share))
      column[row] = float32At(column, row) + float32At(leafShares, share)
    }
  }
}

/**
 * A function that predicts one row at a time, without allocating: for prediction in process. It keeps the trees in a form of its own, of
 * 16 bytes per node.
 * @returns takes the features in the order of the model, writes the probabilities and returns the class code
 */
export function classRowPredictor(model: ForestClassifier): (row: Float32Array, probabilities: Float32Array) => number {
  const { treeCount, leafClasses, leafShares } = model
  const trees = packTrees(model, model.leafStarts)
  const { roots, numbers } = trees
  return (row, probabilities) => {
    probabilities.fill(0)
    for (let tree = 0; tree < treeCount; tree++) {
      const leaf = packedLeaf(trees, int32At(roots, tree), row)
      const end = int32At(numbers, leaf + 3)
      for (let share = int32At(numbers, leaf + 2); share < end; share++) {
        const code = int32At(leafClasses, share)
        probabilities[code] = float32At(probabilities, code) + float32At(leafShares, share)
      }
    }
    let chosen = 0
    for (let code = 0; code < probabilities.length; code++) {
      probabilities[code] = float32At(probabilities, code) / treeCount
      if (float32At(probabilities, code) > float32At(probabilities, chosen)) chosen = code
    }
    return chosen
  }
}
