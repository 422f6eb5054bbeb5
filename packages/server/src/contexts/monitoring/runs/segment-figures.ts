import type { ReportSegment } from '@fabrique/contract'
import { type MeasuredValue, regressionPerformance } from '@fabrique/ml/monitoring'
import { figuresOfClasses, labelsMin, rowsOf } from './figures-of-classes.js'
import type { ScoredClasses, ScoredNumbers } from './read-scored.js'

/** Of more classes a matrix for each segment is much: what is compared is told alone. */
export const figuresClassesMax = 100

const shownOfClasses = {
  accuracy: 'accuracy',
  precision: 'precision',
  recall: 'recall',
  f1: 'f1',
  roc_auc: 'rocAuc',
  log_loss: 'logLoss',
} as const

const shownOfNumbers = { mae: 'mae', rmse: 'rmse', r2: 'r2', mean_error: 'meanError' } as const

type Figures = ReportSegment['metrics']

/** The figures of each group with their bands; none with too few truths. One group after the other: only what is told is kept. */
export function figuresOfGroups(
  rows: ScoredClasses | ScoredNumbers,
  places: Int32Array,
  count: number,
): readonly Figures[] {
  if (rows.kind === 'classes' && rows.classes.length > figuresClassesMax) return []
  const taken = Array.from({ length: count }, (): number[] => [])
  for (const [row, place] of places.entries()) taken[place]?.push(row)
  return taken.map((group) => figuresOf(rows, Int32Array.from(group)))
}

function figuresOf(rows: ScoredClasses | ScoredNumbers, group: Int32Array): Figures {
  if (group.length < labelsMin) return []
  if (rows.kind === 'classes') {
    const { metrics } = figuresOfClasses(rowsOf(rows, group))
    if (metrics === null) return []
    return told(Object.entries(shownOfClasses).map(([name, key]) => [name, metrics[key]]))
  }
  const take = (values: Float64Array) => Float64Array.from(group, (row) => values[row] ?? Number.NaN)
  const { metrics } = regressionPerformance(take(rows.truth), take(rows.predicted), { labelsMin })
  if (metrics === null) return []
  return told(Object.entries(shownOfNumbers).map(([name, key]) => [name, metrics[key]]))
}

function told(named: readonly (readonly [string, MeasuredValue | null | undefined])[]): Figures {
  return named.flatMap(([metric, found]) => {
    if (found === null || found === undefined || !Number.isFinite(found.value)) return []
    const { value, low, high } = found
    return [{ metric, value, ...(low === null || high === null ? {} : { low, high }) }]
  })
}
