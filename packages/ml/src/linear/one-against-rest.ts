import { float64At } from '../data/element.js'
import type { FittedOutputs } from './fit-loss.js'
import type { OccurringClasses } from './occurring-classes.js'

/** One class against all others: targets 1 and -1, and a weight for each row. */
export interface OneAgainstRest {
  readonly targets: Float64Array
  readonly weights: Float64Array
}

/**
 * The tasks of a classifier that separates two sides: one for two classes (the second against the first), otherwise one per class.
 * @param classWeights by class code: for two classes both count; for more, only that of the class against the rest
 */
export function binaryTasks(
  { codes, positions }: OccurringClasses,
  weighing: { readonly classWeights: Float64Array; readonly sampleWeights: Float64Array | undefined },
): OneAgainstRest[] {
  const { classWeights, sampleWeights } = weighing
  const sides = codes.length === 2 ? [1] : codes.map((_, position) => position)
  return sides.map((own) => {
    const targets = positions.map((position) => (position === own ? 1 : -1))
    const weights = positions.map((position, row) => {
      const counts = codes.length === 2 || position === own
      const ofClass = counts ? float64At(classWeights, codes[position] ?? 0) : 1
      return ofClass * (sampleWeights === undefined ? 1 : float64At(sampleWeights, row))
    })
    return { targets, weights }
  })
}

/** Puts outputs that were fitted one by one together; iterations are those of the longest. */
export function joinOutputs(fitted: readonly FittedOutputs[]): FittedOutputs {
  return {
    coefficients: Float64Array.from(fitted.flatMap(({ coefficients }) => [...coefficients])),
    intercepts: Float64Array.from(fitted.flatMap(({ intercepts }) => [...intercepts])),
    iterations: Math.max(...fitted.map(({ iterations }) => iterations)),
    hasConverged: fitted.every(({ hasConverged }) => hasConverged),
  }
}
