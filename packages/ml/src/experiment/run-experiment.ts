import { float64At, int32At } from '../data/element.js'
import { columnNamed, type Table, takeTableRows } from '../data/table.js'
import type { ClassTarget, EstimatorTask, FitRun, PredictionOf, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { DefaultPipeline } from '../pipeline/default-pipeline.js'
import { exportPipeline } from '../pipeline/export-pipeline.js'
import { estimatorOf, fitPipeline } from '../pipeline/fit-pipeline.js'
import type { EstimatorLookup, FittedPipeline, PipelineDefinition } from '../pipeline/pipeline.js'
import { predictPipeline } from '../pipeline/predict-pipeline.js'
import { deriveSeed } from '../random/derive-seed.js'
import { kFold, stratifiedKFold } from '../selection/folds.js'
import type { TrainTestSplit } from '../selection/stratified-split.js'
import { type Evaluation, evaluateClasses, evaluateValues } from './evaluate-model.js'
import type { ExperimentDefinition, LearningTask } from './experiment-definition.js'
import { assertFiniteFeatures, preparePipeline } from './prepare-pipeline.js'
import { readTarget } from './read-target.js'
import { splitRows } from './split-rows.js'

/** Where an experiment is. */
export interface ExperimentProgress {
  readonly stage: 'fit' | 'folds' | 'evaluate' | 'learning_curve'
  /** Iterations of the fit, folds, or fits of the learning curve. */
  readonly done: number
  readonly total: number
  readonly metrics?: Readonly<Record<string, number>>
}

export interface ExperimentRun extends Omit<FitRun, 'onProgress'> {
  readonly estimators: EstimatorLookup
  readonly onProgress?: (progress: ExperimentProgress) => void
}

export interface Experiment extends Evaluation {
  readonly task: LearningTask
  /** The pipeline as it was fitted, with the preprocessing that was chosen. */
  readonly definition: PipelineDefinition
  /** Columns that were left out, and why. */
  readonly dropped: DefaultPipeline['dropped']
  readonly pipeline: FittedPipeline<LearningTask>
  /** Classes of a classifier, by code. */
  readonly classes: readonly string[]
  readonly trainRows: Int32Array
  readonly testRows: Int32Array
  /** Of a classifier the class of each test row, of a regressor its number. */
  readonly predicted: PredictionOf[LearningTask]
}

/**
 * Splits, fits, tests and, where asked, tests on folds too. The same table, definition and seed give the same model, for any number of
 * threads.
 * @throws MlError of the target, the split, the pipeline and the estimator; `invalid_pipeline` for an estimator of another task
 */
export async function runExperiment(
  rows: Table,
  definition: ExperimentDefinition,
  run: ExperimentRun,
): Promise<Experiment> {
  const { estimators, onProgress, ...fitRun } = run
  const target = readTarget(rows, definition.target, definition.task)
  const task: LearningTask = target.kind === 'classes' ? 'classification' : 'regression'
  assertTask(task, definition, estimators)
  assertFiniteFeatures(rows, definition)
  const split = splitRows(rows, target, definition.split, definition.seed)
  const training = takeTableRows(rows, split.trainRows)
  const { pipeline: pipelineDefinition, dropped } = preparePipeline(training, definition, estimators)
  const weights = weightsOf(rows, definition)
  const fit = (chosen: Int32Array, onFit?: FitRun['onProgress']) =>
    fitPipeline<LearningTask>(
      pipelineDefinition,
      {
        ...fitRun,
        table: takeTableRows(rows, chosen),
        target: takeTarget(target, chosen) as never,
        ...(weights === undefined ? {} : { sampleWeights: takeValues(weights, chosen) }),
        ...(onFit === undefined ? {} : { onProgress: onFit }),
      },
      estimators,
    )
  const test = (pipeline: FittedPipeline<LearningTask>, chosen: Int32Array) => {
    const predicted = predictPipeline(pipeline, takeTableRows(rows, chosen), estimators)
    const own = weights === undefined ? undefined : takeValues(weights, chosen)
    return { predicted, ...evaluate(takeTarget(target, chosen), predicted, own) }
  }
  const folds = await testFolds(definition, { target, split, fit, test, onProgress })
  const pipeline = await fit(split.trainRows, (progress) => onProgress?.({ stage: 'fit', ...progress }))
  onProgress?.({ stage: 'evaluate', done: 0, total: 1 })
  const tested = test(pipeline, split.testRows)
  return {
    task,
    definition: pipelineDefinition,
    dropped,
    pipeline,
    classes: target.kind === 'classes' ? target.labels.classes : [],
    trainRows: split.trainRows,
    testRows: split.testRows,
    predicted: tested.predicted,
    metrics: { ...tested.metrics, ...folds },
    reports: tested.reports,
  }
}

/** The ONNX file of an experiment: preprocessing and model. Throws MlError as `exportPipeline`. */
export function exportExperiment(
  { pipeline }: Pick<Experiment, 'pipeline'>,
  estimators: EstimatorLookup,
  options: { readonly target: string; readonly metadata?: Readonly<Record<string, string>> },
): Uint8Array {
  return exportPipeline(pipeline, estimators, options)
}

/** Metrics and reports of what was predicted. Throws MlError of the metrics. */
export function evaluate(
  target: ClassTarget | ValueTarget,
  predicted: PredictionOf[EstimatorTask],
  weights?: Float64Array,
): Evaluation {
  if (target.kind === 'classes' && predicted.kind === 'classes') return evaluateClasses(target, predicted, weights)
  if (target.kind === 'values' && predicted.kind === 'values') return evaluateValues(target, predicted, weights)
  throw new MlError('invalid_target', `A prediction of ${predicted.kind} cannot be tested against ${target.kind}`)
}

interface FoldWork {
  readonly target: ClassTarget | ValueTarget
  readonly split: TrainTestSplit
  fit(rows: Int32Array): Promise<FittedPipeline<LearningTask>>
  test(pipeline: FittedPipeline<LearningTask>, rows: Int32Array): Evaluation
  readonly onProgress: ExperimentRun['onProgress'] | undefined
}

/** Mean and standard deviation of each metric over folds of the training rows: `cv_r2_mean`, `cv_r2_std`. */
async function testFolds(
  { folds, seed, split: { kind } }: ExperimentDefinition,
  { target, split, fit, test, onProgress }: FoldWork,
): Promise<Record<string, number>> {
  if (folds === undefined) return {}
  if (kind !== 'random') {
    throw new MlError('invalid_parameter', `Folds go with a split by chance, not by ${kind}: leave one of them out`, {
      value: folds,
    })
  }
  const own = takeTarget(target, split.trainRows)
  const options = { folds, seed: deriveSeed(seed, 1) }
  const parts = own.kind === 'classes' ? stratifiedKFold(own.labels, options) : kFold(split.trainRows.length, options)
  const found: Readonly<Record<string, number>>[] = []
  const rowsOf = (part: Int32Array) => Int32Array.from(part, (index) => int32At(split.trainRows, index))
  for (const [index, part] of parts.entries()) {
    onProgress?.({ stage: 'folds', done: index, total: parts.length })
    found.push(test(await fit(rowsOf(part.trainRows)), rowsOf(part.testRows)).metrics)
  }
  return Object.fromEntries(
    Object.keys(found[0] ?? {}).flatMap((name) => {
      const values = found.map((metrics) => metrics[name] ?? Number.NaN)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
      if (Number.isNaN(mean)) return []
      return [
        [`cv_${name}_mean`, mean],
        [`cv_${name}_std`, deviation],
      ]
    }),
  )
}

function assertTask(
  task: LearningTask,
  { estimator, target }: ExperimentDefinition,
  estimators: EstimatorLookup,
): void {
  const found = estimatorOf(estimator.kind, estimators)
  if (found.task === task) return
  throw new MlError(
    'invalid_pipeline',
    `${estimator.kind} does ${found.task}, but ${JSON.stringify(target)} asks for ${task}: choose another estimator, or say which task is meant`,
    { value: estimator.kind },
  )
}

/** Weight of each row; undefined where none were asked for. Throws MlError `missing_feature` or `invalid_weight`. */
export function weightsOf(rows: Table, { weight }: Pick<ExperimentDefinition, 'weight'>): Float64Array | undefined {
  if (weight === undefined) return undefined
  const column = columnNamed(rows, weight)
  if (column.kind === 'number') return column.values
  throw new MlError('invalid_weight', `Column ${JSON.stringify(weight)} holds no numbers: weights are numbers`, {
    value: weight,
  })
}

export function takeValues(values: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => float64At(values, row))
}

/** The rows of a target, in the given order. */
export function takeTarget<Target extends ClassTarget | ValueTarget>(target: Target, rows: Int32Array): Target {
  if (target.kind === 'values') return { ...target, values: takeValues(target.values, rows) }
  const { labels } = target
  return { ...target, labels: { ...labels, codes: rows.map((row) => int32At(labels.codes, row)) } }
}
