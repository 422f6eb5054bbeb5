import { type Table, takeTableRows } from '../data/table.js'
import type { ClassTarget, EstimatorTask, FitRun, PredictionOf, ValueTarget } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { DefaultPipeline } from '../pipeline/default-pipeline.js'
import { exportPipeline } from '../pipeline/export-pipeline.js'
import { estimatorOf, fitPipeline } from '../pipeline/fit-pipeline.js'
import type { EstimatorLookup, FittedPipeline, PipelineDefinition } from '../pipeline/pipeline.js'
import { predictPipeline } from '../pipeline/predict-pipeline.js'
import { decide } from './decide.js'
import type { DecisionReport } from './describe-decision.js'
import { type Evaluation, evaluateClasses, evaluateValues } from './evaluate-model.js'
import type { ExperimentDefinition, LearningTask } from './experiment-definition.js'
import { assertDecidable, hasDecision } from './learn-decision.js'
import { assertFiniteFeatures, preparePipeline } from './prepare-pipeline.js'
import { readTarget } from './read-target.js'
import { splitRows } from './split-rows.js'
import { takeTarget, takeValues, weightsOf } from './target-rows.js'
import { testFolds } from './test-folds.js'

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
  /** How classes are decided, where a calibration or a threshold was asked for. */
  readonly decision?: DecisionReport
}

/**
 * Splits, fits, calibrates and tests and, where asked, tests on folds too. The same table, definition and seed give the same model, for any
 * number of threads.
 * @throws MlError of the target, the split, the pipeline, the estimator, and of `assertDecidable` and `decide`; `invalid_pipeline` for an
 *   estimator of another task
 */
export async function runExperiment(
  rows: Table,
  definition: ExperimentDefinition,
  run: ExperimentRun,
): Promise<Experiment> {
  const { estimators, onProgress, ...fitRun } = run
  const target = readTarget(rows, definition.target, definition.task)
  const task: LearningTask = target.kind === 'classes' ? 'classification' : 'regression'
  assertDecidable(definition, target)
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
  const folds = await testFolds({
    ...{ rows, definition, target, estimators, fit, test },
    trainRows: split.trainRows,
    onFold: (done, total) => onProgress?.({ stage: 'folds', done, total }),
  })
  const plain = await fit(split.trainRows, (progress) => onProgress?.({ stage: 'fit', ...progress }))
  onProgress?.({ stage: 'evaluate', done: 0, total: 1 })
  const tested = test(plain, split.testRows)
  const decided =
    target.kind === 'classes' && hasDecision(definition)
      ? decide(plain, { rows, definition, target, weights, testRows: split.testRows, folds, tested, test, estimators })
      : { pipeline: plain, ...tested }
  return {
    task,
    definition: pipelineDefinition,
    dropped,
    classes: target.kind === 'classes' ? target.labels.classes : [],
    trainRows: split.trainRows,
    testRows: split.testRows,
    ...decided,
    metrics: { ...decided.metrics, ...folds.metrics },
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
