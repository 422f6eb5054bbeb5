import { float64At, int32At, itemAt } from '../data/element.js'
import type { Table } from '../data/table.js'
import type { ClassesPredicted, FloatColumn, ValuesPredicted } from '../estimators/estimator.js'
import { createRandom, type Random } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { percentile } from '../statistics/bootstrap.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { readTarget } from './read-target.js'
import type { Experiment } from './run-experiment.js'
import { takeTarget } from './target-rows.js'

/** Where the main metrics of a tested model lie, by drawing its test rows anew. It is JSON. */
export interface IntervalsReport {
  /** Share of the samples within an interval. */
  readonly level: number
  /** Samples drawn. */
  readonly resamples: number
  readonly metrics: Readonly<Record<string, { readonly low: number; readonly high: number }>>
}

/** Of more test rows the intervals are so narrow that nobody asks for them. */
export const intervalRowsMax = 20_000
const level = 0.95
const resamplesMax = 1000
/** Rows drawn in all, about: what bounds the time to some tenths of a second. */
const drawsMax = 4_000_000
/** Classes of which the area under the ROC curve is drawn too. */
const rocClassesMax = 20

/** How often each test row was drawn; gives the metrics of the sample, NaN where one has no meaning. */
type Measure = (counts: Int32Array, rows: number) => Readonly<Record<string, number>>

interface Tested extends Pick<Experiment, 'task' | 'predicted' | 'testRows'> {
  /** Samples; 1000 by default, and fewer of many rows. */
  readonly resamples?: number
}

/**
 * Percentile intervals (Efron 1979) of r2, rmse and mae, or of accuracy, f1_macro, roc_auc and log_loss; samples in which a metric has no
 * meaning, as the area of one class, do not count. Undefined where rows have weights, and for more than `intervalRowsMax` test rows.
 */
export function metricIntervals(
  rows: Table,
  definition: Pick<ExperimentDefinition, 'target' | 'seed' | 'weight'>,
  { task, predicted, testRows, resamples }: Tested,
): IntervalsReport | undefined {
  const count = testRows.length
  if (count > intervalRowsMax || definition.weight !== undefined) return undefined
  const target = takeTarget(readTarget(rows, definition.target, task), testRows)
  const samples = { count, resamples: resamples ?? Math.min(resamplesMax, Math.ceil(drawsMax / count)) }
  const random = createRandom(deriveSeed(definition.seed, 11))
  if (target.kind === 'classes' && predicted.kind === 'classes') {
    return intervalsOf(samples, random, measureClasses(target.labels.codes, predicted))
  }
  if (target.kind === 'values' && predicted.kind === 'values') {
    return intervalsOf(samples, random, measureValues(target.values, predicted.values))
  }
  return undefined
}

/** Samples of many rows too. */
const differenceResamplesMin = 200

/**
 * Where the difference of the same metrics of two models lies, second less first: both are measured on the same samples of the rows. Metrics
 * that one of them has not are absent.
 */
export function differenceIntervals(
  truth:
    | { readonly kind: 'classes'; readonly codes: Int32Array }
    | { readonly kind: 'values'; readonly values: Float64Array },
  given: {
    readonly first: ClassesPredicted | ValuesPredicted
    readonly second: ClassesPredicted | ValuesPredicted
    readonly seed: number
  },
): IntervalsReport {
  const count = truth.kind === 'classes' ? truth.codes.length : truth.values.length
  const measures = [given.first, given.second].map((predicted): Measure => {
    if (truth.kind === 'classes' && predicted.kind === 'classes') return measureClasses(truth.codes, predicted)
    if (truth.kind === 'values' && predicted.kind === 'values') return measureValues(truth.values, predicted.values)
    return () => ({})
  })
  const [one, other] = measures
  const difference: Measure = (counts, rows) => {
    const [own, others] = [one?.(counts, rows) ?? {}, other?.(counts, rows) ?? {}]
    return Object.fromEntries(
      Object.entries(own).map(([name, value]) => [name, (others[name] ?? Number.NaN) - value] as const),
    )
  }
  const resamples = Math.max(differenceResamplesMin, Math.min(resamplesMax, Math.ceil(drawsMax / count)))
  return intervalsOf({ count, resamples }, createRandom(given.seed), difference)
}

interface Samples {
  /** Rows of each. */
  readonly count: number
  readonly resamples: number
}

function intervalsOf({ count, resamples }: Samples, random: Random, measure: Measure): IntervalsReport {
  const found = new Map<string, number[]>()
  const counts = new Int32Array(count)
  for (let sample = 0; sample < resamples; sample++) {
    counts.fill(0)
    for (let drawn = 0; drawn < count; drawn++) {
      const row = random.intBelow(count)
      counts[row] = int32At(counts, row) + 1
    }
    for (const [name, value] of Object.entries(measure(counts, count))) {
      if (!Number.isFinite(value)) continue
      const values = found.get(name) ?? []
      values.push(value)
      found.set(name, values)
    }
  }
  const metrics = [...found].map(([name, values]) => {
    const sorted = Float64Array.from(values).sort()
    return [name, { low: percentile(sorted, (1 - level) / 2), high: percentile(sorted, (1 + level) / 2) }] as const
  })
  return { level, resamples, metrics: Object.fromEntries(metrics) }
}

function measureValues(truth: Float64Array, predicted: FloatColumn): Measure {
  return (counts, rows) => {
    let [sum, squares, absolute] = [0, 0, 0]
    for (let row = 0; row < truth.length; row++) {
      const times = int32At(counts, row)
      const error = float64At(truth, row) - itemAt(predicted, row)
      sum += times * float64At(truth, row)
      squares += times * error * error
      absolute += times * Math.abs(error)
    }
    const mean = sum / rows
    let spread = 0
    for (let row = 0; row < truth.length; row++) {
      spread += int32At(counts, row) * (float64At(truth, row) - mean) ** 2
    }
    return {
      r2: spread === 0 ? Number.NaN : 1 - squares / spread,
      rmse: Math.sqrt(squares / rows),
      mae: absolute / rows,
    }
  }
}

function measureClasses(truth: Int32Array, predicted: ClassesPredicted): Measure {
  const { probabilities } = predicted
  const columns = probabilities ?? predicted.scores
  const classCount = columns?.length ?? 1 + Math.max(...truth, ...predicted.codes)
  const areas = columns === null || columns.length > rocClassesMax ? [] : areaMeasures(truth, columns)
  const losses = probabilities === null ? undefined : rowLosses(truth, probabilities)
  return (counts, rows) => {
    const [hits, actual, claimed] = [
      new Float64Array(classCount),
      new Float64Array(classCount),
      new Float64Array(classCount),
    ]
    let [right, loss] = [0, 0]
    for (let row = 0; row < truth.length; row++) {
      const times = int32At(counts, row)
      const [own, told] = [int32At(truth, row), int32At(predicted.codes, row)]
      actual[own] = float64At(actual, own) + times
      claimed[told] = float64At(claimed, told) + times
      if (losses !== undefined) loss += times * float64At(losses, row)
      if (own !== told) continue
      hits[own] = float64At(hits, own) + times
      right += times
    }
    return {
      accuracy: right / rows,
      f1_macro: meanOf(
        Array.from(hits, (hit, code) => (2 * hit) / (float64At(actual, code) + float64At(claimed, code))),
      ),
      roc_auc: meanOf(areas.map((area) => area(counts))),
      log_loss: losses === undefined ? Number.NaN : loss / rows,
    }
  }
}

/** The mean of those that have a meaning; NaN of none. */
function meanOf(values: readonly number[]): number {
  const there = values.filter((value) => !Number.isNaN(value))
  return there.reduce((sum, value) => sum + value, 0) / there.length
}

function rowLosses(truth: Int32Array, probabilities: readonly FloatColumn[]): Float64Array {
  return Float64Array.from(truth, (code, row) => {
    const column = itemAt(probabilities, code)
    const epsilon = column instanceof Float32Array ? 2 ** -23 : 2 ** -52
    return -Math.log(Math.min(Math.max(itemAt(column, row), epsilon), 1 - epsilon))
  })
}

/** The area under the ROC curve of each class against all others; of two classes that of the second. */
function areaMeasures(truth: Int32Array, columns: readonly FloatColumn[]): ((counts: Int32Array) => number)[] {
  const codes = columns.length === 2 ? [1] : [...columns.keys()]
  return codes.map((code) => areaMeasure(truth, code, itemAt(columns, code)))
}

/** Rows are sorted once; a sample only counts them. */
function areaMeasure(truth: Int32Array, code: number, scores: FloatColumn): (counts: Int32Array) => number {
  const order = Int32Array.from(truth.keys()).sort((a, b) => itemAt(scores, a) - itemAt(scores, b))
  return (counts) => {
    let [area, positives, negatives] = [0, 0, 0]
    for (let at = 0; at < order.length; ) {
      const score = itemAt(scores, int32At(order, at))
      let [tiedPositives, tiedNegatives] = [0, 0]
      for (; at < order.length && itemAt(scores, int32At(order, at)) === score; at++) {
        const row = int32At(order, at)
        if (int32At(truth, row) === code) tiedPositives += int32At(counts, row)
        else tiedNegatives += int32At(counts, row)
      }
      area += tiedPositives * (negatives + tiedNegatives / 2)
      positives += tiedPositives
      negatives += tiedNegatives
    }
    return area / (positives * negatives)
  }
}
