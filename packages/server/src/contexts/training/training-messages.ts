import type { ErrorCode } from '@fabrique/contract'
import type {
  Candidate,
  DecisionReport,
  EvaluationReports,
  ExperimentDefinition,
  ExperimentProgress,
  IntervalsReport,
  LearningCurveReport,
  LearningTask,
  PipelineDefinition,
  StepDefinition,
  TableColumnKind,
  TextAsNumbers,
  Trial,
} from '@fabrique/ml'
import type { AnswersOfTest } from './answers-of-test.js'
import type { Reason } from './comparison.js'
import type { TrainMode } from './train-rows.js'

/** The champion of the model that a training is for, as its process gets it. */
export interface ChampionAsked {
  /** Path of its ONNX file. */
  readonly file: string
  readonly task: LearningTask
  readonly classes: readonly string[]
  /** The columns that it reads. */
  readonly inputs: readonly string[]
}

/** Champion and candidate on the same test rows, or why the champion could not be scored. */
export type ChampionScores =
  | {
      readonly kind: 'scored'
      readonly champion: Readonly<Record<string, number>>
      readonly candidate: Readonly<Record<string, number>>
    }
  | { readonly kind: 'unscored'; readonly why: Reason }

/** What is done for a model that a script trains: its rows are written to files, and what it made is taken over. */
export type ScriptAsked =
  | { readonly stage: 'split' }
  /** Nothing is trained: the champion that is asked for is scored on all rows. */
  | { readonly stage: 'score' }
  | {
      readonly stage: 'adopt'
      /** Path of the ONNX file; those that it keeps tensors in lie beside it. */
      readonly model: string
      readonly seconds: number
    }

/** A training as its process gets it. */
export interface TrainingAsked {
  /** What stands after `from` in DuckDB SQL. */
  readonly table: string
  readonly definition: ExperimentDefinition
  /** Columns that were declared: one of texts is one of texts, whatever they are. */
  readonly declared?: readonly string[]
  readonly mode: TrainMode
  readonly threads: number
  /** Where it writes `model.onnx` and `result.json`. */
  readonly folder: string
  readonly memoryBytesMax: number
  /** Also fits on growing parts of the training rows. */
  readonly learningCurve?: boolean
  /** Scored on the same test rows, where there is one. */
  readonly champion?: ChampionAsked
  /** Nothing is fitted: a script does it. */
  readonly script?: ScriptAsked
}

/** What the process of a training tells. */
export type TrainingTold =
  | { readonly kind: 'rows'; readonly count: number }
  | { readonly kind: 'progress'; readonly progress: ExperimentProgress }
  | { readonly kind: 'trial'; readonly trial: Trial }
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | TrainingEnded

export type TrainingEnded =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed'
      readonly code: ErrorCode
      readonly params: Readonly<Record<string, string | number>>
    }

/** A column that a model reads, as it was in the rows. */
export interface ModelInput {
  readonly name: string
  readonly column: TableColumnKind
  readonly min?: number
  readonly max?: number
  /** Distinct texts where they are few. */
  readonly values?: readonly string[]
  /** Whether a row may lack it. */
  readonly nullable?: boolean
  /** Whether a text is taken that training did not see. */
  readonly takesUnseen?: boolean
  readonly example: string | number | null
}

/** What a finished training leaves beside its model. It is JSON. */
export interface TrainingResult {
  readonly task: LearningTask
  readonly estimator: StepDefinition
  /** Every parameter as it is logged, defaults included. */
  readonly params: Readonly<Record<string, string>>
  /** Absent of a model that a script made. */
  readonly pipeline?: PipelineDefinition
  readonly classes: readonly string[]
  /** Whether a classifier gives probabilities rather than scores. */
  readonly hasProbabilities: boolean
  readonly inputs: readonly ModelInput[]
  readonly dropped: readonly { readonly name: string; readonly reason: string }[]
  /** Columns of texts that are numbers but for blanks, which is how the model takes them. */
  readonly readAsNumbers?: readonly TextAsNumbers[]
  readonly rows: { readonly train: number; readonly test: number }
  readonly metrics: Readonly<Record<string, number>>
  readonly reports: EvaluationReports
  /** How classes are decided, where a calibration or a threshold was asked for. */
  readonly decision?: DecisionReport
  /** Of the main metrics; absent where rows have weights, and of very many test rows. */
  readonly intervals?: IntervalsReport
  /** What the model answered to the rows that it was tested on. */
  readonly answers?: AnswersOfTest
  /** By feature as the estimator sees it; absent where it has none. */
  readonly importances?: Readonly<Record<string, number>>
  /** Where it was asked for. */
  readonly learningCurve?: LearningCurveReport
  readonly search?: { readonly metric: string; readonly best: Trial; readonly trials: readonly Trial[] }
  readonly chosen?: { readonly metric: string; readonly leaderboard: readonly Candidate[] }
  readonly seconds: { readonly read: number; readonly train: number }
  readonly scores?: ChampionScores
}
