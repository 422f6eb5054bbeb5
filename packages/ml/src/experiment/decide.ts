import { type Table, takeTableRows } from '../data/table.js'
import type { ClassesPredicted, ClassTarget, EstimatorTask, PredictionOf } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { EstimatorLookup, FittedPipeline } from '../pipeline/pipeline.js'
import { type DecisionReport, describeDecision } from './describe-decision.js'
import type { Evaluation } from './evaluate-model.js'
import type { ExperimentDefinition, LearningTask } from './experiment-definition.js'
import { learnDecision, probabilitiesOf } from './learn-decision.js'
import { takeTarget, takeValues } from './target-rows.js'
import type { FoldsTested } from './test-folds.js'

/** A prediction of the test rows, and how good it is. */
export interface TestedPrediction extends Evaluation {
  readonly predicted: PredictionOf[LearningTask]
}

export interface DecideWork {
  readonly rows: Table
  readonly definition: Pick<ExperimentDefinition, 'calibration' | 'threshold'>
  readonly target: ClassTarget
  readonly weights: Float64Array | undefined
  readonly testRows: Int32Array
  readonly folds: FoldsTested
  /** What the classifier alone says of the test rows. */
  readonly tested: TestedPrediction
  test(pipeline: FittedPipeline<LearningTask>, rows: Int32Array): TestedPrediction
  readonly estimators: EstimatorLookup
}

/** A pipeline that decides as was asked for, tested; its metrics tell of the calibration and the threshold too. */
export interface Decided extends TestedPrediction {
  readonly pipeline: FittedPipeline<LearningTask>
  readonly decision: DecisionReport
}

/**
 * Gives a fitted classifier the calibration and the threshold that were learnt from the folds, and tests it anew.
 * @throws MlError `class_too_small`, `single_class` or `threshold_needs_probabilities`
 */
export function decide(plain: FittedPipeline<LearningTask>, work: DecideWork): Decided {
  const { rows, definition, target, weights, testRows, folds, tested, test, estimators } = work
  if (definition.threshold !== undefined && definition.calibration === undefined) {
    probabilitiesOf(plain, takeTableRows(rows, testRows.subarray(0, 1)), estimators)
  }
  const decision = learnDecision(definition, target, folds.heldBack, weights)
  const { calibration, threshold } = decision
  const pipeline: FittedPipeline<LearningTask> = {
    ...plain,
    ...(calibration === undefined ? {} : { calibration }),
    ...(threshold === undefined ? {} : { threshold }),
  }
  const { predicted, metrics, reports } = test(pipeline, testRows)
  const described = describeDecision(definition, decision, {
    target: takeTarget(target, testRows),
    weights: weights === undefined ? undefined : takeValues(weights, testRows),
    before: classesOf(tested.predicted),
    after: classesOf(predicted),
    folds: folds.count,
    curveBefore: tested.reports.calibration_curve,
  })
  return {
    pipeline,
    predicted,
    metrics: { ...metrics, ...described.metrics },
    reports,
    decision: described.report,
  }
}

function classesOf(predicted: PredictionOf[EstimatorTask]): ClassesPredicted {
  if (predicted.kind === 'classes') return predicted
  throw new MlError('invalid_target', `A prediction of ${predicted.kind} has no classes to decide between`)
}
