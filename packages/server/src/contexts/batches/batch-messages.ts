import type { ErrorCode, Language, ModelSignature } from '@fabrique/contract'
import type { BatchProgress, BatchRows, RowColumn, RowCounts } from './model.js'
import type { BatchPython } from './open-batch-model.js'

/** What the process of a batch is asked. */
export interface BatchAsked {
  /** An ONNX file, and what it takes and gives; or a folder of MLflow, and the Python that computes it. */
  readonly model: {
    readonly file: string
    readonly signature?: Pick<ModelSignature, 'task' | 'features' | 'target'>
    readonly python?: BatchPython
  }
  readonly rows: BatchRows
  /** A column that says why a row is not to be asked. */
  readonly refusedBy: string | undefined
  /** Columns that stand beside the answers. */
  readonly kept: readonly string[] | undefined
  /** Where the parts are left, those of an earlier process among them. */
  readonly folder: string
  /** Hashes of what the answers depend on. */
  readonly identity: { readonly model: string; readonly rows: string }
  readonly partRows: number
  readonly rejectedMax: number | undefined
  readonly threads: number
  readonly memoryBytesMax: number
  readonly language: Language
}

/** What it leaves in its folder. */
export interface BatchAnswered extends RowCounts {
  readonly parts: readonly {
    readonly rows: string
    readonly rejected: string | undefined
    readonly predicted: number
  }[]
  /** Columns of the answers, those of the rows first. */
  readonly columns: readonly RowColumn[]
}

export type BatchTold =
  | { readonly kind: 'progress'; readonly progress: BatchProgress }
  | { readonly kind: 'done'; readonly answered: BatchAnswered }
  | {
      readonly kind: 'failed'
      readonly code: ErrorCode
      readonly params: Readonly<Record<string, string | number>>
    }
