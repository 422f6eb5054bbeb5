import type { TrainingThreshold } from '../schemas/training.js'

/** A threshold as it is typed and logged: `f1`, `f_beta:2`, `cost:1:5`, `precision_at_recall:0.9` or `0.35`. */
export function thresholdText(threshold: TrainingThreshold): string {
  switch (threshold.goal) {
    case 'f_beta':
      return `f_beta:${threshold.beta}`
    case 'cost':
      return `cost:${threshold.false_positive}:${threshold.false_negative}`
    case 'precision_at_recall':
      return `precision_at_recall:${threshold.recall}`
    case 'fixed':
      return String(threshold.value)
    default:
      return threshold.goal
  }
}

/** The threshold of such a text; undefined where it is none, or its numbers cannot be meant. */
export function thresholdFromText(text: string): TrainingThreshold | undefined {
  const [goal = '', ...parts] = text.split(':')
  const numbers = parts.map((part) => (/\d/.test(part) ? Number(part) : Number.NaN))
  const [first = Number.NaN, second = Number.NaN] = numbers
  switch (goal) {
    case 'f1':
    case 'balanced_accuracy':
    case 'youden':
      return parts.length === 0 ? { goal } : undefined
    case 'f_beta':
      return parts.length === 1 && first > 0 && first <= 100 ? { goal, beta: first } : undefined
    case 'cost': {
      const isCost = (value: number) => value >= 0 && Number.isFinite(value)
      if (parts.length !== 2 || !isCost(first) || !isCost(second) || first + second === 0) return undefined
      return { goal, false_positive: first, false_negative: second }
    }
    case 'precision_at_recall':
      return parts.length === 1 && first > 0 && first <= 1 ? { goal, recall: first } : undefined
    default: {
      const value = /\d/.test(goal) ? Number(goal) : Number.NaN
      return parts.length === 0 && value >= 0 && value <= 1 ? { goal: 'fixed', value } : undefined
    }
  }
}
