import { type ClassLabels, countClasses } from '../data/class-labels.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import type { ScoreLink } from './linear-model.js'

/** The classes that have rows. Only those can be learnt; the others are never predicted. */
export interface OccurringClasses {
  /** Codes of the classes that have rows, ascending. */
  readonly codes: readonly number[]
  /** Position in `codes` of the class of each row. */
  readonly positions: Float64Array
}

export function occurringClasses({ codes, classes }: ClassLabels): OccurringClasses {
  const counts = countClasses(codes, classes.length)
  const occurring = [...counts.keys()].filter((code) => int32At(counts, code) > 0)
  const positionOf = Float64Array.from(classes, (_, code) => occurring.indexOf(code))
  return { codes: occurring, positions: Float64Array.from(codes, (code) => float64At(positionOf, code)) }
}

/** A score so low that the class is never predicted, yet finite in float32. */
const absentScore = -1e30

/** Coefficients and intercepts of all classes, from those of the classes that have rows (one output for two). */
export function spreadOutputs(
  fitted: { readonly coefficients: Float64Array; readonly intercepts: Float64Array },
  { codes }: OccurringClasses,
  { classCount, link }: { readonly classCount: number; readonly link: ScoreLink },
): { readonly coefficients: Float64Array; readonly intercepts: Float64Array } {
  if (codes.length === classCount) return fitted
  const { coefficients: from, intercepts: fromIntercepts } = fitted
  // The softmax of -s / 2 and s / 2 is the logistic function of s.
  const half = link === 'softmax' ? 0.5 : 1
  const featureCount = from.length / fromIntercepts.length
  const coefficients = new Float64Array(classCount * featureCount)
  const intercepts = new Float64Array(classCount).fill(absentScore)
  for (const [position, code] of codes.entries()) {
    const [source, factor] = codes.length === 2 ? [0, (2 * position - 1) * half] : [position, 1]
    intercepts[code] = factor * itemAt(fromIntercepts, source)
    for (let feature = 0; feature < featureCount; feature++) {
      coefficients[code * featureCount + feature] = factor * float64At(from, source * featureCount + feature)
    }
  }
  return { coefficients, intercepts }
}
