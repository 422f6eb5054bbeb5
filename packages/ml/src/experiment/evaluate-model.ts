import { float64At, int32At, itemAt } from '../data/element.js'
import type {
  ClassesPredicted,
  ClassTarget,
  FloatColumn,
  ValuesPredicted,
  ValueTarget,
} from '../estimators/estimator.js'
import { classificationScores } from '../metrics/classification.js'
import { brierScore, calibrationCurve, logLoss } from '../metrics/probability.js'
import {
  averagePrecision,
  averagePrecisionOneVsRest,
  isClass,
  precisionRecallCurve,
  rocAuc,
  rocAucOneVsRest,
  rocCurve,
} from '../metrics/ranking.js'
import { regressionScores } from '../metrics/regression.js'

/** A curve as a page draws it. */
export interface Curve {
  /** Class that it is of, or another label. */
  readonly name: string
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/** What is drawn of a tested model, by the name of its file. */
export interface EvaluationReports {
  readonly confusion_matrix?: {
    readonly classes: readonly string[]
    /** `counts[truth][predicted]`. */
    readonly counts: readonly (readonly number[])[]
  }
  readonly classification_report?: Readonly<
    Record<
      string,
      { readonly precision: number; readonly recall: number; readonly f1: number; readonly support: number }
    >
  >
  readonly roc_curve?: readonly (Curve & { readonly auc: number })[]
  readonly precision_recall_curve?: readonly (Curve & { readonly average_precision: number })[]
  readonly calibration_curve?: readonly (Curve & { readonly rows: readonly number[] })[]
  /** At most so many rows as `pointsMax`, evenly from all. */
  readonly predictions?: { readonly truth: readonly number[]; readonly predicted: readonly number[] }
  readonly residuals?: { readonly edges: readonly number[]; readonly counts: readonly number[] }
}

export interface Evaluation {
  /** Under the names that they are logged with; a score without a meaning is absent. */
  readonly metrics: Readonly<Record<string, number>>
  readonly reports: EvaluationReports
}

/** Points of a curve or scatter at most. */
export const pointsMax = 1000

/** Classes that curves are drawn of at most. */
const curvesMax = 12

/** Metrics and reports of predicted classes. */
export function evaluateClasses(target: ClassTarget, predicted: ClassesPredicted, weights?: Float64Array): Evaluation {
  const { codes, classes } = target.labels
  const scores = classificationScores(codes, predicted.codes, classes.length, weights)
  const { probabilities } = predicted
  const columns = probabilities ?? predicted.scores
  const metrics = known({
    accuracy: scores.accuracy,
    balanced_accuracy: scores.balancedAccuracy,
    precision_macro: scores.macro.precision,
    recall_macro: scores.macro.recall,
    f1_macro: scores.macro.f1,
    precision_weighted: scores.weighted.precision,
    recall_weighted: scores.weighted.recall,
    f1_weighted: scores.weighted.f1,
    mcc: scores.matthews,
    kappa: scores.kappa,
    ...(columns === null
      ? {}
      : { roc_auc: rocAucOneVsRest(codes, columns), pr_auc: averagePrecisionOneVsRest(codes, columns) }),
    ...(probabilities === null
      ? {}
      : { log_loss: logLoss(codes, probabilities, weights), brier: brierScore(codes, probabilities, weights) }),
  })
  return {
    metrics,
    reports: {
      confusion_matrix: { classes, counts: scores.confusion.map((line) => [...line]) },
      classification_report: Object.fromEntries(
        classes.map((name, code) => [name, { ...itemAt(scores.perClass, code) }]),
      ),
      ...(columns === null ? {} : curves(codes, classes, columns, probabilities)),
    },
  }
}

/** Metrics and reports of predicted numbers. */
export function evaluateValues(target: ValueTarget, predicted: ValuesPredicted, weights?: Float64Array): Evaluation {
  const truth = target.values
  const { values } = predicted
  const scores = regressionScores(truth, values, weights)
  const errors = Float64Array.from(truth, (value, row) => value - itemAt(values, row))
  const shown = evenRows(truth.length)
  return {
    metrics: known({
      r2: scores.r2,
      rmse: scores.rmse,
      mae: scores.mae,
      mape: scores.mape,
      median_ae: scores.medianAbsoluteError,
      max_error: scores.maxError,
      explained_variance: scores.explainedVariance,
    }),
    reports: {
      predictions: {
        truth: shown.map((row) => float64At(truth, row)),
        predicted: shown.map((row) => itemAt(values, row)),
      },
      residuals: histogram(errors, 30),
    },
  }
}

function curves(
  codes: Int32Array,
  classes: readonly string[],
  columns: readonly FloatColumn[],
  probabilities: readonly FloatColumn[] | null,
): Pick<EvaluationReports, 'roc_curve' | 'precision_recall_curve' | 'calibration_curve'> {
  // Of two classes the curves of the second say all.
  const shown = (classes.length === 2 ? [1] : [...classes.keys()])
    .filter((code) => codes.includes(code))
    .slice(0, curvesMax)
  const drawn = shown.map((code) => {
    const isPositive = isClass(codes, code)
    const values = itemAt(columns, code)
    const name = itemAt(classes, code)
    const roc = rocCurve(isPositive, values)
    const precisionRecall = precisionRecallCurve(isPositive, values)
    return {
      roc: {
        name,
        ...thinned(roc.falsePositiveRate, roc.truePositiveRate),
        auc: rocAuc(isPositive, values),
      },
      precisionRecall: {
        name,
        ...thinned(precisionRecall.recall, precisionRecall.precision),
        average_precision: averagePrecision(isPositive, values),
      },
    }
  })
  const calibration = shown.map((code) => {
    const curve = calibrationCurve(isClass(codes, code), itemAt(columns, code))
    return { name: itemAt(classes, code), x: [...curve.predicted], y: [...curve.observed], rows: [...curve.rowCounts] }
  })
  return {
    roc_curve: drawn.map(({ roc }) => roc).filter(({ auc }) => !Number.isNaN(auc)),
    precision_recall_curve: drawn.map(({ precisionRecall }) => precisionRecall),
    ...(probabilities === null ? {} : { calibration_curve: calibration }),
  }
}

function thinned(x: Float64Array, y: Float64Array): { x: number[]; y: number[] } {
  const kept = evenRows(x.length)
  return { x: kept.map((index) => float64At(x, index)), y: kept.map((index) => float64At(y, index)) }
}

/** Positions evenly from 0 to the last, all when they are few. */
function evenRows(count: number): number[] {
  if (count <= pointsMax) return Array.from({ length: count }, (_, index) => index)
  return Array.from({ length: pointsMax }, (_, index) => Math.round((index * (count - 1)) / (pointsMax - 1)))
}

function histogram(values: Float64Array, bins: number): { edges: number[]; counts: number[] } {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity)
  const high = values.reduce((greatest, value) => Math.max(greatest, value), -Infinity)
  const width = (high - low) / bins || 1
  const counts = new Int32Array(bins)
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor((value - low) / width))
    counts[bin] = int32At(counts, bin) + 1
  }
  return { edges: Array.from({ length: bins + 1 }, (_, index) => low + index * width), counts: [...counts] }
}

function known(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))
}
