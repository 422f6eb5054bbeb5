import type { CalibrationMethod, ClassCalibration } from '../calibration/calibrate-classifier.js'
import { itemAt } from '../data/element.js'
import type { ClassesPredicted, ClassTarget, FloatColumn } from '../estimators/estimator.js'
import { brierScore, calibrationCurve, calibrationError, logLoss } from '../metrics/probability.js'
import { isClass } from '../metrics/ranking.js'
import type { Curve } from './evaluate-model.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import type { Decision } from './learn-decision.js'
import { type ThresholdAsked, thresholdAsked } from './threshold-asked.js'

/** How far probabilities are from what happens, on the test rows. */
export interface ProbabilityScores {
  readonly brier: number
  readonly log_loss: number
  /** Expected calibration error over ten groups of equal width: of the second of two classes, otherwise the mean over classes. */
  readonly calibration_error: number
}

/** The calibration of one class: probability 1 / (1 + exp(slope * score + offset)), or the straight line through points. */
export type ClassCalibrationReport = { readonly name: string } & (
  | { readonly slope: number; readonly offset: number }
  | { readonly scores: readonly number[]; readonly probabilities: readonly number[] }
)

/** How probabilities were calibrated. It is JSON. */
export interface CalibrationReport {
  readonly method: CalibrationMethod
  readonly folds: number
  /** Rows held back in them. */
  readonly rows: number
  /** Of two classes the second. */
  readonly classes: readonly ClassCalibrationReport[]
  /** Absent of a classifier that has no probabilities of its own. */
  readonly before?: ProbabilityScores
  readonly after: ProbabilityScores
  /** As the report `calibration_curve`, which is that after. */
  readonly curve_before?: readonly (Curve & { readonly rows: readonly number[] })[]
}

/** From which probability a row is of the second class. It is JSON. */
export interface ThresholdReport {
  readonly asked: ThresholdAsked
  readonly threshold: number
  /** The second class. */
  readonly positive: string
  /** Value of the goal on the rows held back; of a cost, its negative per row. Absent of a threshold that was given, as the next two. */
  readonly score?: number
  readonly folds?: number
  readonly rows?: number
}

export interface DecisionReport {
  readonly calibration?: CalibrationReport
  readonly threshold?: ThresholdReport
}

/** What the test rows are, and what is said of them before and after. */
export interface DecidedRows {
  readonly target: ClassTarget
  readonly weights: Float64Array | undefined
  /** Of the classifier alone. */
  readonly before: ClassesPredicted
  readonly after: ClassesPredicted
  readonly folds: number
  /** The calibration curve of what is said before. */
  readonly curveBefore: CalibrationReport['curve_before']
}

/** What was learnt of how to decide, as people read it, and the metrics that are logged of it. */
export function describeDecision(
  { calibration: method, threshold: choice }: Pick<ExperimentDefinition, 'calibration' | 'threshold'>,
  decision: Decision,
  tested: DecidedRows,
): { readonly report: DecisionReport; readonly metrics: Readonly<Record<string, number>> } {
  const { folds, target } = tested
  const { calibration, threshold, thresholdScore, rowCount } = decision
  const { classes } = target.labels
  const scores = calibration === undefined || method === undefined ? undefined : calibrationScores(tested)
  const report: DecisionReport = {
    ...(calibration === undefined || method === undefined || scores === undefined
      ? {}
      : {
          calibration: {
            ...{ method, folds, rows: rowCount, ...scores },
            classes: calibration.classes.map((one, index) =>
              describeClass(itemAt(classes, classes.length === 2 ? 1 : index), one),
            ),
            ...(tested.curveBefore === undefined ? {} : { curve_before: tested.curveBefore }),
          },
        }),
    ...(threshold === undefined || choice === undefined
      ? {}
      : {
          threshold: {
            ...{ asked: thresholdAsked(choice), threshold, positive: itemAt(classes, 1) },
            ...(thresholdScore === undefined ? {} : { score: thresholdScore, folds, rows: rowCount }),
          },
        }),
  }
  return { report, metrics: metricsOf(report) }
}

function describeClass(name: string, one: ClassCalibration): ClassCalibrationReport {
  if (one.kind === 'sigmoid') return { name, slope: one.slope, offset: one.offset }
  return { name, scores: [...one.scores], probabilities: [...one.probabilities] }
}

function calibrationScores({ target, weights, before, after }: DecidedRows) {
  const scoresOf = (probabilities: readonly FloatColumn[]) => probabilityScores(target, probabilities, weights)
  return {
    ...(before.probabilities === null ? {} : { before: scoresOf(before.probabilities) }),
    after: scoresOf(after.probabilities ?? []),
  }
}

/** Throws MlError of the metrics. */
function probabilityScores(
  { labels: { codes } }: ClassTarget,
  probabilities: readonly FloatColumn[],
  weights: Float64Array | undefined,
): ProbabilityScores {
  const shown = probabilities.length === 2 ? [1] : [...probabilities.keys()]
  const errors = shown.map((code) =>
    calibrationError(calibrationCurve(isClass(codes, code), itemAt(probabilities, code))),
  )
  return {
    brier: brierScore(codes, probabilities, weights),
    log_loss: logLoss(codes, probabilities, weights),
    calibration_error: errors.reduce((sum, error) => sum + error, 0) / errors.length,
  }
}

function metricsOf({ calibration, threshold }: DecisionReport): Record<string, number> {
  const [only, ...others] = calibration?.classes ?? []
  return {
    ...(calibration === undefined ? {} : { calibration_error: calibration.after.calibration_error }),
    ...(calibration?.before === undefined
      ? {}
      : {
          uncalibrated_brier: calibration.before.brier,
          uncalibrated_log_loss: calibration.before.log_loss,
          uncalibrated_calibration_error: calibration.before.calibration_error,
        }),
    ...(only === undefined || others.length > 0
      ? {}
      : 'slope' in only
        ? { calibration_slope: only.slope, calibration_offset: only.offset }
        : { calibration_points: only.scores.length }),
    ...(threshold === undefined ? {} : { threshold: threshold.threshold }),
    ...(threshold?.score === undefined ? {} : { threshold_score: threshold.score }),
  }
}
