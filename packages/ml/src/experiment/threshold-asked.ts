import type { ThresholdChoice } from '../calibration/tune-threshold.js'

/** A threshold in the words of a request. */
export type ThresholdAsked =
  | { readonly goal: 'f1' | 'balanced_accuracy' | 'youden' }
  | { readonly goal: 'f_beta'; readonly beta: number }
  | { readonly goal: 'cost'; readonly false_positive: number; readonly false_negative: number }
  | { readonly goal: 'precision_at_recall'; readonly recall: number }
  | { readonly goal: 'fixed'; readonly value: number }

/** What a request asks for. */
export function thresholdChoice(asked: ThresholdAsked): ThresholdChoice {
  switch (asked.goal) {
    case 'f_beta':
      return { kind: asked.goal, beta: asked.beta }
    case 'cost':
      return { kind: asked.goal, falsePositive: asked.false_positive, falseNegative: asked.false_negative }
    case 'precision_at_recall':
      return { kind: asked.goal, recall: asked.recall }
    case 'fixed':
      return { kind: asked.goal, value: asked.value }
    default:
      return { kind: asked.goal }
  }
}

/** The same in the words of a request. */
export function thresholdAsked(choice: ThresholdChoice): ThresholdAsked {
  switch (choice.kind) {
    case 'f_beta':
      return { goal: choice.kind, beta: choice.beta }
    case 'cost':
      return { goal: choice.kind, false_positive: choice.falsePositive, false_negative: choice.falseNegative }
    case 'precision_at_recall':
      return { goal: choice.kind, recall: choice.recall }
    case 'fixed':
      return { goal: choice.kind, value: choice.value }
    default:
      return { goal: choice.kind }
  }
}
