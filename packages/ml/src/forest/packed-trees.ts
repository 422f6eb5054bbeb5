import { float32At, int32At, uint8At } from '../data/element.js'
import type { TreeNodes } from './tree-nodes.js'

/** Numbers per node: feature or -1, threshold, right child, and 1 where a missing value goes left; of a leaf, start and end of its values. */
const nodeSize = 4

/** The trees with what belongs to a node side by side, so that a step down a tree waits for memory once: for one row at a time. */
export interface PackedTrees {
  /** First number of each tree's root. */
  readonly roots: Int32Array
  readonly numbers: Int32Array
  /** The same memory as float32: thresholds. */
  readonly floats: Float32Array
}

/** @param leafStarts by leaf: where its values begin; one more entry than leaves */
export function packTrees(nodes: TreeNodes, leafStarts: Int32Array): PackedTrees {
  const { featureIds, thresholds, rightOrLeaf, missingLeft } = nodes
  const numbers = new Int32Array(nodeSize * featureIds.length)
  const floats = new Float32Array(numbers.buffer)
  for (let node = 0; node < featureIds.length; node++) {
    const place = node * nodeSize
    const feature = int32At(featureIds, node)
    const next = int32At(rightOrLeaf, node)
    numbers[place] = feature
    if (feature >= 0) {
      floats[place + 1] = float32At(thresholds, node)
      numbers[place + 2] = next * nodeSize
      numbers[place + 3] = uint8At(missingLeft, node)
    } else {
      numbers[place + 2] = int32At(leafStarts, next)
      numbers[place + 3] = int32At(leafStarts, next + 1)
    }
  }
  return { roots: nodes.roots.map((root) => root * nodeSize), numbers, floats }
}

/**
 * Where the leaf of a row stands among the numbers; its values begin at the number two further and end before the number three further.
 * @param root first number of a tree
 */
export function packedLeaf({ numbers, floats }: PackedTrees, root: number, row: Float32Array): number {
  let place = root
  let feature = int32At(numbers, place)
  while (feature >= 0) {
    const value = float32At(row, feature)
    const goesLeft = value <= float32At(floats, place + 1) || (Number.isNaN(value) && int32At(numbers, place + 3) === 1)
    place = goesLeft ? place + nodeSize : int32At(numbers, place + 2)
    feature = int32At(numbers, place)
  }
  return place
}
