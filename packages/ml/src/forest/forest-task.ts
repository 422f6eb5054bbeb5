import type { ColumnBins } from './bin-column.js'

/** What growing a tree depends on besides its number; plain data over shared memory, so that workers read one copy. */
export interface ForestTask {
  readonly rowCount: number
  readonly classCount: number
  /** Bin of each value, column after column: `bins[feature * rowCount + row]`. */
  readonly bins: Uint8Array
  /** By feature. */
  readonly columns: readonly ColumnBins[]
  /** Class code by row. */
  readonly codes: Int32Array
  /** Weight of a row by class code, positive. */
  readonly classWeights: Float64Array
  readonly settings: GrowthSettings
}

/** The parameters with shares and words worked out for a given set. */
export interface GrowthSettings {
  readonly seed: number
  readonly bootstrap: boolean
  readonly entropy: boolean
  /** Infinity when there is no limit. */
  readonly maxDepth: number
  readonly minRowsSplit: number
  readonly minRowsLeaf: number
  readonly featuresPerSplit: number
  /** Leaf shares are multiples of 1 / leafUnits. */
  readonly leafUnits: number
}

/**
 * One tree. Nodes are numbered in preorder, so the left child of a node is the next node.
 */
export interface GrownTree {
  /** Feature that a node splits on; -1 for a leaf. */
  readonly featureIds: Int32Array
  /** A row goes left when its value is `<=` this float32 number; 0 for a leaf. */
  readonly thresholds: Float32Array
  /** Right child of a split; leaf number of a leaf. */
  readonly rightOrLeaf: Int32Array
  /** Where the classes of a leaf begin in the two lists below; one more entry than leaves. */
  readonly leafStarts: Int32Array
  /** Classes of a leaf that have a share, in ascending order. */
  readonly leafClasses: Int32Array
  /** Their shares in units of 1 / leafUnits; they add up to leafUnits in every leaf. */
  readonly leafUnits: Int32Array
  /** Impurity decrease by feature, adding up to 1; all zero for a tree without a split. */
  readonly importances: Float64Array
}
