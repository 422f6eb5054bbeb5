import type { Endpoint, ModelSignature } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { OnnxModel } from './onnx-model.js'

/** Newest latencies of an endpoint, bounded. */
export class Latencies {
  private readonly values = new Float64Array(limit('predict.latencies_kept'))
  private added = 0

  add(ms: number): void {
    this.values[this.added % this.values.length] = ms
    this.added += 1
  }

  get count(): number {
    return this.added
  }

  /** Percentiles of the newest values, in milliseconds; undefined before the first. */
  percentile(share: number): number | undefined {
    const known = Math.min(this.added, this.values.length)
    if (known === 0) return undefined
    const sorted = this.values.slice(0, known).sort()
    return sorted[Math.min(known - 1, Math.floor(share * known))]
  }
}

/** One model in memory with what its endpoint has seen. */
export interface LoadedModel {
  readonly model: string
  readonly version: string
  readonly alias: string
  readonly signature: ModelSignature
  readonly runtime: OnnxModel
  readonly loadedAt: Date
  /** Predictions under way: a replaced model is released when they are done. */
  inFlight: number
  retired: boolean
}

/** What the pages and the status know of an endpoint. */
export function describeEndpoint(
  loaded: LoadedModel,
  latencies: Latencies,
  options: { readonly isDefault: boolean; readonly error: string | undefined },
): Endpoint {
  const p50 = latencies.percentile(0.5)
  const p99 = latencies.percentile(0.99)
  return {
    model: loaded.model,
    version: loaded.version,
    alias: loaded.alias,
    path: options.isDefault ? '/predict' : `/api/v1/models/${encodeURIComponent(loaded.model)}/predict`,
    is_default: options.isDefault,
    state: options.error === undefined ? 'ready' : 'failed',
    ...(options.error === undefined ? {} : { error: options.error }),
    signature: loaded.signature,
    loaded_at: loaded.loadedAt.toISOString(),
    request_count: latencies.count,
    ...(p50 === undefined ? {} : { latency_p50_ms: p50 }),
    ...(p99 === undefined ? {} : { latency_p99_ms: p99 }),
  }
}
