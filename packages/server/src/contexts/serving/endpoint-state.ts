import type { Endpoint, ModelSignature } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { takesImages } from './sent-image.js'

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

interface Described {
  readonly model: string
  readonly version: string
  readonly signature: ModelSignature
  /** Of one in memory. */
  readonly loadedAt: Date | undefined
}

interface EndpointState {
  readonly alias: string
  readonly isDefault: boolean
  readonly isLoading: boolean
  readonly error: string | undefined
  /** Those in memory, newest first. */
  readonly versions: readonly { readonly version: string; readonly aliases: readonly string[] }[]
}

/** What the pages and the status know of an endpoint. */
export function describeEndpoint(loaded: Described, latencies: Latencies, options: EndpointState): Endpoint {
  const p50 = latencies.percentile(0.5)
  const p95 = latencies.percentile(0.95)
  const p99 = latencies.percentile(0.99)
  return {
    model: loaded.model,
    version: loaded.version,
    alias: options.alias,
    path: options.isDefault ? '/predict' : `/api/v1/models/${encodeURIComponent(loaded.model)}/predict`,
    is_default: options.isDefault,
    state: stateOf(loaded, options),
    ...(options.error === undefined ? {} : { error: options.error }),
    signature: loaded.signature,
    ...(takesImages(loaded.signature)
      ? {
          image_limits: {
            bytes_max: limit('serving.tensor_bytes_max'),
            pixels_max: limit('serving.image_pixels_max'),
          },
        }
      : {}),
    versions: options.versions.map(({ version, aliases }) => ({ version, aliases: [...aliases] })),
    ...(loaded.loadedAt === undefined ? {} : { loaded_at: loaded.loadedAt.toISOString() }),
    request_count: latencies.count,
    ...(p50 === undefined ? {} : { latency_p50_ms: p50 }),
    ...(p95 === undefined ? {} : { latency_p95_ms: p95 }),
    ...(p99 === undefined ? {} : { latency_p99_ms: p99 }),
  }
}

function stateOf({ loadedAt }: Described, { error, isLoading }: EndpointState): Endpoint['state'] {
  if (error !== undefined) return 'failed'
  if (loadedAt !== undefined) return 'ready'
  return isLoading ? 'loading' : 'idle'
}
