import type { WasmMemory, WasmModule } from '../wasm/wasm-runtime.js'
import type { LossName } from './losses.js'
import type { BoostingPlaces } from './memory-places.js'

/** The parameters as growing trees needs them. */
export interface BoostingSettings {
  readonly loss: LossName
  /** Share of the target below the prediction, of the quantile loss. */
  readonly quantile: number
  readonly learningRate: number
  readonly maxIter: number
  /** Infinity when there is no limit, as for the depth. */
  readonly maxLeafNodes: number
  readonly maxDepth: number
  readonly minSamplesLeaf: number
  readonly l2Regularization: number
  /** Features that each split may choose from. */
  readonly featuresPerSplit: number
  readonly maxBins: number
  readonly earlyStopping: boolean
  readonly nIterNoChange: number
  readonly tol: number
  readonly seed: number
}

/** What a feature is to the trees. */
export interface BoostingFeature {
  /** By original row; in shared memory when there are worker threads. */
  readonly values: Float32Array
  /** Number of categories; 0 for a number. */
  readonly categoryCount: number
  /** 1: the prediction must not fall with the feature; -1: it must not rise; 0: free. */
  readonly monotonic: number
}

/**
 * Everything that a thread needs. Threads run the same program on the same data and take the same decisions; only sums over rows and
 * the search over features are shared out. Rows are numbered by position: training rows first, then those held out.
 */
export interface BoostingTask {
  readonly module: WasmModule
  readonly memory: WasmMemory
  readonly places: BoostingPlaces
  readonly settings: BoostingSettings
  readonly features: readonly BoostingFeature[]
  /** Original row of each position. */
  readonly order: Int32Array
  /** Positions that bin bounds come from; null for all training rows. */
  readonly sample: Int32Array | null
  /** Weights stand in memory beside the targets. */
  readonly isWeighted: boolean
  readonly weightMax: number
  /** Prediction before the first tree, by output. */
  readonly baseline: Float64Array
}

/** One grown tree, in preorder: the left child of a split is the next node. */
export interface BoostedTree {
  /** Feature of a split; -1 for a leaf. */
  readonly featureIds: Int32Array
  /** Last bin that goes left, of a split of numbers. */
  readonly bins: Uint8Array
  readonly rightChildren: Int32Array
  readonly missingLeft: Uint8Array
  /** By node: position of its words in `categorySets`, or -1. */
  readonly categoryStarts: Int32Array
  /** Sets of bins that go left, eight words each. */
  readonly categorySets: Int32Array
  /** Value of a leaf, shrunk by the learning rate; 0 for a split. */
  readonly values: Float64Array
  /** Loss that a split takes away; 0 for a leaf. */
  readonly gains: Float64Array
  /** Training rows by node. */
  readonly counts: Int32Array
}

export interface BoostingIteration {
  readonly iteration: number
  readonly trainingLoss: number
  /** NaN where no rows are held out. */
  readonly validationLoss: number
}

export interface BoostingResult {
  /** Iteration after iteration, the trees of one together. */
  readonly trees: readonly BoostedTree[]
  /** Before the first tree and after each iteration. */
  readonly trainingLosses: readonly number[]
  /** The same of the rows held out; empty where there are none. */
  readonly validationLosses: readonly number[]
}
