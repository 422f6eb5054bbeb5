import type { ColumnBins } from './bin-column.js'
import type { RowDraws } from './row-draws.js'

/** What growing a tree depends on besides its number; plain data over shared memory, so that workers read one copy. */
export interface ForestTask {
  readonly rowCount: number
  /** Bin of each value, column after column: `bins[feature * rowCount + row]`. */
  readonly bins: Uint8Array
  /** The same row after row, `[row * featureCount + feature]`, of large sets; null of others. */
  readonly binsByRow: Uint8Array | null
  /** By feature. */
  readonly columns: readonly ColumnBins[]
  /** Rows drawn for each tree, or null where each takes every row once. */
  readonly draws: RowDraws | null
  /** Weight of each row where rows are not drawn; null when all weigh 1. */
  readonly rowWeights: Float64Array | null
  readonly target: ClassTask | ValueTask
  readonly settings: GrowthSettings
}

export interface ClassTask {
  readonly kind: 'classes'
  readonly classCount: number
  /** Class code by row. */
  readonly codes: Int32Array
  /** Weight of a row by class code. */
  readonly classWeights: Float64Array
  /** Whether each tree weighs the classes inversely to their size in its own sample, besides. */
  readonly isBalancedBySample: boolean
}

export interface ValueTask {
  readonly kind: 'values'
  /** By row: what is to be learnt, less `base`. */
  readonly values: Float64Array
  /** Leaf values are multiples of this power of two; see `leafUnitFor`. */
  readonly leafUnit: number
}

/** The parameters with shares and words worked out for a given set. */
export interface GrowthSettings {
  readonly seed: number
  readonly entropy: boolean
  /** Thresholds drawn at random instead of searched. */
  readonly randomSplits: boolean
  /** Infinity when there is no limit. */
  readonly maxDepth: number
  readonly minRowsSplit: number
  readonly minRowsLeaf: number
  /** Share of the weight of all rows. */
  readonly minWeightShareLeaf: number
  readonly featuresPerSplit: number
  /** Infinity when there is no limit. */
  readonly maxLeaves: number
  readonly minImpurityDecrease: number
  /** Leaf shares of a classifier are multiples of 1 / leafUnits. */
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
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array
  /** Weight of the rows of each leaf. */
  readonly leafWeights: Float32Array
  readonly leaves: ClassLeaves | ValueLeaves
  /** Impurity decrease by feature, adding up to 1; all zero for a tree without a split. */
  readonly importances: Float64Array
}

export interface ClassLeaves {
  readonly kind: 'classes'
  /** Where the classes of a leaf begin in the two lists below; one more entry than leaves. */
  readonly starts: Int32Array
  /** Classes of a leaf that have a share, in ascending order. */
  readonly classes: Int32Array
  /** Their shares in units of 1 / leafUnits; they add up to leafUnits in every leaf. */
  readonly units: Int32Array
}

export interface ValueLeaves {
  readonly kind: 'values'
  /** By leaf: a multiple of the leaf unit, exact in float32. */
  readonly values: Float32Array
}
