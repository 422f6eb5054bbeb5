import { float64At, int32At, itemAt } from '../data/element.js'
import { assertPaired, sum } from '../metrics/check-pairs.js'
import { type ClassificationScores, classificationScores } from '../metrics/classification.js'
import {
  brierScore,
  type CalibrationCurve,
  calibrationCurve,
  calibrationError,
  logLoss,
} from '../metrics/probability.js'
import { averagePrecision, averagePrecisionOneVsRest, isClass } from '../metrics/ranking.js'
import { MlError } from '../ml-error.js'
import { areaWithError } from './area-with-error.js'
import { confusionErrors } from './confusion-errors.js'
import { aroundValue, type MeasuredValue, meanInterval, shareInterval } from './intervals.js'
import type { PerformanceOptions } from './regression-performance.js'

/** What a classifier said of rows, and the truth as far as it has arrived. */
export interface ClassifiedRows {
  /** Names of the classes by code. */
  readonly classes: readonly string[]
  /** Class code by row; -1 where the truth has not arrived. */
  readonly truth: Int32Array
  readonly predicted: Int32Array
  /** By class code, one value per row; null where the model gives none. */
  readonly probabilities: readonly (Float32Array | Float64Array)[] | null
  /** Class that precision, recall and F1 of two classes are told of; the second by default. */
  readonly positive?: number
}

/** How a classifier does on the rows whose truth is known. */
export interface ClassificationPerformance {
  /** `too_few_labels`: nothing is measured, which is neither good nor bad. */
  readonly state: 'measured' | 'too_few_labels'
  readonly rowCount: number
  readonly labelledCount: number
  readonly level: number
  /** Null where there are too few labels. */
  readonly metrics: ClassificationMetrics | null
}

export interface ClassificationMetrics {
  readonly accuracy: MeasuredValue
  readonly balancedAccuracy: MeasuredValue
  /** Of the positive class where there are two, else the plain mean over classes, as `macro`. */
  readonly precision: MeasuredValue
  readonly recall: MeasuredValue
  readonly f1: MeasuredValue
  readonly macroF1: MeasuredValue
  readonly weightedF1: MeasuredValue
  readonly weightedPrecision: MeasuredValue
  readonly weightedRecall: MeasuredValue
  readonly matthews: MeasuredValue
  /** NaN where truth and prediction are one and the same class. */
  readonly kappa: MeasuredValue
  /** Shares of the positive and of the other class; null unless there are two classes. */
  readonly rates: {
    readonly truePositive: MeasuredValue | null
    readonly trueNegative: MeasuredValue | null
    readonly falsePositive: MeasuredValue | null
    readonly falseNegative: MeasuredValue | null
  } | null
  /** Of more than two classes the mean of each against the others; null without probabilities or where a single class occurs. */
  readonly rocAuc: MeasuredValue | null
  readonly averagePrecision: MeasuredValue | null
  readonly logLoss: MeasuredValue | null
  readonly brier: MeasuredValue | null
  /** Mean distance of probability and share over ten groups of equal width, over all classes of more than two. */
  readonly calibrationError: number | null
  /** Of the positive class; null without probabilities and of more than two classes. */
  readonly calibration: CalibrationCurve | null
  readonly byLabel: readonly LabelPerformance[]
  /** `confusion[truth][predicted]` counts rows. */
  readonly confusion: readonly (readonly number[])[]
}

export interface LabelPerformance {
  readonly label: string
  /** Rows that are of it. */
  readonly support: number
  /** Null where no row is predicted as it, which the value 0 of the means stands for. */
  readonly precision: MeasuredValue | null
  readonly recall: MeasuredValue | null
  readonly f1: MeasuredValue
  readonly rocAuc: MeasuredValue | null
}

/**
 * Measures predicted classes against the truth that has arrived. Intervals: shares by Wilson (1927); F1 of a class by the share of its hits
 * among the rows that are of it or said to be; what is made of the whole confusion matrix by its influence function; areas by DeLong et
 * al. (1988); losses by their standard error.
 * @throws MlError `length_mismatch`, `empty_set`, `invalid_label` or `invalid_probability`
 */
export function classificationPerformance(
  rows: ClassifiedRows,
  { labelsMin = 30, level = 0.95 }: PerformanceOptions = {},
): ClassificationPerformance {
  assertPaired(rows.truth.length, rows.predicted.length)
  const known = Int32Array.from(rows.truth.keys()).filter(
    (row) => int32At(rows.truth, row) >= 0 && int32At(rows.predicted, row) >= 0,
  )
  const counts = { rowCount: rows.truth.length, labelledCount: known.length, level }
  if (known.length < Math.max(labelsMin, 1)) return { state: 'too_few_labels', ...counts, metrics: null }
  const taken: ClassifiedRows = {
    ...rows,
    truth: known.map((row) => int32At(rows.truth, row)),
    predicted: known.map((row) => int32At(rows.predicted, row)),
    probabilities: rows.probabilities?.map((column) => Float64Array.from(known, (row) => itemAt(column, row))) ?? null,
  }
  return { state: 'measured', ...counts, metrics: measure(taken, level) }
}

function measure(rows: ClassifiedRows, level: number): ClassificationMetrics {
  const { truth, predicted, classes } = rows
  const positive = positiveOf(rows)
  const scores = classificationScores(truth, predicted, classes.length)
  const errors = confusionErrors(scores.confusion)
  const around = (value: number, error: number | null, min = 0) =>
    error === null ? { value, low: null, high: null } : aroundValue(value, error, { level, min, max: 1 })
  const byLabel = classes.map((label, code) => labelPerformance(label, { rows, code, scores, level }))
  const own = positive === null ? null : itemAt(byLabel, positive)
  return {
    accuracy: shareInterval(hitsOf(scores), truth.length, level) ?? around(scores.accuracy, null),
    balancedAccuracy: around(scores.balancedAccuracy, errors?.balancedAccuracy ?? null),
    precision:
      own === null ? around(scores.macro.precision, errors?.macroPrecision ?? null) : (own.precision ?? none(0)),
    recall: own === null ? around(scores.macro.recall, errors?.macroRecall ?? null) : (own.recall ?? none(0)),
    f1: own === null ? around(scores.macro.f1, errors?.macroF1 ?? null) : own.f1,
    macroF1: around(scores.macro.f1, errors?.macroF1 ?? null),
    weightedF1: around(scores.weighted.f1, errors?.weightedF1 ?? null),
    weightedPrecision: around(scores.weighted.precision, errors?.weightedPrecision ?? null),
    weightedRecall: around(scores.weighted.recall, errors?.weightedRecall ?? null),
    matthews: around(scores.matthews, errors?.matthews ?? null, -1),
    kappa: around(scores.kappa, errors?.kappa ?? null, -1),
    rates: positive === null ? null : ratesOf(scores, positive, level),
    ...probabilityMetrics(rows, byLabel, { positive, level }),
    byLabel,
    confusion: scores.confusion.map((line) => [...line]),
  }
}

function none(value: number): MeasuredValue {
  return { value, low: null, high: null }
}

/** The class that binary metrics are told of; null of other than two classes. */
function positiveOf({ classes, positive }: ClassifiedRows): number | null {
  if (positive !== undefined && !(positive in classes)) {
    throw new MlError('invalid_label', `The positive class has code ${positive}: there are ${classes.length} classes`, {
      value: positive,
    })
  }
  return classes.length === 2 ? (positive ?? 1) : null
}

function hitsOf({ confusion }: ClassificationScores): number {
  return sum(confusion.map((line, code) => float64At(line, code)))
}

function labelPerformance(
  label: string,
  given: {
    readonly rows: ClassifiedRows
    readonly code: number
    readonly scores: ClassificationScores
    readonly level: number
  },
): LabelPerformance {
  const { rows, code, scores, level } = given
  const line = itemAt(scores.confusion, code)
  const hits = float64At(line, code)
  const support = sum(line)
  const claimed = sum(scores.confusion.map((other) => float64At(other, code)))
  // F1 = 2 J / (1 + J) of J = hits among the rows that are of the class or said to be: an interval of J is one of F1.
  const joint = shareInterval(hits, support + claimed - hits, level)
  const f1Of = (share: number | null) => (share === null ? null : (2 * share) / (1 + share))
  return {
    label,
    support,
    precision: shareInterval(hits, claimed, level),
    recall: shareInterval(hits, support, level),
    f1: joint === null ? none(0) : { value: f1Of(joint.value) ?? 0, low: f1Of(joint.low), high: f1Of(joint.high) },
    rocAuc: rows.probabilities === null ? null : areaOf(rows.truth, itemAt(rows.probabilities, code), { code, level }),
  }
}

function areaOf(
  truth: Int32Array,
  column: Float32Array | Float64Array,
  { code, level }: { readonly code: number; readonly level: number },
): MeasuredValue | null {
  const { area, error } = areaWithError(isClass(truth, code), column)
  return Number.isNaN(area) ? null : aroundValue(area, error, { level, min: 0, max: 1 })
}

function ratesOf({ confusion }: ClassificationScores, positive: number, level: number) {
  const other = 1 - positive
  const cell = (own: number, told: number) => float64At(itemAt(confusion, own), told)
  const positives = cell(positive, positive) + cell(positive, other)
  const negatives = cell(other, positive) + cell(other, other)
  return {
    truePositive: shareInterval(cell(positive, positive), positives, level),
    trueNegative: shareInterval(cell(other, other), negatives, level),
    falsePositive: shareInterval(cell(other, positive), negatives, level),
    falseNegative: shareInterval(cell(positive, other), positives, level),
  }
}

function probabilityMetrics(
  { truth, probabilities, classes }: ClassifiedRows,
  byLabel: readonly LabelPerformance[],
  { positive, level }: { readonly positive: number | null; readonly level: number },
): Pick<
  ClassificationMetrics,
  'rocAuc' | 'averagePrecision' | 'logLoss' | 'brier' | 'calibrationError' | 'calibration'
> {
  if (probabilities === null) {
    return {
      rocAuc: null,
      averagePrecision: null,
      logLoss: null,
      brier: null,
      calibrationError: null,
      calibration: null,
    }
  }
  const curves = (positive === null ? [...classes.keys()] : [positive]).map((code) =>
    calibrationCurve(isClass(truth, code), itemAt(probabilities, code)),
  )
  const hasTwo = new Set(truth).size > 1
  return {
    rocAuc: positive === null ? meanArea(byLabel) : itemAt(byLabel, positive).rocAuc,
    averagePrecision: hasTwo
      ? none(
          positive === null
            ? averagePrecisionOneVsRest(truth, probabilities)
            : averagePrecision(isClass(truth, positive), itemAt(probabilities, positive)),
        )
      : null,
    logLoss: {
      ...meanInterval(rowLosses(truth, probabilities), { level, min: 0 }),
      value: logLoss(truth, probabilities),
    },
    brier: {
      ...meanInterval(rowDistances(truth, probabilities), { level, min: 0 }),
      value: brierScore(truth, probabilities),
    },
    calibrationError: sum(curves.map(calibrationError)) / curves.length,
    calibration: positive === null ? null : itemAt(curves, 0),
  }
}

/** The plain mean over the classes that occur; its error takes their areas as independent, as NannyML, so it is a rough one. */
function meanArea(byLabel: readonly LabelPerformance[]): MeasuredValue | null {
  const areas = byLabel.flatMap(({ rocAuc }) => (rocAuc === null ? [] : [rocAuc]))
  if (areas.length === 0) return null
  const value = sum(areas.map((area) => area.value)) / areas.length
  const halves = areas.map(({ low, high }) => ((high ?? Number.NaN) - (low ?? Number.NaN)) / 2)
  const half = Math.sqrt(sum(halves.map((width) => width ** 2))) / areas.length
  if (Number.isNaN(half)) return none(value)
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half) }
}

function rowLosses(truth: Int32Array, probabilities: readonly (Float32Array | Float64Array)[]): Float64Array {
  return Float64Array.from(truth, (code, row) => {
    const value = itemAt(itemAt(probabilities, code), row)
    return -Math.log(Math.min(Math.max(value, 2 ** -52), 1 - 2 ** -52))
  })
}

function rowDistances(truth: Int32Array, probabilities: readonly (Float32Array | Float64Array)[]): Float64Array {
  const halved = probabilities.length === 2 ? 2 : 1
  return Float64Array.from(truth, (code, row) => {
    let distance = 0
    for (let other = 0; other < probabilities.length; other++) {
      distance += (itemAt(itemAt(probabilities, other), row) - (other === code ? 1 : 0)) ** 2
    }
    return distance / halved
  })
}
