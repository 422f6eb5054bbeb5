import { float64At, int32At, itemAt } from '../data/element.js'
import { mannWhitneyLess } from '../drift/rank-tests.js'
import { meanAndDeviation } from '../drift/samples.js'
import { sortDoubles } from '../drift/sort-doubles.js'
import { MlError } from '../ml-error.js'
import { chanceOfGrowth } from './chance-of-news.js'
import type { ClassifiedRows } from './classification-performance.js'

/** Figures that are a mean over rows, so that the rows of a part are a sample of their own. */
export const segmentMetrics = ['accuracy', 'recall', 'precision', 'log_loss', 'brier', 'mae', 'rmse'] as const
export type SegmentMetric = (typeof segmentMetrics)[number]

/** What each row loses by a figure; NaN where the row says nothing of it. */
export type RowLosses = Float64Array

/**
 * The losses of classes: 1 where the answer is wrong (of recall on the rows of the second class, of precision on those said to be of it),
 * else what a row adds to the loss.
 * @throws MlError `invalid_parameter` for a figure that these rows do not have
 */
export function lossesOfClasses(
  { classes, truth, predicted, probabilities }: ClassifiedRows,
  metric: SegmentMetric,
): RowLosses {
  const told = (row: number) => int32At(predicted, row)
  const miss = (isOf: (code: number, row: number) => boolean) =>
    Float64Array.from(truth, (code, row) =>
      code < 0 || told(row) < 0 || !isOf(code, row) ? Number.NaN : told(row) === code ? 0 : 1,
    )
  if (metric === 'accuracy') return miss(() => true)
  if (metric === 'recall' || metric === 'precision') {
    if (classes.length !== 2) throw unfit(metric, `there are ${classes.length} classes and not two`)
    return miss((code, row) => (metric === 'recall' ? code : told(row)) === 1)
  }
  if (metric !== 'log_loss' && metric !== 'brier') throw unfit(metric, 'the answers are classes')
  if (probabilities === null) throw unfit(metric, 'the answers have no probabilities')
  const loss = metric === 'log_loss' ? logOf : distanceOf
  return Float64Array.from(truth, (code, row) =>
    code < 0 || told(row) < 0
      ? Number.NaN
      : loss(
          probabilities.map((column) => itemAt(column, row)),
          code,
        ),
  )
}

/**
 * The losses of numbers: how far off, or its square.
 * @throws MlError `invalid_parameter` for a figure of classes
 */
export function lossesOfNumbers(truth: Float64Array, predicted: Float64Array, metric: SegmentMetric): RowLosses {
  if (metric !== 'mae' && metric !== 'rmse') throw unfit(metric, 'the answers are numbers')
  return truth.map((value, row) => {
    const error = Math.abs(float64At(predicted, row) - value)
    if (!Number.isFinite(error)) return Number.NaN
    return metric === 'mae' ? error : error * error
  })
}

/** A figure from the mean of its losses. */
export function figureOfLosses(metric: SegmentMetric, mean: number): number {
  if (metric === 'accuracy' || metric === 'recall' || metric === 'precision') return 1 - mean
  return metric === 'rmse' ? Math.sqrt(mean) : mean
}

/** Whether more of a figure is better. */
export const isBetterHigh = (metric: SegmentMetric): boolean =>
  metric === 'accuracy' || metric === 'recall' || metric === 'precision'

/** How losses changed between two sets of rows. */
export interface LossChange {
  readonly before: number
  readonly now: number
  /** The chance of as great a rise, or a greater one, with nothing changed. */
  readonly pValue: number
  /** The rise of the mean in deviations of the earlier losses; infinite where those had none. */
  readonly effect: number
}

/**
 * Whether losses rose: wrong answers by Fisher's exact test, which holds for any number of rows, sizes by the ranks of Mann and Whitney,
 * which no single row moves. One-sided; without NaN.
 */
export function changeOfLosses(before: RowLosses, now: RowLosses): LossChange {
  const [was, is] = [meanAndDeviation(before), meanAndDeviation(now)]
  const rise = is.mean - was.mean
  const isCount = [before, now].every((losses) => losses.every((loss) => loss === 0 || loss === 1))
  return {
    before: was.mean,
    now: is.mean,
    pValue: isCount ? chanceOfMisses(before, now) : chanceOfRanks(before, now),
    effect: rise === 0 ? 0 : rise / was.deviation,
  }
}

function chanceOfMisses(before: RowLosses, now: RowLosses): number {
  const of = (losses: RowLosses) => ({ hits: losses.reduce((sum, loss) => sum + loss, 0), rows: losses.length })
  return chanceOfGrowth(of(now), of(before))
}

function chanceOfRanks(before: RowLosses, now: RowLosses): number {
  const [was, is] = [before.slice(), now.slice()]
  sortDoubles(was)
  sortDoubles(is)
  const chance = mannWhitneyLess(was, is)
  // Losses that are all one and the same have no ranks: they did not rise.
  return Number.isNaN(chance) ? 1 : chance
}

/** Bounded as the mean of it is, in `logLoss`. */
function logOf(probabilities: readonly number[], code: number): number {
  return -Math.log(Math.min(Math.max(itemAt(probabilities, code), 2 ** -52), 1 - 2 ** -52))
}

/** Halved of two classes, as in `brierScore`. */
function distanceOf(probabilities: readonly number[], code: number): number {
  let distance = 0
  for (const [other, value] of probabilities.entries()) distance += (value - (other === code ? 1 : 0)) ** 2
  return probabilities.length === 2 ? distance / 2 : distance
}

function unfit(metric: string, why: string): MlError {
  return new MlError('invalid_parameter', `${metric} cannot be told of these rows: ${why}`, { value: metric })
}
