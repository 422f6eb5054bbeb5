/**
 * Both criteria are minimised by maximising a sum over the two sides of something that changes with one class at a time:
 * Gini w - sum(w_c^2) / w, entropy w log2 w - sum(w_c log2 w_c). The spread is the term of one class.
 */
export function spread(weight: number, entropy: boolean): number {
  if (!entropy) return weight * weight
  return weight > 0 ? weight * Math.log2(weight) : 0
}

/** What remains of the weight's impurity once turned round: larger is purer. */
export function purityOf(spreadSum: number, weight: number, entropy: boolean): number {
  return entropy ? spreadSum - spread(weight, true) : spreadSum / weight
}

/** Both sides of a split together; of Gini with one division, because divisions are what the search spends its time on. */
export interface Sides {
  leftSpread: number
  leftWeight: number
  rightSpread: number
  rightWeight: number
}

export function purityOfSides({ leftSpread, leftWeight, rightSpread, rightWeight }: Sides, entropy: boolean): number {
  if (entropy) return purityOf(leftSpread, leftWeight, true) + purityOf(rightSpread, rightWeight, true)
  return (leftSpread * rightWeight + rightSpread * leftWeight) / (leftWeight * rightWeight)
}
