import type { DesignMatrix } from '../data/design-matrix.js'
import { float32Values } from '../data/design-matrix.js'
import { float32At, int32At, itemAt } from '../data/element.js'
import type { Features } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { TreeNodes } from './tree-nodes.js'

/** The leaf of each row in one tree, written to `leaves`. */
export function findLeaves(
  { featureIds, thresholds, rightOrLeaf, missingLeft }: TreeNodes,
  tree: { readonly root: number; readonly columns: readonly Float32Array[] },
  leaves: Int32Array,
): void {
  const { root, columns } = tree
  for (let row = 0; row < leaves.length; row++) {
    let node = root
    let feature = int32At(featureIds, node)
    while (feature >= 0) {
      const value = float32At(itemAt(columns, feature), row)
      const goesLeft = value <= float32At(thresholds, node) || (Number.isNaN(value) && missingLeft[node] === 1)
      node = goesLeft ? node + 1 : int32At(rightOrLeaf, node)
      feature = int32At(featureIds, node)
    }
    leaves[row] = int32At(rightOrLeaf, node)
  }
}

/**
 * The float32 columns of a model's features, found by name.
 * @throws MlError `missing_feature` or `sparse_unsupported`
 */
export function columnsByName(featureNames: readonly string[], features: Features): Float32Array[] {
  if (!('columns' in features)) {
    throw new MlError('sparse_unsupported', 'This estimator takes no sparse features: reduce them, as by truncated SVD')
  }
  return featureNames.map((name) => findColumn(features, name))
}

function findColumn({ columns }: DesignMatrix, name: string): Float32Array {
  const column = columns.find((candidate) => candidate.name === name)
  if (column) return float32Values(column)
  const known = columns.map((candidate) => JSON.stringify(candidate.name)).join(', ')
  throw new MlError('missing_feature', `The model needs a feature ${JSON.stringify(name)}: the rows have ${known}`, {
    value: name,
  })
}
