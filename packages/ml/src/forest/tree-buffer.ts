import { float64At, int32At } from '../data/element.js'
import type { ForestTask, GrownTree } from './forest-task.js'
import { leafMultiple } from './leaf-unit.js'
import type { FoundSplit } from './node-scanner.js'
import { quantiseShares } from './quantise-shares.js'

/** The leaves of a tree, numbered in the order in which they are added. */
export interface LeafBuffer {
  clear(): void
  /** A leaf of a classifier: the weight of its rows by class, and altogether. */
  addClasses(weights: Float64Array, weight: number): void
  /** A leaf of a regressor. */
  addValue(value: number, weight: number): void
  finish(): Pick<GrownTree, 'leaves' | 'leafWeights'>
}

/** Room for as many leaves as there are rows. */
export function createLeafBuffer({ rowCount, target, settings }: ForestTask): LeafBuffer {
  const classCount = target.kind === 'classes' ? target.classCount : 0
  const starts = new Int32Array(classCount > 0 ? rowCount + 1 : 1)
  const classes = new Int32Array(classCount > 0 ? rowCount : 0)
  const units = new Int32Array(classCount > 0 ? rowCount : 0)
  const values = new Float32Array(classCount > 0 ? 0 : rowCount)
  const leafWeights = new Float32Array(rowCount)
  const shares = new Int32Array(classCount)
  let count = 0

  return {
    clear() {
      count = 0
    },
    addClasses(weights, weight) {
      quantiseShares(weights, settings.leafUnits, shares)
      let end = int32At(starts, count)
      for (let code = 0; code < classCount; code++) {
        const share = int32At(shares, code)
        if (share === 0) continue
        classes[end] = code
        units[end++] = share
      }
      leafWeights[count++] = weight
      starts[count] = end
    },
    addValue(value, weight) {
      values[count] = target.kind === 'values' ? leafMultiple(value, target.leafUnit) : value
      leafWeights[count++] = weight
    },
    finish() {
      const shareCount = int32At(starts, count)
      return {
        leafWeights: leafWeights.slice(0, count),
        leaves:
          classCount > 0
            ? {
                kind: 'classes',
                starts: starts.slice(0, count + 1),
                classes: classes.slice(0, shareCount),
                units: units.slice(0, shareCount),
              }
            : { kind: 'values', values: values.slice(0, count) },
      }
    },
  }
}

/** The splits of a tree, in preorder, written node by node. */
export interface SplitBuffer {
  clear(): void
  /** Adds a split and returns its number. */
  addSplit(split: FoundSplit, threshold: number): number
  /** Adds a leaf and returns the number of the node. */
  addLeaf(): number
  setRight(parent: number, child: number): void
  setMissingLeft(node: number): void
  finish(): Pick<GrownTree, 'featureIds' | 'thresholds' | 'rightOrLeaf' | 'missingLeft' | 'importances'>
}

/** Room for the largest tree that the rows allow. */
export function createSplitBuffer({ rowCount, columns }: ForestTask): SplitBuffer {
  const featureIds = new Int32Array(2 * rowCount)
  const thresholds = new Float32Array(2 * rowCount)
  const rightOrLeaf = new Int32Array(2 * rowCount)
  const missingLeft = new Uint8Array(2 * rowCount)
  const gains = new Float64Array(columns.length)
  let nodeCount = 0
  let leafCount = 0

  return {
    clear() {
      gains.fill(0)
      nodeCount = 0
      leafCount = 0
    },
    addSplit({ feature, gain }, threshold) {
      featureIds[nodeCount] = feature
      thresholds[nodeCount] = threshold
      missingLeft[nodeCount] = 0
      gains[feature] = float64At(gains, feature) + gain
      return nodeCount++
    },
    addLeaf() {
      featureIds[nodeCount] = -1
      thresholds[nodeCount] = 0
      missingLeft[nodeCount] = 0
      rightOrLeaf[nodeCount] = leafCount++
      return nodeCount++
    },
    setRight(parent, child) {
      rightOrLeaf[parent] = child
    },
    setMissingLeft(node) {
      missingLeft[node] = 1
    },
    finish() {
      const totalGain = gains.reduce((before, gain) => before + gain, 0)
      return {
        featureIds: featureIds.slice(0, nodeCount),
        thresholds: thresholds.slice(0, nodeCount),
        rightOrLeaf: rightOrLeaf.slice(0, nodeCount),
        missingLeft: missingLeft.slice(0, nodeCount),
        importances: totalGain > 0 ? gains.map((gain) => gain / totalGain) : new Float64Array(gains.length),
      }
    },
  }
}

/** The memory of a tree, which a thread can hand over without a copy. */
export function treeBuffers(tree: GrownTree): ArrayBuffer[] {
  const { leaves } = tree
  const own = leaves.kind === 'classes' ? [leaves.starts, leaves.classes, leaves.units] : [leaves.values]
  const lists = [
    tree.featureIds,
    tree.thresholds,
    tree.rightOrLeaf,
    tree.missingLeft,
    tree.leafWeights,
    tree.importances,
  ]
  return [...lists, ...own].map(({ buffer }) => ownMemory(buffer))
}

/** The lists of a grown tree are slices, so none of them lies in shared memory. */
function ownMemory(buffer: ArrayBufferLike): ArrayBuffer {
  return buffer as ArrayBuffer
}
