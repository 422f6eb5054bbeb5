import { itemAt } from '../data/element.js'
import { assertPaired, sum, weightAt } from '../metrics/check-pairs.js'

/** What a threshold is to make best. */
export type ThresholdGoal =
  | { readonly kind: 'f1' | 'balanced_accuracy' | 'youden' }
  /** F of any beta: above 1 recall counts more. */
  | { readonly kind: 'f_beta'; readonly beta: number }
  /** Least cost of false positives and false negatives. */
  | { readonly kind: 'cost'; readonly falsePositive: number; readonly falseNegative: number }
  /** Highest precision with at least this recall. */
  | { readonly kind: 'precision_at_recall'; readonly recall: number }

/** A goal, or the threshold itself, between 0 and 1. */
export type ThresholdChoice = ThresholdGoal | { readonly kind: 'fixed'; readonly value: number }

export interface TunedThreshold {
  /** Rows whose probability of the second class is at least this are of it. */
  readonly threshold: number
  /** Value of the goal there; of a cost, its negative per row. */
  readonly value: number
}

/** Values that differ by less are equally good: the rest is rounding. */
const tie = 1e-12

interface Counts {
  readonly hits: number
  readonly falseAlarms: number
  readonly positives: number
  readonly negatives: number
}

/**
 * The threshold of a classifier of two classes that makes a goal best on rows it was not trained on. Of equally good ones the greatest.
 * @param isPositive 1 where the row is of the second class
 * @param weights how much each row counts; equally without
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function tuneThreshold(
  isPositive: Uint8Array,
  probabilities: Float32Array | Float64Array,
  goal: ThresholdGoal,
  weights?: Float64Array,
): TunedThreshold {
  assertPaired(isPositive.length, probabilities.length)
  const order = [...probabilities.keys()].sort((a, b) => itemAt(probabilities, b) - itemAt(probabilities, a) || a - b)
  const sideWeight = (side: number) => sum(order.map((row) => (isPositive[row] === side ? weightAt(weights, row) : 0)))
  const [positives, negatives] = [sideWeight(1), sideWeight(0)]
  let best: TunedThreshold | undefined
  let [hits, falseAlarms] = [0, 0]
  for (const [index, row] of order.entries()) {
    if (isPositive[row] === 1) hits += weightAt(weights, row)
    else falseAlarms += weightAt(weights, row)
    const threshold = itemAt(probabilities, row)
    const next = order[index + 1]
    if (next !== undefined && itemAt(probabilities, next) === threshold) continue
    const value = goalValue(goal, { hits, falseAlarms, positives, negatives })
    if (best === undefined || value > best.value + tie) best = { threshold, value }
  }
  return best ?? { threshold: 0.5, value: Number.NaN }
}

function goalValue(goal: ThresholdGoal, { hits, falseAlarms, positives, negatives }: Counts): number {
  const recall = positives === 0 ? 0 : hits / positives
  const specificity = negatives === 0 ? 0 : 1 - falseAlarms / negatives
  switch (goal.kind) {
    case 'f1':
      return (2 * hits) / (hits + falseAlarms + positives)
    case 'f_beta': {
      const square = goal.beta ** 2
      return ((1 + square) * hits) / (hits + falseAlarms + square * positives)
    }
    case 'balanced_accuracy':
      return (recall + specificity) / 2
    case 'youden':
      return recall + specificity - 1
    case 'cost':
      return -(goal.falsePositive * falseAlarms + goal.falseNegative * (positives - hits)) / (positives + negatives)
    case 'precision_at_recall':
      return recall >= goal.recall - tie ? hits / (hits + falseAlarms) : -1
  }
}

/** Classes by a threshold on the second one's probability; both are compared as float32, as a file has them. */
export function applyThreshold(probabilities: Float32Array | Float64Array, threshold: number): Int32Array {
  const least = Math.fround(threshold)
  return Int32Array.from(probabilities, (probability) => (Math.fround(probability) >= least ? 1 : 0))
}
