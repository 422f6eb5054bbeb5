import { type ClassificationMetrics, classificationPerformance } from '@fabrique/ml/monitoring'
import type { ScoredClasses } from './read-scored.js'

/** Labels that are needed for a figure; fewer say nothing. */
export const labelsMin = 30

type Classified = Pick<ScoredClasses, 'classes' | 'truth' | 'predicted' | 'probabilities'>

interface Found {
  readonly metrics: ClassificationMetrics | null
  /** Rows that count, and those of them that have all probabilities. */
  readonly labelledCount: number
  readonly completeCount: number
}

/** How a classifier does; figures of probabilities are told of the rows that have them all. */
export function figuresOfClasses({ classes, truth, predicted, probabilities: given }: Classified): Found {
  const probabilities = usable(given)
  const rows = probabilities === null ? undefined : completeRows(probabilities)
  if (probabilities === null || rows === undefined || rows.length === truth.length) {
    const { metrics, labelledCount } = classificationPerformance(
      { classes, truth, predicted, probabilities },
      { labelsMin },
    )
    return { metrics, labelledCount, completeCount: labelledCount }
  }
  const all = classificationPerformance({ classes, truth, predicted, probabilities: null }, { labelsMin })
  const complete = classificationPerformance(rowsOf({ classes, truth, predicted, probabilities }, rows), { labelsMin })
  const { labelledCount, metrics } = all
  const counts = { labelledCount, completeCount: complete.labelledCount }
  if (metrics === null || complete.metrics === null) return { metrics, ...counts }
  const { rocAuc, averagePrecision, logLoss, brier } = complete.metrics
  return { metrics: { ...metrics, rocAuc, averagePrecision, logLoss, brier }, ...counts }
}

/** Some of the rows. */
export function rowsOf({ classes, truth, predicted, probabilities }: Classified, rows: Int32Array): Classified {
  return {
    classes,
    truth: rows.map((row) => truth[row] ?? -1),
    predicted: rows.map((row) => predicted[row] ?? -1),
    probabilities: probabilities?.map((column) => Float64Array.from(rows, (row) => column[row] ?? Number.NaN)) ?? null,
  }
}

/**
 * Probabilities of a model that gives some that are none are left out, and so are those that no row has all of: its classes still count. A
 * row may be without.
 */
export function usable(probabilities: ScoredClasses['probabilities']): ScoredClasses['probabilities'] {
  if (probabilities === null) return null
  const isFine = probabilities.every((column) =>
    column.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1)),
  )
  return isFine && completeRows(probabilities).length > 0 ? probabilities : null
}

/** The rows that have all probabilities. */
export const completeRows = (probabilities: readonly Float64Array[]): Int32Array =>
  Int32Array.from(probabilities[0]?.keys() ?? []).filter((row) =>
    probabilities.every((column) => !Number.isNaN(column[row] ?? Number.NaN)),
  )
