import type { CalibrationMethod } from '../calibration/calibrate-classifier.js'
import type { ThresholdChoice } from '../calibration/tune-threshold.js'
import type { ColumnSteps, StepDefinition } from '../pipeline/pipeline.js'

/** Which rows are tested; the others train. */
export type SplitDefinition =
  /** By chance; of classes in their proportions, unless told otherwise. */
  | { readonly kind: 'random'; readonly testShare: number; readonly isStratified?: boolean }
  /** Rows of one group are never on both sides. */
  | { readonly kind: 'group'; readonly column: string; readonly testShare: number }
  /** The newest rows are tested. */
  | { readonly kind: 'time'; readonly column: string; readonly testShare: number }

/** What an experiment is to learn. */
export type LearningTask = 'classification' | 'regression'

/** One training: what is learnt from which columns, by which method, and what it is tested on. It is JSON. */
export interface ExperimentDefinition {
  /** The column to predict. */
  readonly target: string
  /** By default classification of text and of few whole numbers, regression of others. */
  readonly task?: LearningTask
  /** The columns to predict from; by default all others. */
  readonly features?: readonly string[]
  readonly estimator: StepDefinition
  /** Preprocessing by column; by default what suits the columns and the estimator (`defaultPipeline`). */
  readonly columns?: readonly ColumnSteps[]
  /** Steps over all features together. */
  readonly featureSteps?: readonly StepDefinition[]
  readonly split: SplitDefinition
  /** Everything random comes from it: split, fit, folds, intervals. */
  readonly seed: number
  /** A column with the weight of each row. */
  readonly weight?: string
  /** Also tests on so many folds of the training rows. */
  readonly folds?: number
  /** Makes the probabilities of a classifier hold, learnt from folds of the training rows. */
  readonly calibration?: CalibrationMethod
  /** From which probability of the second of two classes a row is of it: given, or what is best on folds of the training rows. */
  readonly threshold?: ThresholdChoice
}
