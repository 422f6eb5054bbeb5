/**
 * Fitted trees of any method (forests, boosting) in one form, for what looks into trees without knowing where they come from. What
 * it says of a row is, by output, `base + sum over the trees of the leaf's value`, before any link function.
 */
export interface TreeEnsemble {
  readonly featureCount: number
  /** Classes with a value of their own, or 1. */
  readonly outputCount: number
  /** By output: what is added to the sum over the trees. */
  readonly base: Float64Array
  /** First node of each tree, and the number of nodes at the end. */
  readonly roots: Int32Array
  /** By node: the feature that it splits on, or -1 for a leaf. */
  readonly featureIds: Int32Array
  /** By node: a row goes left when its float32 value is `<=` this; not read where the node splits categories. */
  readonly thresholds: Float32Array
  /** By node of a split: its children, as positions in these lists. */
  readonly leftChildren: Int32Array
  readonly rightChildren: Int32Array
  /** By node: 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array
  /** Splits of categories; null where every split is one of numbers. */
  readonly categories: CategorySplits | null
  /** By node: weight of the training rows that reached it, positive; of a split exactly the sum of its children's. */
  readonly covers: Float64Array
  /** By node: where its values begin in the two lists below (none for splits); one more entry than nodes. */
  readonly valueStarts: Int32Array
  readonly valueOutputs: Int32Array
  readonly values: Float64Array
}

/** The categories of splits that go left, as sets of bits: category `c` is bit `c & 31` of word `c >> 5`. */
export interface CategorySplits {
  /** By node: where the words of its set begin, or -1 for a split of numbers. */
  readonly starts: Int32Array
  /** By node: how many words its set has; categories beyond go right. */
  readonly lengths: Int32Array
  readonly words: Int32Array
}
