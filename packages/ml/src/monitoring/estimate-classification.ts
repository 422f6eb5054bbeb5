import { fitIsotonic, type IsotonicCalibration, isotonicProbability } from '../calibration/fit-isotonic.js'
import { assertCodes } from '../data/class-labels.js'
import { float64At, int32At, itemAt } from '../data/element.js'
import { assertPaired, sum } from '../metrics/check-pairs.js'
import { classificationScores } from '../metrics/classification.js'
import { averagePrecision, isClass, rocAuc } from '../metrics/ranking.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import {
  type EstimatedClassMetric,
  type SamplingErrors,
  samplingError,
  samplingErrors,
} from './class-sampling-errors.js'
import { orderRows } from './order-rows.js'
import { cutChunks, type EstimatedValue, estimated, type MetricThresholds, thresholdsOf } from './reference-chunks.js'

type Columns = readonly (Float32Array | Float64Array)[]

/** What an estimate of a classifier without labels needs of a reference whose labels are known. */
export interface ClassificationEstimator {
  readonly kind: 'confidence_based'
  readonly classes: readonly string[]
  /** By class code (of two classes only the second has one); null where probabilities are better as they are. */
  readonly calibrations: readonly (IsotonicCalibration | null)[]
  readonly errors: SamplingErrors
  readonly thresholds: Readonly<Record<EstimatedClassMetric, MetricThresholds | null>>
  /** Shares of the rows of each cell of the confusion matrix, truth first. */
  readonly confusionShares: readonly (readonly number[])[]
  readonly referenceRows: number
}

export interface ReferenceRows {
  readonly classes: readonly string[]
  readonly truth: Int32Array
  readonly predicted: Int32Array
  /** By class code, one value per row, in the order in which the rows came. */
  readonly probabilities: Columns
}

export interface EstimatorOptions {
  readonly seed: number
  /** `auto` calibrates a class where that makes held-out probabilities truer; `isotonic` always; `none` never. */
  readonly calibration?: 'auto' | 'isotonic' | 'none'
  /** Parts that the thresholds come from; 10 by default. */
  readonly chunks?: number
}

/** An estimate of how a classifier does on rows without labels. */
export interface ClassificationEstimate {
  readonly state: 'estimated' | 'not_enough_data'
  readonly rowCount: number
  /** Null where there are too few rows; of more than two classes all but the accuracy are plain means over classes. */
  readonly metrics: Readonly<Record<EstimatedClassMetric, EstimatedValue>> | null
  /** Rows that are expected in each cell, truth first, and the chance error of each. */
  readonly confusion: readonly (readonly { readonly rows: number; readonly samplingError: number }[])[] | null
}

/**
 * Learns from rows with labels what confidence-based performance estimation (CBPE, NannyML) needs: isotonic calibrations of the
 * probabilities, chance errors, and thresholds of mean plus and minus three standard deviations of the true metrics over parts of the
 * reference. The reference should not be the training set: the model is better on that.
 * @throws MlError `length_mismatch`, `empty_set`, `invalid_label`, `invalid_probability` or `single_class`
 */
export function fitClassificationEstimator(rows: ReferenceRows, options: EstimatorOptions): ClassificationEstimator {
  const { classes, truth, predicted, probabilities } = rows
  assertColumns(rows)
  assertCodes(truth, classes.length)
  if (new Set(truth).size < 2) {
    throw new MlError('single_class', 'The reference has a single class: give rows of at least two', { value: 1 })
  }
  const cuts = cutChunks(truth.length, options.chunks)
  const realised = cuts.slice(1).map((end, chunk) => realisedMetrics(rows, itemAt(cuts, chunk), end))
  const thresholds = byMetric((metric) =>
    thresholdsOf(
      Float64Array.from(realised, (values) => values[metric]),
      { min: 0, max: 1 },
    ),
  )
  const { confusion } = classificationScores(truth, predicted, classes.length)
  return {
    kind: 'confidence_based',
    classes,
    calibrations: probabilities.map((column, code) =>
      classes.length === 2 && code === 0 ? null : calibrate(isClass(truth, code), column, options),
    ),
    errors: samplingErrors(rows, deriveSeed(options.seed, 1)),
    thresholds,
    confusionShares: confusion.map((line) => Array.from(line, (count) => count / truth.length)),
    referenceRows: truth.length,
  }
}

/**
 * Estimates the metrics of rows from what the model says of itself: each row counts as its probabilities say, so that a row predicted with
 * 0.8 is 0.8 of a hit (CBPE). It holds as long as rows of like features keep like labels: a change of that (concept drift) it cannot see.
 * @param rowsMin rows below which nothing is estimated; 30 by default
 * @throws MlError `length_mismatch`, `empty_set`, `invalid_label` or `invalid_probability`
 */
export function estimateClassification(
  estimator: ClassificationEstimator,
  rows: { readonly predicted: Int32Array; readonly probabilities: Columns },
  { rowsMin = 30 }: { readonly rowsMin?: number } = {},
): ClassificationEstimate {
  const rowCount = rows.predicted.length
  if (rowCount < Math.max(rowsMin, 1)) return { state: 'not_enough_data', rowCount, metrics: null, confusion: null }
  assertColumns({ ...rows, classes: estimator.classes })
  const chances = calibratedColumns(estimator, rows.probabilities)
  const expected = expectedConfusion(rows.predicted, chances)
  const values = estimateMetrics(rows, chances, expected)
  const metrics = byMetric((metric) =>
    estimated(values[metric], samplingError(estimator.errors, metric, rowCount), {
      thresholds: estimator.thresholds[metric],
      ...{ min: 0, max: 1 },
    }),
  )
  const confusion = expected.map((line, own) =>
    Array.from(line, (count, told) => {
      const share = estimator.confusionShares[own]?.[told] ?? 0
      return { rows: count, samplingError: Math.sqrt(share * (1 - share) * rowCount) }
    }),
  )
  return { state: 'estimated', rowCount, metrics, confusion }
}

function byMetric<Value>(of: (metric: EstimatedClassMetric) => Value): Record<EstimatedClassMetric, Value> {
  return {
    accuracy: of('accuracy'),
    precision: of('precision'),
    recall: of('recall'),
    specificity: of('specificity'),
    f1: of('f1'),
    roc_auc: of('roc_auc'),
    average_precision: of('average_precision'),
  }
}

function assertColumns({
  classes,
  predicted,
  probabilities,
}: Pick<ReferenceRows, 'classes' | 'predicted' | 'probabilities'>): void {
  if (probabilities.length !== classes.length) {
    throw new MlError(
      'length_mismatch',
      `There are ${probabilities.length} columns of probabilities for ${classes.length} classes: give one for each`,
      { value: probabilities.length },
    )
  }
  assertCodes(predicted, classes.length)
  for (const column of probabilities) {
    assertPaired(predicted.length, column.length)
    const row = column.findIndex((probability) => !(probability >= 0 && probability <= 1))
    if (row < 0) continue
    throw new MlError('invalid_probability', `The probability of row ${row} is ${column[row]}: it must lie in 0..1`, {
      value: column[row],
    })
  }
}

/** Shares of rows that are held out to see whether a calibration helps, and how often. */
const heldOutShare = 0.25
const heldOutRounds = 10
const calibrationGroups = 10

function calibrate(
  isPositive: Uint8Array,
  column: Float32Array | Float64Array,
  { calibration = 'auto', seed }: EstimatorOptions,
): IsotonicCalibration | null {
  if (calibration === 'none') return null
  const fitted = fitIsotonic(column, isPositive)
  return calibration === 'isotonic' || helps(isPositive, column, seed) ? fitted : null
}

/** Whether calibrating lowers the distance of probability and share on rows held out, over several draws together. */
function helps(isPositive: Uint8Array, column: Float32Array | Float64Array, seed: number): boolean {
  const before: number[] = []
  const after: number[] = []
  const hits: number[] = []
  const kinds = [0, 1].map((kind) => Int32Array.from(column.keys()).filter((row) => isPositive[row] === kind))
  for (let round = 0; round < heldOutRounds; round++) {
    const random = createRandom(deriveSeed(seed, 100 + round))
    const isTest = new Uint8Array(column.length)
    for (const kind of kinds) {
      const shuffled = kind.slice()
      random.shuffle(shuffled)
      for (const row of shuffled.subarray(0, Math.round(kind.length * heldOutShare))) isTest[row] = 1
    }
    const learnt = Int32Array.from(column.keys()).filter((row) => isTest[row] === 0)
    const calibration = fitIsotonic(
      Float64Array.from(learnt, (row) => itemAt(column, row)),
      Uint8Array.from(learnt, (row) => itemAt(isPositive, row)),
    )
    for (let row = 0; row < column.length; row++) {
      if (isTest[row] === 0) continue
      before.push(itemAt(column, row))
      after.push(isotonicProbability(calibration, itemAt(column, row)))
      hits.push(itemAt(isPositive, row))
    }
  }
  return distanceOf(before, hits) > distanceOf(after, hits)
}

/** Expected calibration error over groups of equally many rows by their probability. */
function distanceOf(probabilities: readonly number[], hits: readonly number[]): number {
  const order = orderRows(Float64Array.from(probabilities))
  let total = 0
  for (let group = 0; group < calibrationGroups; group++) {
    const start = Math.floor((group * order.length) / calibrationGroups)
    const end = Math.floor(((group + 1) * order.length) / calibrationGroups)
    let difference = 0
    for (let at = start; at < end; at++) {
      const row = int32At(order, at)
      difference += itemAt(probabilities, row) - itemAt(hits, row)
    }
    total += Math.abs(difference)
  }
  return total / order.length
}

/** Probabilities as the calibrations have them, which add up to 1 in each row. */
function calibratedColumns({ calibrations }: ClassificationEstimator, columns: Columns): Float64Array[] {
  const raw = columns.map((column, code) => {
    const calibration = calibrations[code] ?? null
    return Float64Array.from(column, (value) =>
      calibration === null ? value : isotonicProbability(calibration, value),
    )
  })
  const [first, second] = raw
  if (raw.length === 2 && first && second) return [second.map((chance) => 1 - chance), second]
  const rowCount = first?.length ?? 0
  for (let row = 0; row < rowCount; row++) {
    const total = sum(raw.map((column) => float64At(column, row)))
    for (const column of raw) column[row] = total === 0 ? 1 / raw.length : float64At(column, row) / total
  }
  return raw
}

/** Rows by truth, as the probabilities have it, and prediction. */
function expectedConfusion(predicted: Int32Array, chances: readonly Float64Array[]): Float64Array[] {
  const expected = chances.map(() => new Float64Array(chances.length))
  for (const [code, column] of chances.entries()) {
    const line = itemAt(expected, code)
    for (let row = 0; row < predicted.length; row++) {
      const told = int32At(predicted, row)
      line[told] = float64At(line, told) + float64At(column, row)
    }
  }
  return expected
}

function estimateMetrics(
  { predicted, probabilities }: { readonly predicted: Int32Array; readonly probabilities: Columns },
  chances: readonly Float64Array[],
  expected: readonly Float64Array[],
): Record<EstimatedClassMetric, number> {
  const codes = chances.length === 2 ? [1] : [...chances.keys()]
  const mean = (of: (code: number) => number) => sum(codes.map(of)) / codes.length
  const cells = (code: number) => {
    const hits = float64At(itemAt(expected, code), code)
    const support = sum(itemAt(expected, code))
    const claimed = sum(expected.map((line) => float64At(line, code)))
    return { hits, support, claimed, rest: predicted.length - support - claimed + hits }
  }
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
  const curves = codes.map((code) => estimateCurve(itemAt(chances, code), itemAt(probabilities, code)))
  return {
    accuracy: sum(expected.map((line, code) => float64At(line, code))) / predicted.length,
    precision: mean((code) => ratio(cells(code).hits, cells(code).claimed)),
    recall: mean((code) => ratio(cells(code).hits, cells(code).support)),
    specificity: mean((code) => ratio(cells(code).rest, predicted.length - cells(code).support)),
    f1: mean((code) => ratio(2 * cells(code).hits, cells(code).support + cells(code).claimed)),
    roc_auc: sum(curves.map(({ area }) => area)) / curves.length,
    average_precision: sum(curves.map(({ precision }) => precision)) / curves.length,
  }
}

/**
 * The area under the ROC curve and the average precision when each row is positive by its chance, rows by falling score; rows of one score
 * are one step of the curves, as in the metrics with labels.
 */
function estimateCurve(
  chances: Float64Array,
  scores: Float32Array | Float64Array,
): { readonly area: number; readonly precision: number } {
  const order = orderRows(Float64Array.from(scores, (score) => -score))
  const positives = sum(chances)
  const negatives = chances.length - positives
  let [hits, misses, area, precision] = [0, 0, 0, 0]
  for (let start = 0; start < order.length; ) {
    const score = itemAt(scores, int32At(order, start))
    let [end, tied] = [start, 0]
    while (end < order.length && itemAt(scores, int32At(order, end)) === score) {
      tied += float64At(chances, int32At(order, end))
      end++
    }
    const missed = end - start - tied
    area += missed * (hits + tied / 2)
    hits += tied
    misses += missed
    if (tied > 0) precision += (tied / positives) * (hits / (hits + misses))
    start = end
  }
  return { area: area / (positives * negatives), precision }
}

/** The true metrics of a part of the reference; NaN where one has no meaning. */
function realisedMetrics(rows: ReferenceRows, start: number, end: number): Record<EstimatedClassMetric, number> {
  const truth = rows.truth.slice(start, end)
  const predicted = rows.predicted.slice(start, end)
  const columns = rows.probabilities.map((column) => column.slice(start, end))
  const isBinary = columns.length === 2
  const { accuracy, perClass, macro, confusion } = classificationScores(truth, predicted, columns.length)
  const codes = isBinary ? [1] : [...columns.keys()]
  const mean = (of: (code: number) => number) => sum(codes.map(of)) / codes.length
  const own = isBinary ? itemAt(perClass, 1) : macro
  const hasAll = new Set(truth).size === columns.length
  const specificity = (code: number) => {
    const { support } = itemAt(perClass, code)
    const claimed = sum(confusion.map((line) => float64At(line, code)))
    const hits = float64At(itemAt(confusion, code), code)
    return (truth.length - support - claimed + hits) / (truth.length - support)
  }
  return {
    accuracy,
    precision: own.precision,
    recall: own.recall,
    f1: own.f1,
    specificity: mean(specificity),
    roc_auc: hasAll ? mean((code) => rocAuc(isClass(truth, code), itemAt(columns, code))) : Number.NaN,
    average_precision: hasAll
      ? mean((code) => averagePrecision(isClass(truth, code), itemAt(columns, code)))
      : Number.NaN,
  }
}
