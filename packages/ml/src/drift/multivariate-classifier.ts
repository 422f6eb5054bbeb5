import { histGradientBoostingClassifier } from '../boosting/hist-gradient-boosting-classifier.js'
import { classLabels, takeLabels } from '../data/class-labels.js'
import { type FeatureColumn, numericColumn, takeRows } from '../data/design-matrix.js'
import { float64At, itemAt } from '../data/element.js'
import type { Table } from '../data/table.js'
import type { FitRun } from '../estimators/estimator.js'
import { areaWithError } from '../monitoring/area-with-error.js'
import { normalQuantile } from '../preprocessing/normal-quantile.js'
import { stratifiedKFold } from '../selection/folds.js'
import { normalUpper } from '../statistics/tails.js'
import {
  finiteValues,
  joined,
  labelCounts,
  pairOf,
  sharedColumns,
  thinned,
  valuesOfLabels,
} from './multivariate-columns.js'

export interface DomainClassifierOptions extends FitRun {
  /** Puts rows into folds by chance; null keeps neighbours together, as scikit-learn does without `shuffle`. */
  readonly seed: number | null
  /** Rows of each side that are looked at; of more, so many at even distances. */
  readonly rowsMax?: number
  /** Probability of an alarm with nothing changed; 0.05 by default. */
  readonly level?: number
  /** Smallest area that matters, whatever its probability; 0.55 by default. */
  readonly areaMin?: number
}

export interface DomainClassifierDrift {
  readonly state: 'tested' | 'not_enough_data'
  readonly referenceRows: number
  readonly currentRows: number
  /** Area under the ROC curve on rows that the classifier had not seen: 0.5 where both sides cannot be told apart. */
  readonly area: number | null
  /** 95 % interval of the area. */
  readonly low: number | null
  readonly high: number | null
  /** Probability of such an area, or a greater one, with nothing changed. */
  readonly pValue: number | null
  /** The area that decides: what chance exceeds so often, but at least `areaMin`. */
  readonly threshold: number | null
  /** Null where nothing could be decided: that is never "no drift". Nor is it what is alike of a table of which columns were left out. */
  readonly drift: boolean | null
  /** Columns that one side alone has, or as another kind: they were not looked at. */
  readonly leftOut: readonly string[]
  /** Which columns tell the sides apart: shares of the gain, greatest first. */
  readonly importances: readonly { readonly name: string; readonly share: number }[]
}

/** Rows that each side needs: leaves of 20 rows on four fifths of them. */
export const domainRowsMin = 100
const domainRowsMax = 10_000
const folds = 5
/**
 * Each row is learnt from in four of five folds, so that their errors go together, and the area spreads more than that of as many rows that no
 * model has learnt from (Nadeau and Bengio, 2003). With nothing changed 2 to 3 of 100 alarm, never more than are promised.
 */
const foldSpread = Math.sqrt(1 + folds / (folds - 1))
/** Labels beyond so many are one: a tree takes no more. */
const labelsMax = 200

/**
 * Whether a classifier (boosted trees of scikit-learn's defaults) tells the current rows from those of the reference: columns together, so that
 * a change is seen that no column shows alone. Five folds, tested on rows that were not learnt from. Missing values count as such.
 * @throws MlError `missing_feature` where both have no column in common, and as the estimator
 */
export async function domainClassifierDrift(
  reference: Table,
  current: Table,
  options: DomainClassifierOptions,
): Promise<DomainClassifierDrift> {
  const { seed, rowsMax = domainRowsMax, level = 0.05, areaMin = 0.55, ...run } = options
  const { names, leftOut } = sharedColumns(reference, current)
  const counts = { referenceRows: reference.rowCount, currentRows: current.rowCount }
  if (Math.min(reference.rowCount, current.rowCount) < domainRowsMin) {
    const none = { area: null, low: null, high: null, pValue: null, threshold: null, drift: null, importances: [] }
    return { state: 'not_enough_data', ...counts, ...none, leftOut }
  }
  const [was, now] = [thinned(reference, rowsMax), thinned(current, rowsMax)]
  const columns = names.map((name) => featureOf(name, was, now))
  const total = was.rowCount + now.rowCount
  const isCurrent = Int32Array.from({ length: total }, (_, row) => (row < was.rowCount ? 0 : 1))
  const scores = new Float64Array(total)
  const gains = new Float64Array(columns.length)
  const features = { rowCount: total, columns }
  const labels = classLabels(isCurrent, ['reference', 'current'])
  for (const { trainRows: train, testRows: test } of stratifiedKFold(labels, { folds, seed })) {
    const model = await histGradientBoostingClassifier.fit({
      ...run,
      features: takeRows(features, train),
      target: { kind: 'classes', labels: takeLabels(labels, train) },
      parameters: { early_stopping: false },
    })
    const told = histGradientBoostingClassifier.predict(model, takeRows(features, test)).probabilities?.[1]
    for (const [place, row] of test.entries()) scores[row] = told === undefined ? 0.5 : itemAt(told, place)
    for (const [column, gain] of (model.importances ?? []).entries()) gains[column] = float64At(gains, column) + gain
  }
  const { area, error } = areaWithError(Uint8Array.from(isCurrent), scores)
  const deviation = foldSpread * Math.sqrt((total + 1) / (12 * was.rowCount * now.rowCount))
  const reach = 1.959963984540054 * foldSpread * error
  const pValue = normalUpper((area - 0.5) / deviation)
  const isDrift = pValue <= level && area >= areaMin
  return {
    state: 'tested',
    ...counts,
    area,
    low: Math.max(0, area - reach),
    high: Math.min(1, area + reach),
    pValue,
    threshold: Math.max(areaMin, 0.5 + normalQuantile(1 - level) * deviation),
    drift: isDrift || leftOut.length === 0 ? isDrift : null,
    leftOut,
    importances: sharesOf(names, gains),
  }
}

function featureOf(name: string, reference: Table, current: Table): FeatureColumn {
  const [was, now] = pairOf(name, reference, current)
  if (was.kind !== 'text' || now.kind !== 'text') {
    const values = [was, now].map((column) => (column.kind === 'text' ? new Float64Array(0) : finiteValues(column)))
    return numericColumn(name, joined(values[0] ?? new Float64Array(0), values[1] ?? new Float64Array(0)))
  }
  const codes = codesOf(labelCounts(was), labelCounts(now))
  const codeOf = (label: string) => codes.get(label) ?? labelsMax
  const values = joined(valuesOfLabels(was, codeOf), valuesOfLabels(now, codeOf))
  return { ...numericColumn(name, values), categoryCount: labelsMax + 1 }
}

/** The labels of most rows of both sides. */
function codesOf(was: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const rows = (label: string) => (was.get(label) ?? 0) + (now.get(label) ?? 0)
  const labels = [...new Set([...was.keys(), ...now.keys()])].sort((a, b) => rows(b) - rows(a) || (a < b ? -1 : 1))
  return new Map(labels.slice(0, labelsMax).map((label, code) => [label, code]))
}

function sharesOf(names: readonly string[], gains: Float64Array): DomainClassifierDrift['importances'] {
  const total = gains.reduce((sum, gain) => sum + gain, 0)
  return names
    .map((name, column) => ({ name, share: total === 0 ? 0 : float64At(gains, column) / total }))
    .sort((a, b) => b.share - a.share)
}
