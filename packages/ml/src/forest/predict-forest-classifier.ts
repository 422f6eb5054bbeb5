import { type DesignMatrix, float32Values } from '../data/design-matrix.js'
import { float32At, int32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import type { ForestClassifier } from './forest-classifier.js'

/** What a classifier says about rows. */
export interface ClassPrediction {
  /** Class code by row: the class of greatest probability, the lowest code among equals. */
  readonly codes: Int32Array
  /** By class code: the float32 probability of each row. */
  readonly probabilities: readonly Float32Array[]
}

/**
 * Predicts rows. Columns are found by name and may stand in any order; NaN goes right at every split. The arithmetic is
 * that of the exported ONNX graph, so both give the same bits.
 * @throws MlError `missing_feature`
 */
export function predictForestClassifier(model: ForestClassifier, matrix: DesignMatrix): ClassPrediction {
  const columns = model.featureNames.map((name) => findColumn(matrix, name))
  const probabilities = model.classes.map(() => new Float32Array(matrix.rowCount))
  for (let tree = 0; tree < model.treeCount; tree++) {
    addTree({ model, root: int32At(model.roots, tree), columns, sums: probabilities })
  }
  const codes = new Int32Array(matrix.rowCount)
  for (let row = 0; row < matrix.rowCount; row++) {
    let greatest = -1
    for (const [code, column] of probabilities.entries()) {
      // A float32 array rounds what is stored in it; rounding the double quotient is the float32 division.
      column[row] = float32At(column, row) / model.treeCount
      if (float32At(column, row) <= greatest) continue
      greatest = float32At(column, row)
      codes[row] = code
    }
  }
  return { codes, probabilities }
}

/** Adds the leaf shares of one tree to the sums of every row; the sums stay exact (see `leafUnitsFor`). */
function addTree(work: {
  readonly model: ForestClassifier
  readonly root: number
  readonly columns: readonly Float32Array[]
  readonly sums: readonly Float32Array[]
}): void {
  const { root, columns, sums } = work
  const { featureIds, thresholds, rightOrLeaf, leafStarts, leafClasses, leafShares } = work.model
  const rowCount = sums[0]?.length ?? 0
  for (let row = 0; row < rowCount; row++) {
    let node = root
    let feature = int32At(featureIds, node)
    while (feature >= 0) {
      const goesLeft = float32At(itemAt(columns, feature), row) <= float32At(thresholds, node)
      node = goesLeft ? node + 1 : int32At(rightOrLeaf, node)
      feature = int32At(featureIds, node)
    }
    const leaf = int32At(rightOrLeaf, node)
    for (let share = int32At(leafStarts, leaf); share < int32At(leafStarts, leaf + 1); share++) {
      const column = itemAt(sums, int32At(leafClasses, share))
      column[row] = float32At(column, row) + float32At(leafShares, share)
    }
  }
}

function findColumn({ columns }: DesignMatrix, name: string): Float32Array {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return float32Values(column)
  const known = columns.map((candidate) => JSON.stringify(candidate.name)).join(', ')
  throw new MlError('missing_feature', `The model needs a feature ${JSON.stringify(name)}: the rows have ${known}`, {
    value: name,
  })
}
