import type { ErrorCode } from '@fabrique/contract'
import type {
  Candidate,
  EvaluationReports,
  ExperimentDefinition,
  ExperimentProgress,
  LearningTask,
  PipelineDefinition,
  StepDefinition,
  TableColumnKind,
  Trial,
} from '@fabrique/ml'
import type { TrainMode } from './train-rows.js'

/** A training as its process gets it. */
export interface TrainingAsked {
  /** What stands after `from` in DuckDB SQL. */
  readonly table: string
  readonly definition: ExperimentDefinition
  readonly mode: TrainMode
  readonly threads: number
  /** Where it writes `model.onnx` and `result.json`. */
  readonly folder: string
  readonly memoryBytesMax: number
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
  readonly example: string | number | null
}

/** What a finished training leaves beside its model. It is JSON. */
export interface TrainingResult {
  readonly task: LearningTask
  readonly estimator: StepDefinition
  /** Every parameter as it is logged, defaults included. */
  readonly params: Readonly<Record<string, string>>
  readonly pipeline: PipelineDefinition
  readonly classes: readonly string[]
  /** Whether a classifier gives probabilities rather than scores. */
  readonly hasProbabilities: boolean
  readonly inputs: readonly ModelInput[]
  readonly dropped: readonly { readonly name: string; readonly reason: string }[]
  readonly rows: { readonly train: number; readonly test: number }
  readonly metrics: Readonly<Record<string, number>>
  readonly reports: EvaluationReports
  /** By feature as the estimator sees it; absent where it has none. */
  readonly importances?: Readonly<Record<string, number>>
  readonly search?: { readonly metric: string; readonly best: Trial; readonly trials: readonly Trial[] }
  readonly chosen?: { readonly metric: string; readonly leaderboard: readonly Candidate[] }
  readonly seconds: { readonly read: number; readonly train: number }
}

/** What stands in the last words of a process that ended itself for its memory. */
export const memoryMark = 'fabrique: memory limit'
