import {
  type Calibration,
  type CalibrationMethod,
  calibrate,
  fitCalibration,
} from '../calibration/calibrate-classifier.js'
import { tuneThreshold } from '../calibration/tune-threshold.js'
import { countClasses } from '../data/class-labels.js'
import { int32At, itemAt } from '../data/element.js'
import { type Table, takeTableRows } from '../data/table.js'
import type { ClassTarget, FloatColumn, ValueTarget } from '../estimators/estimator.js'
import { isClass } from '../metrics/ranking.js'
import { MlError } from '../ml-error.js'
import type { EstimatorLookup, FittedPipeline } from '../pipeline/pipeline.js'
import { decidePipeline, predictPipeline } from '../pipeline/predict-pipeline.js'
import type { TrainTestSplit } from '../selection/stratified-split.js'
import type { ExperimentDefinition, LearningTask } from './experiment-definition.js'
import { takeTarget, takeValues } from './target-rows.js'

/** Folds that a calibration and a threshold are learnt on when the experiment names none. */
export const decisionFolds = 5

/** What is learnt of how a classifier decides, besides the classifier itself. */
type DecisionWanted = Pick<ExperimentDefinition, 'calibration' | 'threshold'>

/** What a classifier said of the rows of one fold, which it was not trained on. */
export interface HeldBackFold {
  readonly rows: Int32Array
  /** By class code; NaN where the class had no rows to train on. */
  readonly columns: readonly Float32Array[]
}

/** What was learnt from the rows that were held back; what a fitted pipeline carries. */
export interface Decision {
  readonly calibration?: Calibration
  readonly threshold?: number
  /** Value of the goal at the threshold, on the rows held back; absent of one that was given. */
  readonly thresholdScore?: number
  /** Rows held back; 0 where nothing was learnt from them. */
  readonly rowCount: number
}

/** Whether anything is to be decided otherwise than by the greatest probability as it is. */
export function hasDecision({ calibration, threshold }: DecisionWanted): boolean {
  return calibration !== undefined || threshold !== undefined
}

/** Whether rows have to be held back in folds: a threshold that is given is not learnt. */
export function learnsDecision({ calibration, threshold }: DecisionWanted): boolean {
  return calibration !== undefined || (threshold !== undefined && threshold.kind !== 'fixed')
}

/** The definition of what is only compared: the winner alone is calibrated. */
export function withoutDecision<Definition extends DecisionWanted>(
  definition: Definition,
): Omit<Definition, 'calibration' | 'threshold'> {
  const { calibration: _, threshold: __, ...plain } = definition
  return plain
}

/**
 * Refuses what cannot be decided, before anything is fitted.
 * @throws MlError `calibration_needs_classifier` or `threshold_needs_two_classes`
 */
export function assertDecidable(
  { calibration, threshold, target: name }: DecisionWanted & Pick<ExperimentDefinition, 'target'>,
  target: ClassTarget | ValueTarget,
): void {
  if (calibration !== undefined && target.kind !== 'classes') {
    throw new MlError(
      'calibration_needs_classifier',
      `A calibration is for probabilities of classes, and ${JSON.stringify(name)} is predicted as a number: leave it out`,
      { value: calibration },
    )
  }
  if (threshold === undefined) return
  if (target.kind !== 'classes') {
    throw new MlError(
      'threshold_needs_two_classes',
      `A threshold parts two classes, and ${JSON.stringify(name)} is predicted as a number: leave it out`,
      { value: threshold.kind },
    )
  }
  const { length } = target.labels.classes
  if (length === 2) return
  throw new MlError(
    'threshold_needs_two_classes',
    `A threshold parts two classes, and ${JSON.stringify(name)} has ${length}: leave it out`,
    { value: length },
  )
}

interface HeldBackWork {
  readonly target: ClassTarget
  readonly wanted: DecisionWanted
  readonly estimators: EstimatorLookup
}

/**
 * What a pipeline that was fitted on the training rows of a fold says of the others: scores where they are to be calibrated, otherwise
 * probabilities.
 * @throws MlError as `predictPipeline`; `threshold_needs_probabilities`
 */
export function heldBackFold(
  pipeline: FittedPipeline<LearningTask>,
  rows: Table,
  fold: TrainTestSplit,
  { target, wanted, estimators }: HeldBackWork,
): HeldBackFold {
  const table = takeTableRows(rows, fold.testRows)
  const said = wanted.calibration === undefined ? probabilitiesOf : decidePipeline
  const { codes, classes } = takeTarget(target, fold.trainRows).labels
  const counts = countClasses(codes, classes.length)
  const columns = said(pipeline, table, estimators).map((column, code) =>
    int32At(counts, code) === 0 ? new Float32Array(column.length).fill(Number.NaN) : Float32Array.from(column),
  )
  return { rows: fold.testRows, columns }
}

/** Refuses a classifier without probabilities, of which there is no threshold. Throws MlError `threshold_needs_probabilities`. */
export function probabilitiesOf(
  pipeline: FittedPipeline,
  table: Table,
  estimators: EstimatorLookup,
): readonly FloatColumn[] {
  const predicted = predictPipeline(pipeline, table, estimators)
  if (predicted.kind === 'classes' && predicted.probabilities !== null) return predicted.probabilities
  const { kind } = pipeline.model
  throw new MlError(
    'threshold_needs_probabilities',
    `${kind} gives no probabilities, which a threshold lies between: calibrate it too`,
    { value: kind },
  )
}

/**
 * Learns how to decide from the rows that were held back: first the calibration of all of them together, then the threshold on the
 * calibrated probabilities.
 * @throws MlError `class_too_small` or `single_class`
 */
export function learnDecision(
  { calibration: method, threshold: choice }: DecisionWanted,
  target: ClassTarget,
  folds: readonly HeldBackFold[],
  weights: Float64Array | undefined,
): Decision {
  const rows = Int32Array.from(folds.flatMap((fold) => [...fold.rows]))
  const truth = takeTarget(target, rows)
  const own = weights === undefined ? undefined : takeValues(weights, rows)
  const columns = target.labels.classes.map((_, code) =>
    Float32Array.from(folds.flatMap((fold) => [...itemAt(fold.columns, code)])),
  )
  const calibration = method === undefined ? undefined : calibrationOf(method, truth, columns, own)
  const learnt = { rowCount: rows.length, ...(calibration === undefined ? {} : { calibration }) }
  if (choice === undefined) return learnt
  if (choice.kind === 'fixed') return { ...learnt, threshold: choice.value }
  const probabilities = calibration === undefined ? columns : (calibrate(calibration, columns).probabilities ?? [])
  const isSecond = isClass(truth.labels.codes, 1)
  assertBoth(truth, isSecond)
  const { threshold, value } = tuneThreshold(isSecond, itemAt(probabilities, 1), choice, own)
  return { ...learnt, threshold, thresholdScore: value }
}

function calibrationOf(
  method: CalibrationMethod,
  truth: ClassTarget,
  columns: readonly Float32Array[],
  weights: Float64Array | undefined,
): Calibration {
  const { codes, classes } = truth.labels
  for (const [code, name] of classes.entries()) {
    const column = itemAt(columns, code)
    if (codes.some((own, row) => own === code && !Number.isNaN(itemAt(column, row)))) continue
    throw new MlError(
      'class_too_small',
      `Class ${JSON.stringify(name)} has too few training rows to be calibrated: each class needs rows in two folds`,
      { value: name },
    )
  }
  return fitCalibration(codes, columns, method, weights)
}

function assertBoth({ labels: { classes } }: ClassTarget, isSecond: Uint8Array): void {
  if (isSecond.includes(0) && isSecond.includes(1)) return
  const only = itemAt(classes, isSecond.includes(1) ? 1 : 0)
  throw new MlError(
    'single_class',
    `Every row held back in folds is ${JSON.stringify(only)}: a threshold needs rows of both classes`,
    { value: only },
  )
}
