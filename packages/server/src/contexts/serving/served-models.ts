import type { ModelSignature } from '@fabrique/contract'
import type { ModelRuntime } from './runtime/model-runtime.js'

/** What a request names: a model, and of its versions one by number or by alias; the champion where it names neither. */
export interface ModelTarget {
  readonly model: string
  readonly version?: string | undefined
  readonly alias?: string | undefined
  /** As which variant of a roll-out it was chosen, where one did. */
  readonly variant?: string | undefined
  /** What a roll-out assigns the request by, so that the same always meets the same version. */
  readonly assignedBy?: string | undefined
  /** How long the request may wait for the model to be loaded; `serving.wait_ms` without. */
  readonly timeoutMs?: number | undefined
  /** Who asks, where the answers to tensors are to be kept in the log. */
  readonly requester?: Requester | undefined
}

/** Who asks, as the log of predictions has it. */
export interface Requester {
  readonly requestId: string
  readonly actor: string
}

/** A version in memory. It stays while it is used, also where it is replaced meanwhile. */
export interface ServedModel {
  readonly model: string
  readonly version: string
  readonly runtime: ModelRuntime
  /** Of models in the form of Fabrique or with a signature of MLflow; others are known by their tensors only. */
  readonly signature: ModelSignature | undefined
  readonly loadedAt: Date
  /** Of what it answered in tensors, once it did, where that is kept in the log. */
  readonly predictionId?: string | undefined
}

/** A version that could be served, loaded or not. */
export interface AvailableVersion {
  readonly version: string
  readonly aliases: readonly string[]
  readonly state: 'ready' | 'loading' | 'available' | 'unloaded' | 'failed'
  /** Why it is not served. */
  readonly reason?: string | undefined
}

export interface AvailableModel {
  readonly model: string
  /** Newest first. */
  readonly versions: readonly AvailableVersion[]
}

/** Counts of one version since it was first loaded, durations in nanoseconds: the statistics of the Open Inference Protocol. */
export interface ServedStatistics {
  readonly inferences: number
  readonly executions: number
  readonly success: { readonly count: number; readonly ns: bigint }
  readonly fail: { readonly count: number; readonly ns: bigint }
  readonly queue: { readonly count: number; readonly ns: bigint }
  readonly compute: { readonly count: number; readonly ns: bigint }
  readonly lastInference: Date | undefined
}

/** The models of this process, as every protocol asks for them. */
export interface ServedModels {
  /**
   * Lends a version for the time of one request, and loads it first where it is not in memory. Throws `model_not_served` (404) where there is
   * no such model, version or alias, `model_file_invalid` (422), and `server_overloaded` (503) where too many wait or the deadline is over.
   */
  use<Output>(target: ModelTarget, action: (served: ServedModel) => Promise<Output>): Promise<Output>
  /** Whether there is a model of exactly this name. */
  isKnown(model: string): boolean
  /** Whether a request to it would be answered at once. */
  isReady(target: ModelTarget): boolean
  /** Whether a request to it would be refused, since too many wait. Without a target, one to the model that `/predict` goes to. */
  isBehind(target: ModelTarget | undefined): boolean
  available(): readonly AvailableModel[]
  statistics(
    target: ModelTarget,
  ): Promise<readonly { readonly model: string; readonly version: string; readonly figures: ServedStatistics }[]>
  /** Loads a version and keeps it; without a version the one that a request without one would go to. */
  load(target: ModelTarget): Promise<void>
  /** Takes a model out of memory when its last request is answered; requests to it are refused until it is loaded again. */
  unload(target: ModelTarget): Promise<void>
  /** The model that `/predict`, `/invocations` go to; throws `no_default_model`. */
  defaultModel(): string
}
