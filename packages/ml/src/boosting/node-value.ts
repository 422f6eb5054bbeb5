/** Sums over the rows of a node, and the bounds within which its children's values must stay. */
export interface NodeSums {
  readonly count: number
  readonly gradient: number
  readonly hessian: number
  readonly value: number
  readonly lower: number
  readonly upper: number
}

/** Fewest second derivatives on either side of a split. */
export const hessianMin = 1e-3

/** The Newton step of a node, before it is shrunk, kept within bounds. */
export function nodeValue(gradient: number, hessian: number, { l2, lower, upper }: ValueRules): number {
  const value = -gradient / (hessian + l2 + 1e-15)
  return value < lower ? lower : value > upper ? upper : value
}

export interface ValueRules {
  readonly l2: number
  readonly lower: number
  readonly upper: number
}

/** What a split of a feature must keep to. */
export interface SplitRules extends ValueRules {
  readonly minSamplesLeaf: number
  /** 1, 0 or -1. */
  readonly monotonic: number
}

/**
 * Loss that a split takes away from a node, both to the second order; -1 when it goes against the feature's direction.
 * @param left sums of the left part
 */
export function splitGain(
  node: NodeSums,
  left: { readonly gradient: number; readonly hessian: number },
  rules: SplitRules,
): number {
  const right = node.gradient - left.gradient
  const leftValue = nodeValue(left.gradient, left.hessian, rules)
  const rightValue = nodeValue(right, node.hessian - left.hessian, rules)
  if (rules.monotonic * (leftValue - rightValue) > 0) return -1
  return node.gradient * node.value - left.gradient * leftValue - right * rightValue
}
