import type { ModelSignature } from '@fabrique/contract'
import type { Clock } from '../../kernel/index.js'
import type { ReservedPlace } from '../predictions/index.js'
import type { RowPredictor } from './predict-rows.js'
import type {
  InferOptions,
  ModelRuntime,
  RuntimeObserver,
  ScoringReply,
  ScoringRequest,
} from './runtime/model-runtime.js'
import type { Tensor } from './runtime/tensor.js'
import type { ServedModel, ServedStatistics } from './served-models.js'

/** What a version has answered since it was first loaded; durations in milliseconds. */
export class VersionFigures implements RuntimeObserver {
  private inferences = 0
  private executions = 0
  private readonly success = { count: 0, ms: 0 }
  private readonly fail = { count: 0, ms: 0 }
  private readonly queue = { count: 0, ms: 0 }
  private readonly compute = { count: 0, ms: 0 }
  private lastInference: Date | undefined

  executed({ requests, queueMs, computeMs }: Parameters<RuntimeObserver['executed']>[0]): void {
    this.executions += 1
    this.queue.count += requests
    this.queue.ms += queueMs
    this.compute.count += requests
    this.compute.ms += computeMs
  }

  answered(rows: number, ms: number, at: Date): void {
    this.inferences += rows
    this.success.count += 1
    this.success.ms += ms
    this.lastInference = at
  }

  failed(ms: number): void {
    this.fail.count += 1
    this.fail.ms += ms
  }

  get hasSeen(): boolean {
    return this.success.count + this.fail.count > 0
  }

  read(): ServedStatistics {
    const inNs = ({ count, ms }: { readonly count: number; readonly ms: number }) => ({
      count,
      ns: BigInt(Math.round(ms * 1e6)),
    })
    return {
      inferences: this.inferences,
      executions: this.executions,
      success: inNs(this.success),
      fail: inNs(this.fail),
      queue: inNs(this.queue),
      compute: inNs(this.compute),
      lastInference: this.lastInference,
    }
  }
}

/** A version in memory. */
export interface LoadedVersion {
  readonly model: string
  readonly version: string
  readonly runtime: ModelRuntime
  readonly memoryBytes: number
  readonly signature: ModelSignature | undefined
  /** Where it has a signature. */
  readonly predictor: RowPredictor | undefined
  readonly loadedAt: Date
  readonly figures: VersionFigures
  /** Requests that use it: one that was replaced is released when they are done. */
  inFlight: number
  isRetired: boolean
  /** Counts up with each use, over all versions. */
  lastUse: number
}

/** Holds what a version answered for the log of predictions, which has it once the request is answered. */
export interface AnswerKeeper {
  inferred(inputs: readonly Tensor[], outputs: readonly Tensor[]): ReservedPlace | undefined
  scored(request: ScoringRequest, reply: ScoringReply): ReservedPlace | undefined
}

/** A version as one request has it: it counts what it computes, and knows whether it did. */
export class LentVersion implements ServedModel, ModelRuntime {
  /** Whether it was asked for an answer; others only read of it. */
  wasAsked = false
  readonly invoke?: NonNullable<ModelRuntime['invoke']>
  readonly loaded: LoadedVersion
  predictionId: string | undefined
  /** What it computed, for the log: kept once the request is answered, left where it never is. */
  readonly reserved: ReservedPlace[] = []
  private readonly clock: Clock
  private readonly keeper: AnswerKeeper | undefined

  constructor(loaded: LoadedVersion, clock: Clock, keeper?: AnswerKeeper) {
    this.loaded = loaded
    this.clock = clock
    this.keeper = keeper
    const { invoke } = loaded.runtime
    if (invoke === undefined) return
    this.invoke = (request: ScoringRequest, options?: InferOptions) => {
      const reply = this.counted(1, invoke.call(loaded.runtime, request, options))
      return keeper === undefined ? reply : this.kept(reply, (found) => keeper.scored(request, found))
    }
  }

  get model(): string {
    return this.loaded.model
  }
  get version(): string {
    return this.loaded.version
  }
  get signature(): ModelSignature | undefined {
    return this.loaded.signature
  }
  get loadedAt(): Date {
    return this.loaded.loadedAt
  }
  get runtime(): ModelRuntime {
    return this
  }
  get platform(): string {
    return this.loaded.runtime.platform
  }
  get inputs(): ModelRuntime['inputs'] {
    return this.loaded.runtime.inputs
  }
  get outputs(): ModelRuntime['outputs'] {
    return this.loaded.runtime.outputs
  }
  get memoryBytes(): number {
    return this.loaded.memoryBytes
  }

  infer(inputs: readonly Tensor[], outputs?: readonly string[], options?: InferOptions): Promise<readonly Tensor[]> {
    const answer = this.counted(inputs[0]?.shape[0] ?? 1, this.loaded.runtime.infer(inputs, outputs, options))
    const { keeper } = this
    return keeper === undefined ? answer : this.kept(answer, (found) => keeper.inferred(inputs, found))
  }

  inferNow(inputs: readonly Tensor[], outputs: readonly string[]): readonly Tensor[] | undefined {
    const { runtime, figures } = this.loaded
    // What is kept in the log is asked for by `infer`.
    if (runtime.inferNow === undefined || this.keeper !== undefined) return undefined
    const startedMs = this.clock.monotonicMs()
    const found = runtime.inferNow(inputs, outputs)
    if (found === undefined) return undefined
    this.wasAsked = true
    const computeMs = this.clock.monotonicMs() - startedMs
    figures.executed({ requests: 1, queueMs: 0, computeMs })
    figures.answered(inputs[0]?.shape[0] ?? 1, computeMs, this.clock.now())
    return found
  }

  private async kept<Output>(
    answer: Promise<Output>,
    keep: (found: Output) => ReservedPlace | undefined,
  ): Promise<Output> {
    const found = await answer
    const place = keep(found)
    this.predictionId = place?.id
    if (place !== undefined) this.reserved.push(place)
    return found
  }

  /** It is lent: its owner releases it. */
  async release(): Promise<void> {}

  private async counted<Output>(rows: number, answer: Promise<Output>): Promise<Output> {
    const { figures } = this.loaded
    this.wasAsked = true
    const startedMs = this.clock.monotonicMs()
    try {
      const output = await answer
      figures.answered(rows, this.clock.monotonicMs() - startedMs, this.clock.now())
      return output
    } catch (error) {
      figures.failed(this.clock.monotonicMs() - startedMs)
      throw error
    }
  }
}
