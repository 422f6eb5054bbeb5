import { int32At } from '../data/element.js'
import { columnNamed, type Table, takeTableRows } from '../data/table.js'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import type { ClassTarget, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { fitPipeline } from '../pipeline/fit-pipeline.js'
import { predictPipeline } from '../pipeline/predict-pipeline.js'
import { createRandom, type Random } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { groupKFold, kFold, stratifiedKFold, timeSeriesFolds } from '../selection/folds.js'
import type { TrainTestSplit } from '../selection/stratified-split.js'
import type { ExperimentDefinition, LearningTask } from './experiment-definition.js'
import { defaultMetric } from './metric-direction.js'
import { readTarget } from './read-target.js'
import { type Experiment, type ExperimentRun, evaluate } from './run-experiment.js'
import { groupCodes } from './split-rows.js'
import { takeTarget, takeValues, weightsOf } from './target-rows.js'

/** How good a method is with fewer rows: scores over growing parts of the training rows. It is JSON. */
export interface LearningCurveReport {
  /** The metric that the scores are of. */
  readonly metric: string
  readonly folds: number
  /** Training rows of each point, ascending. */
  readonly sizes: readonly number[]
  /** On the rows that were trained on. */
  readonly train: CurveScores
  /** On the fold that was left out. */
  readonly test: CurveScores
}

export interface CurveScores {
  readonly mean: readonly number[]
  /** Of the folds as a population. */
  readonly std: readonly number[]
  /** `scores[size][fold]`. */
  readonly scores: readonly (readonly number[])[]
}

export interface LearningCurveOptions {
  /** Shares of the training rows of a fold, above 0 and up to 1. */
  readonly shares?: readonly number[]
  /** 5 unless told. */
  readonly folds?: number
  /** `accuracy` or `r2` unless told. */
  readonly metric?: string
}

export const learningShares: readonly number[] = [0.1, 0.25, 0.5, 0.75, 1]

const defaultFolds = 5

/**
 * Fits the pipeline of an experiment again and again, on growing parts of its training rows, and scores each fit on a fold that it has not
 * seen, as scikit-learn's `learning_curve` does. The parts of a fold hold each other; classes are in them in their proportions, groups
 * stay whole, and of a series they are the rows just before the fold. Test rows of the experiment are not touched. Sizes that
 * the method refuses, as they hold too few rows of a class, are left out.
 * @throws MlError of folds, fit and metrics; `invalid_parameter` for an unknown metric; what the method says where it refuses every size
 */
export async function learnCurve(
  rows: Table,
  definition: Omit<ExperimentDefinition, 'estimator'>,
  experiment: Pick<Experiment, 'definition' | 'task' | 'trainRows'>,
  run: ExperimentRun,
  options: LearningCurveOptions = {},
): Promise<LearningCurveReport> {
  const { estimators, onProgress, ...fitRun } = run
  const { task, trainRows } = experiment
  const metric = options.metric ?? defaultMetric(task)
  const target = readTarget(rows, definition.target, task)
  const weights = weightsOf(rows, definition)
  const folds = orderedFolds(rows, target, { definition, trainRows, folds: options.folds ?? defaultFolds })
  const partOf = (chosen: Int32Array) => ({
    table: takeTableRows(rows, chosen),
    target: takeTarget(target, chosen),
    weights: weights === undefined ? undefined : takeValues(weights, chosen),
  })
  type Part = ReturnType<typeof partOf>
  const scored = await scoreGrowing(folds, {
    shares: options.shares ?? learningShares,
    signal: run.signal,
    onProgress: (done, total) => onProgress?.({ stage: 'learning_curve', done, total }),
    async score(training, testing) {
      const part = partOf(training)
      const fitted = await fitPipeline<LearningTask>(
        experiment.definition,
        {
          ...fitRun,
          table: part.table,
          target: part.target as never,
          ...(part.weights === undefined ? {} : { sampleWeights: part.weights }),
        },
        estimators,
      )
      const scoreOf = ({ table, target: truth, weights: own }: Part) => {
        const { metrics } = evaluate(truth, predictPipeline(fitted, table, estimators), own)
        return metricOf(metrics, metric)
      }
      return { train: scoreOf(part), test: scoreOf(partOf(testing)) }
    },
  })
  return { metric, folds: folds.length, ...scored }
}

function metricOf(metrics: Readonly<Record<string, number>>, metric: string): number {
  const value = metrics[metric]
  if (value !== undefined) return value
  const known = Object.keys(metrics).join(', ')
  throw new MlError('invalid_parameter', `There is no metric ${metric}: there are ${known}`, { value: metric })
}

export interface GrowingWork {
  readonly shares: readonly number[]
  readonly signal?: AbortSignal | undefined
  /** Told before each fit. */
  readonly onProgress?: (done: number, total: number) => void
  /** Scores of a fit on the first rows on themselves and on the others. */
  score(trainRows: Int32Array, testRows: Int32Array): Promise<{ readonly train: number; readonly test: number }>
}

/**
 * Scores over the first rows of each fold, for each size. The sizes are those of scikit-learn: shares of the training rows of the first fold,
 * rounded down.
 * @throws MlError `invalid_share`, `training_aborted`, and what every size is refused with
 */
export async function scoreGrowing(
  folds: readonly TrainTestSplit[],
  { shares, signal, onProgress, score }: GrowingWork,
): Promise<Pick<LearningCurveReport, 'sizes' | 'train' | 'test'>> {
  const asked = learningSizes(shares, folds[0]?.trainRows.length ?? 0)
  const found: { size: number; train: number[]; test: number[] }[] = []
  let refusal: MlError | undefined
  for (const [at, size] of asked.entries()) {
    const point = { size, train: [] as number[], test: [] as number[] }
    try {
      for (const [fold, { trainRows, testRows }] of folds.entries()) {
        assertNotAborted(signal)
        onProgress?.(at * folds.length + fold, asked.length * folds.length)
        const scores = await score(trainRows.subarray(0, size), testRows)
        point.train.push(scores.train)
        point.test.push(scores.test)
      }
      found.push(point)
    } catch (error) {
      if (!(error instanceof MlError) || error.code === 'training_aborted') throw error
      refusal = error
    }
  }
  if (found.length === 0 && refusal !== undefined) throw refusal
  return {
    sizes: found.map(({ size }) => size),
    train: summarize(found.map(({ train }) => train)),
    test: summarize(found.map(({ test }) => test)),
  }
}

/** Whole numbers of rows for shares of them, ascending, each once. Throws MlError `invalid_share`. */
export function learningSizes(shares: readonly number[], rowCount: number): readonly number[] {
  const wrong = shares.find((share) => !(share > 0 && share <= 1))
  if (wrong !== undefined || shares.length === 0) {
    throw new MlError('invalid_share', `A share of the training rows is ${wrong}: give numbers above 0 and up to 1`, {
      value: wrong,
    })
  }
  const sizes = shares.map((share) => Math.max(1, Math.floor(share * rowCount)))
  return [...new Set(sizes)].sort((first, second) => first - second)
}

function summarize(scores: readonly (readonly number[])[]): CurveScores {
  const mean = scores.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length)
  const std = scores.map((values, at) => {
    const squares = values.reduce((sum, value) => sum + (value - (mean[at] ?? 0)) ** 2, 0)
    return Math.sqrt(squares / values.length)
  })
  return { mean, std, scores }
}

interface FoldsAsked {
  readonly definition: Omit<ExperimentDefinition, 'estimator'>
  readonly trainRows: Int32Array
  readonly folds: number
}

/** Folds of the training rows whose own training rows stand in the order in which they are added. */
function orderedFolds(
  rows: Table,
  target: ClassTarget | ValueTarget,
  { definition: { split, seed }, trainRows, folds }: FoldsAsked,
): readonly TrainTestSplit[] {
  const own = takeTarget(target, trainRows)
  const random = createRandom(deriveSeed(seed, 9))
  const codes = own.kind === 'classes' ? own.labels.codes : undefined
  const rowsOf = (part: Int32Array) => part.map((index) => int32At(trainRows, index))
  const named = (column: string) => columnNamed(takeTableRows(rows, trainRows), column)
  const grown = (parts: readonly TrainTestSplit[], order: (part: Int32Array) => Int32Array) =>
    parts.map((part) => ({ trainRows: rowsOf(order(part.trainRows)), testRows: rowsOf(part.testRows) }))
  switch (split.kind) {
    case 'random': {
      const options = { folds, seed: deriveSeed(seed, 10) }
      const parts = own.kind === 'classes' ? stratifiedKFold(own.labels, options) : kFold(trainRows.length, options)
      return grown(parts, (part) => mixedOrder(part, codes, random))
    }
    case 'group': {
      const groups = groupCodes(named(split.column))
      return grown(groupKFold(groups, { folds }), (part) => groupOrder(part, groups, random))
    }
    case 'time': {
      const column = named(split.column)
      if (column.kind === 'text') throw new MlError('invalid_parameter', `Column ${split.column} holds text`)
      // The rows just before the fold first.
      return grown(timeSeriesFolds(column.values, { folds }), (part) => part.slice().reverse())
    }
  }
}

/** By chance, and of classes so that any beginning holds them about in their proportions. */
function mixedOrder(part: Int32Array, codes: Int32Array | undefined, random: Random): Int32Array {
  const order = part.slice()
  random.shuffle(order)
  if (codes === undefined) return order
  const counts = new Map<number, number>()
  for (const index of order) counts.set(int32At(codes, index), (counts.get(int32At(codes, index)) ?? 0) + 1)
  const seen = new Map<number, number>()
  const places = new Map<number, number>()
  for (const index of order) {
    const code = int32At(codes, index)
    const rank = seen.get(code) ?? 0
    seen.set(code, rank + 1)
    places.set(index, (rank + 0.5) / (counts.get(code) ?? 1))
  }
  return order.sort((first, second) => (places.get(first) ?? 0) - (places.get(second) ?? 0))
}

/** Groups by chance, the rows of each together. */
function groupOrder(part: Int32Array, groups: Int32Array, random: Random): Int32Array {
  const order = Int32Array.from(new Set(part.map((index) => int32At(groups, index))))
  random.shuffle(order)
  const places = new Map(Array.from(order, (group, place) => [group, place]))
  const placeOf = (index: number) => places.get(int32At(groups, index)) ?? 0
  return part.slice().sort((first, second) => placeOf(first) - placeOf(second))
}
