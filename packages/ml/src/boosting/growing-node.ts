import type { NodeSums } from './node-value.js'
import { nodeValue } from './node-value.js'
import type { SplitCandidate } from './split-record.js'

/** A node of a growing tree. Every thread has the same nodes; only the rows are its own. */
export interface GrowingNode extends NodeSums {
  readonly depth: number
  /** The thread's own rows: byte positions of the first and behind the last in its list. */
  readonly rows: number
  readonly rowsTo: number
  /** Shrunk at last; of a leaf what it adds to predictions. */
  value: number
  /** Where its histograms are; -1 without. */
  slot: number
  split: SplitCandidate | null
  children: { readonly left: GrowingNode; readonly right: GrowingNode } | null
}

/** The children of a node whose rows have been parted at `middle`. */
export function childrenOf(input: {
  readonly node: GrowingNode
  readonly split: SplitCandidate
  readonly middle: number
  readonly l2: number
  /** Direction of the feature. */
  readonly monotonic: number
}): { readonly left: GrowingNode; readonly right: GrowingNode } {
  const { node, split, middle, l2, monotonic } = input
  const { lower, upper } = node
  const left = { count: split.countLeft, gradient: split.gradientLeft, hessian: split.hessianLeft }
  const right = {
    count: node.count - left.count,
    gradient: node.gradient - left.gradient,
    hessian: node.hessian - left.hessian,
  }
  const leftValue = nodeValue(left.gradient, left.hessian, { l2, lower, upper })
  const rightValue = nodeValue(right.gradient, right.hessian, { l2, lower, upper })
  // What lies below stays on its side of the middle, so that the whole tree keeps the direction.
  const between = (leftValue + rightValue) / 2
  const depth = node.depth + 1
  const open = { slot: -1, split: null, children: null }
  return {
    left: {
      depth,
      count: left.count,
      gradient: left.gradient,
      hessian: left.hessian,
      value: leftValue,
      lower: monotonic < 0 ? between : lower,
      upper: monotonic > 0 ? between : upper,
      rows: node.rows,
      rowsTo: middle,
      ...open,
    },
    right: {
      depth,
      count: right.count,
      gradient: right.gradient,
      hessian: right.hessian,
      value: rightValue,
      lower: monotonic > 0 ? between : lower,
      upper: monotonic < 0 ? between : upper,
      rows: middle,
      rowsTo: node.rowsTo,
      ...open,
    },
  }
}
