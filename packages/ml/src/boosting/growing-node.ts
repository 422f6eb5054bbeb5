import type { NodeSums } from './node-value.js'
import { nodeValue } from './node-value.js'
import type { SplitCandidate } from './split-record.js'

/** A node of a growing tree. Every thread has the same nodes; only the rows are its own. */
export interface GrowingNode extends NodeSums {
  /** Its number in the tree, in the order that nodes were made. */
  readonly id: number
  readonly depth: number
  /** Shrunk at last; of a leaf what it adds to predictions. */
  value: number
  /** Where its histograms are; -1 without. */
  slot: number
  split: SplitCandidate | null
  /** Made once its rows are parted, which may be before it is known whether the node is split. */
  children: NodeChildren | null
  isSplit: boolean
}

export interface NodeChildren {
  readonly left: GrowingNode
  readonly right: GrowingNode
}

/** The children by their number of rows; of equal ones the right one counts as smaller. */
export function bySize({ left, right }: NodeChildren): { readonly smaller: GrowingNode; readonly larger: GrowingNode } {
  return left.count < right.count ? { smaller: left, larger: right } : { smaller: right, larger: left }
}

/** The children of a node. */
export function childrenOf(input: {
  readonly node: GrowingNode
  readonly split: SplitCandidate
  /** Their numbers. */
  readonly ids: { readonly left: number; readonly right: number }
  readonly l2: number
  /** Direction of the feature. */
  readonly monotonic: number
}): NodeChildren {
  const { node, split, ids, l2, monotonic } = input
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
  const open = { slot: -1, split: null, children: null, isSplit: false }
  return {
    left: {
      id: ids.left,
      depth,
      count: left.count,
      gradient: left.gradient,
      hessian: left.hessian,
      value: leftValue,
      lower: monotonic < 0 ? between : lower,
      upper: monotonic > 0 ? between : upper,
      ...open,
    },
    right: {
      id: ids.right,
      depth,
      count: right.count,
      gradient: right.gradient,
      hessian: right.hessian,
      value: rightValue,
      lower: monotonic > 0 ? between : lower,
      upper: monotonic < 0 ? between : upper,
      ...open,
    },
  }
}
