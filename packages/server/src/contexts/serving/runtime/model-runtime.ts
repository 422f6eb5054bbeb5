import type { Tensor, TensorSpec } from './tensor.js'

/** One version of a model that answers, whatever runs it. */
export interface ModelRuntime {
  /** As the Open Inference Protocol names it: `onnxruntime_onnx`, `mlflow_pyfunc`. */
  readonly platform: string
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** What it is taken to hold in memory, in bytes: models that were not asked for longest leave first. */
  readonly memoryBytes: number
  /** Whether a request would be computed now; absent where it always is. */
  readonly isReady?: boolean
  /** Whether more wait than are computed in time, so that the next would be refused; absent where none ever waits. */
  readonly isBehind?: boolean
  /**
   * Answers one request with the outputs asked for, or all, in the order of `outputs`. Throws `tensor_wrong` where the inputs are not
   * those of the model, `model_failed` where its computation fails, `server_overloaded` where too many wait or the time to wait is over.
   */
  infer(inputs: readonly Tensor[], outputs?: readonly string[], options?: InferOptions): Promise<readonly Tensor[]>
  /**
   * The same at once, where that takes less time than to wait for a turn: inputs made of rows that were checked, of every output that is named. Who
   * asks counts it. Undefined where `infer` is to be asked.
   */
  inferNow?(inputs: readonly Tensor[], outputs: readonly string[]): readonly Tensor[] | undefined
  /** A request of MLflow's scoring protocol as it came, where the model runs behind a server of that protocol. */
  invoke?(request: ScoringRequest, options?: InferOptions): Promise<ScoringReply>
  release(): Promise<void>
}

export interface InferOptions {
  /** How long the request may wait for its computation; `serving.wait_ms` without. */
  readonly timeoutMs?: number | undefined
}

/** Is told of each computation, which may be of several requests; durations in milliseconds. */
export interface RuntimeObserver {
  executed(execution: { readonly requests: number; readonly queueMs: number; readonly computeMs: number }): void
}

export interface ScoringRequest {
  readonly contentType: string
  readonly body: Uint8Array
}

export interface ScoringReply {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
}
