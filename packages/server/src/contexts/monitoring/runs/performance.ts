import type { Said } from '@fabrique/ml/drift'
import { MlError } from '@fabrique/ml/errors'
import {
  estimateClassification,
  fitClassificationEstimator,
  type MeasuredValue,
  regressionPerformance,
} from '@fabrique/ml/monitoring'
import { limit } from '../../../kernel/index.js'
import { estimateLosses } from './estimate-losses.js'
import type { Measured } from './figures.js'
import { completeRows, figuresOfClasses, labelsMin, usable } from './figures-of-classes.js'
import type { OpenedSides } from './open-sides.js'
import { holdsClasses, readClasses, readNumbersOf, type ScoredClasses } from './read-scored.js'

/** How the model does on the rows whose truth is known, and how it is expected to do before that. */
export async function measurePerformance(
  sides: OpenedSides,
  signal: AbortSignal | undefined,
): Promise<readonly Measured[]> {
  const { reference, current } = sides
  const { scored } = current
  if (scored === undefined || current.told.rows === 0) return []
  if (!(await holdsClasses(scored))) {
    const rows = await readNumbersOf(scored)
    return [...measuredNumbers(rows.truth, rows.predicted), ...(await estimateLosses(sides, signal))]
  }
  const rows = await readClasses(scored)
  const { length: count } = rows.classes
  if (count > limit('monitoring.classes_max')) return tooManyClasses(count, current.told.rows)
  const before = reference.scored === undefined ? undefined : await readClasses(reference.scored, rows.classes)
  return [...measuredClasses(rows), ...estimatedClasses(rows, before)]
}

/** Figures are computed from a matrix of all classes by all classes. */
function tooManyClasses(count: number, rows: number): readonly Measured[] {
  const most = limit('monitoring.classes_max')
  const whyNot: Said = {
    en: `There are ${count} classes, and at most ${most} are told apart`,
    fr: `Il y a ${count} classes, et au plus ${most} sont distinguées`,
  }
  const of = (kind: Measured['kind'], metrics: object) =>
    Object.keys(metrics).map((metric) => ({ kind, metric, value: undefined, rows, whyNot }))
  return [...of('performance', classNames), ...of('estimated_performance', estimatedNames)]
}

const tooFew = (labels: number): Said => ({
  en: `The truth of ${labels} rows is known, and at least ${labelsMin} are needed`,
  fr: `La vérité de ${labels} lignes est connue, et il en faut au moins ${labelsMin}`,
})

const classNames = {
  accuracy: 'accuracy',
  balanced_accuracy: 'balancedAccuracy',
  precision: 'precision',
  recall: 'recall',
  f1: 'f1',
  f1_macro: 'macroF1',
  f1_weighted: 'weightedF1',
  precision_weighted: 'weightedPrecision',
  recall_weighted: 'weightedRecall',
  mcc: 'matthews',
  kappa: 'kappa',
  roc_auc: 'rocAuc',
  pr_auc: 'averagePrecision',
  log_loss: 'logLoss',
  brier: 'brier',
} as const

function measuredClasses(rows: ScoredClasses): readonly Measured[] {
  if (rows.truth.every((code) => code < 0)) return []
  const { metrics, labelledCount, completeCount } = figuresOfClasses(rows)
  const of = (metric: string, value: MeasuredValue | null | undefined): Measured => ({
    kind: 'performance',
    metric,
    value: value?.value,
    low: value?.low ?? undefined,
    high: value?.high ?? undefined,
    rows: ofProbabilities.has(metric) ? completeCount : labelledCount,
    whyNot: metrics === null ? tooFew(labelledCount) : undefinedHere,
  })
  return Object.entries(classNames).map(([metric, name]) => of(metric, metrics?.[name]))
}

const ofProbabilities: ReadonlySet<string> = new Set(['roc_auc', 'pr_auc', 'log_loss', 'brier'])

const undefinedHere: Said = {
  en: 'It has no meaning on these rows: it needs probabilities, or more than one class',
  fr: 'Elle n’a pas de sens sur ces lignes\u202f: il faut des probabilités, ou plus d’une classe',
}

function measuredNumbers(truth: Float64Array, predicted: Float64Array): readonly Measured[] {
  if (truth.every(Number.isNaN)) return []
  const { metrics, labelledCount } = regressionPerformance(truth, predicted, { labelsMin })
  const names = {
    r2: 'r2',
    rmse: 'rmse',
    mse: 'mse',
    mae: 'mae',
    mape: 'mape',
    mean_error: 'meanError',
    median_ae: 'medianAbsoluteError',
    max_error: 'maxError',
    explained_variance: 'explainedVariance',
  } as const
  return Object.entries(names).map(([metric, name]) => ({
    kind: 'performance',
    metric,
    value: metrics?.[name].value,
    low: metrics?.[name].low ?? undefined,
    high: metrics?.[name].high ?? undefined,
    rows: labelledCount,
    whyNot: tooFew(labelledCount),
  }))
}

const estimatedNames = {
  accuracy: 'accuracy',
  precision: 'precision',
  recall: 'recall',
  specificity: 'specificity',
  f1: 'f1',
  roc_auc: 'roc_auc',
  pr_auc: 'average_precision',
} as const

/** From what the model says of itself, calibrated on rows of the reference whose truth is known (CBPE). */
function estimatedClasses(current: ScoredClasses, before: ScoredClasses | undefined): readonly Measured[] {
  const probabilities = usable(current.probabilities)
  if (probabilities === null) return []
  const nothing = (whyNot: Said): readonly Measured[] =>
    Object.keys(estimatedNames).map((metric) => ({
      kind: 'estimated_performance',
      metric,
      value: undefined,
      rows: current.predicted.length,
      whyNot,
    }))
  const learnt = before === undefined ? undefined : labelled(before, current.classes)
  if (learnt === undefined) return nothing(noLabels)
  try {
    const estimator = fitClassificationEstimator(learnt, { seed: 0 })
    // An estimate is one of all rows: without the answer of one there is none.
    const answered =
      current.predicted.every((code) => code >= 0) && completeRows(probabilities).length === current.predicted.length
    const { metrics } = answered
      ? estimateClassification(estimator, { predicted: current.predicted, probabilities })
      : { metrics: null }
    return Object.entries(estimatedNames).map(([metric, name]) => ({
      kind: 'estimated_performance',
      metric,
      value: metrics?.[name].value,
      low: metrics?.[name].low,
      high: metrics?.[name].high,
      rows: current.predicted.length,
      whyNot: undefinedHere,
    }))
  } catch (error) {
    if (!(error instanceof MlError)) throw error
    // The reference has too few rows, a single class, or what are no probabilities: there is no estimate of such.
    return nothing(noLabels)
  }
}

const noLabels: Said = {
  en: 'An estimate needs a reference of at least 100 predictions with probabilities whose truth is known, of two classes or more',
  fr: 'Une estimation demande une référence d’au moins 100 prédictions avec probabilités dont la vérité est connue, de deux classes ou plus',
}

/** The rows of a reference whose truth is known, where its classes are those of the current rows. */
function labelled({ classes, truth, predicted, probabilities }: ScoredClasses, of: readonly string[]) {
  const usableOnes = usable(probabilities)
  if (usableOnes === null || classes.length !== of.length || classes.some((name, code) => name !== of[code]))
    return undefined
  const known = completeRows(usableOnes).filter((row) => (truth[row] ?? -1) >= 0 && (predicted[row] ?? -1) >= 0)
  if (known.length === 0) return undefined
  const taken = (column: Float64Array) => Float64Array.from(known, (row) => column[row] ?? 0)
  return {
    classes,
    truth: known.map((row) => truth[row] ?? 0),
    predicted: known.map((row) => predicted[row] ?? 0),
    probabilities: usableOnes.map(taken),
  }
}
