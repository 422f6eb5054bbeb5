import type { ErrorCode, Explanation, ExplanationRequest, JobProgress, ModelSignature } from '@fabrique/contract'
import type { RunSplit } from '../training/files.js'

/** Rows of a snapshot or file as a process reads them. */
export interface RowsAsked {
  /** What stands after `from` in DuckDB SQL. */
  readonly table: string
  /** Columns that someone declared: one of texts is one of texts, whatever they are. */
  readonly declared: readonly string[]
}

/** A model file, and what it takes and gives. */
export interface ModelAsked {
  /** Path of its ONNX file. */
  readonly file: string
  readonly signature: Pick<ModelSignature, 'task' | 'features' | 'target'>
}

/** An explanation of a version on rows. */
export interface ExplainAsked {
  readonly kind: 'explain'
  readonly model: ModelAsked
  readonly rows: RowsAsked
  /** The rows that a training was tested on, instead of all. */
  readonly testOf?: RunSplit
  /** Other rows that columns which are left out are drawn from; rows of the same table without. */
  readonly background?: RowsAsked
  readonly request: Omit<ExplanationRequest, 'model' | 'snapshot'>
}

/** Two models on the same rows. */
export interface CompareAsked {
  readonly kind: 'compare'
  readonly first: ModelAsked
  readonly second: ModelAsked
  readonly rows: RowsAsked
  readonly testOf?: RunSplit
  /** Of each that was trained on rows of this very table: which ones; null for all of them. */
  readonly trainedOn: { readonly first?: RunSplit | null; readonly second?: RunSplit | null }
  readonly seed: number
}

/** A model to keep loaded under a key, for rows to come. */
export interface LoadAsked {
  readonly kind: 'load'
  readonly key: string
  readonly model: ModelAsked
  readonly background?: RowsAsked
}

/** A value of a row as it was sent: a missing one is null, a moment is milliseconds since 1970. */
export type RowValue = number | string | null

/** Why a loaded model says what it says of one row. */
export interface RowAsked {
  readonly kind: 'row'
  readonly key: string
  /** In the order of the features of the signature. */
  readonly values: readonly RowValue[]
  readonly className?: string
}

/** A model that is not needed any more. */
export interface DropAsked {
  readonly kind: 'drop'
  readonly key: string
}

export type ExplainerTask = ExplainAsked | CompareAsked | LoadAsked | RowAsked | DropAsked

/** The figures of an explanation. */
export type ExplanationFigures = Pick<
  Explanation,
  | 'task'
  | 'classes'
  | 'rows'
  | 'metric'
  | 'score'
  | 'importance'
  | 'dependence'
  | 'method'
  | 'standard_error'
  | 'contributions'
  | 'fairness'
>

/** What is asked of a process, under a number. */
export interface ExplainerAsked {
  readonly id: number
  readonly task: ExplainerTask
  readonly threads: number
  readonly memoryBytesMax: number
}

/** What a process answers. */
export type ExplainerTold =
  | { readonly id: number; readonly kind: 'progress'; readonly progress: JobProgress }
  | { readonly id: number; readonly kind: 'done'; readonly result: unknown }
  | {
      readonly id: number
      readonly kind: 'failed'
      readonly code: ErrorCode
      readonly params: Readonly<Record<string, string | number>>
    }
