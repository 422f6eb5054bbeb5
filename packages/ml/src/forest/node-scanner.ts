import type { Random } from '../random/create-random.js'

/** Where the rows that lack the split's feature go: there are none, to the left or to the right. */
export const missingRows = { none: 0, left: 1, right: 2 } as const

/** The best split found for a node so far: bins up to `leftBin` go left; `rightBin` is the next bin that has rows. */
export interface FoundSplit {
  feature: number
  leftBin: number
  rightBin: number
  /** One of `missingRows`. */
  missing: number
  /** A value drawn between the two bins, or NaN where the threshold is to stand in their middle. */
  drawn: number
  /** Sum of what remains pure on the two sides; greater is better. */
  purity: number
  /** Decrease of the impurity times the weight of the node. */
  gain: number
}

/** The bins that the row numbers of the current node point into: those of the set, or of a part of it copied close together. */
export interface BinView {
  bins: Uint8Array
  /** Rows of the view: the bins of feature f begin at f * stride. */
  stride: number
}

/** Entries start..end-1 of a list of features. */
export interface FeatureRange {
  readonly list: Int32Array
  start: number
  end: number
}

/**
 * Weighs and divides the nodes of one tree after another. It owns the sample, and the scratch memory of the search. One per kind of
 * target, so that the loops over rows stay simple.
 */
export interface NodeScanner {
  /** Draws the sample of a tree and says how many distinct rows it has. */
  begin(random: Random): number
  /** Weight of the whole sample. */
  totalWeight(): number
  /** Makes positions start..end-1 of the sample the current node and sums up its rows. */
  weigh(start: number, end: number): void
  /** Whether the rows of the node are all alike, so that there is nothing to split. */
  isPure(): boolean
  /** What the rows of the node remain pure of without a split. */
  purity(): number
  /** Offers the best splits on some features to `best`; says whether the rows differ in any of them. */
  scan(features: FeatureRange, best: FoundSplit): boolean
  /** Offers one split on a feature drawn at random. */
  scanRandom(feature: number, best: FoundSplit, random: Random): boolean
  /** Brings the rows of the left side to the front, both sides in their old order, and says where the right one begins. */
  partition(split: FoundSplit): number
  /** Rows of the sample, for those who renumber them. */
  rows(): Int32Array
  /** Adds a leaf of the current node. */
  addLeaf(): void
}
