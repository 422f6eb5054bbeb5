import { FabriqueError } from '@fabrique/contract'
import type { Batch, MetricPoint } from './runs.js'

export interface LogQueueOptions {
  /** Sends one batch; retries are its business. */
  readonly send: (batch: Required<Batch>) => Promise<void>
  /** Milliseconds that entries wait for company; 250 by default. */
  readonly lingerMs?: number
  /** Entries kept while the server is slower than the program; beyond, logging waits. 100,000 by default. */
  readonly entriesMax?: number
}

/** The most that the protocol takes at once. */
const metricsMax = 1000
const paramsMax = 100
const tagsMax = 100
const batchMax = 1000

/**
 * Gathers metrics, parameters and tags of a run and sends them in batches, in order, one at a time. What fails for good is
 * told by the next `flush`; the entries of that batch are then gone, those after it are still sent.
 */
export class LogQueue {
  readonly #options: LogQueueOptions
  #metrics: MetricPoint[] = []
  #params = new Map<string, string>()
  #tags = new Map<string, string>()
  #failure: unknown
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #room: (() => void)[] = []

  constructor(options: LogQueueOptions) {
    this.#options = options
  }

  get #waiting(): number {
    return this.#metrics.length + this.#params.size + this.#tags.size
  }

  /** Resolves at once while there is room, else when there is: a program that awaits it is slowed down, never bounded by memory. */
  metric(point: MetricPoint): Promise<void> {
    this.#metrics.push({ ...point, timestamp: point.timestamp ?? Date.now() })
    return this.#added()
  }

  /** Throws `param_changed` where the queue holds another value of the same name: the server would refuse the batch. */
  param(key: string, value: string): Promise<void> {
    const earlier = this.#params.get(key)
    if (earlier !== undefined && earlier !== value) {
      throw new FabriqueError('param_changed', { key, old_value: earlier, new_value: value })
    }
    this.#params.set(key, value)
    return this.#added()
  }

  tag(key: string, value: string): Promise<void> {
    this.#tags.set(key, value)
    return this.#added()
  }

  /** Sends all that waits; throws the first failure since the last flush. */
  async flush(): Promise<void> {
    while (this.#waiting > 0 || this.#sending !== undefined) await this.#start()
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  #added(): Promise<void> {
    if (this.#metrics.length >= metricsMax || this.#params.size >= paramsMax || this.#tags.size >= tagsMax) {
      void this.#start()
    } else if (this.#timer === undefined && this.#sending === undefined) {
      this.#timer = setTimeout(() => void this.#start(), this.#options.lingerMs ?? 250)
      // A program may end without waiting for what it did not flush.
      this.#timer.unref()
    }
    if (this.#waiting < (this.#options.entriesMax ?? 100_000)) return Promise.resolve()
    return new Promise((resolve) => this.#room.push(resolve))
  }

  /** Sends until nothing waits; one sender at a time. Never rejects. */
  #start(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting > 0) {
      const batch = this.#take()
      try {
        await this.#options.send(batch)
      } catch (error) {
        this.#failure ??= error
      }
      if (this.#waiting < (this.#options.entriesMax ?? 100_000)) {
        for (const resume of this.#room.splice(0)) resume()
      }
    }
  }

  #take(): Required<Batch> {
    const params = takeFirst(this.#params, paramsMax)
    const tags = takeFirst(this.#tags, tagsMax)
    const metrics = this.#metrics.splice(0, batchMax - params.length - tags.length)
    return { metrics, params: Object.fromEntries(params), tags: Object.fromEntries(tags) }
  }
}

function takeFirst(map: Map<string, string>, count: number): readonly [string, string][] {
  const taken = [...map].slice(0, count)
  for (const [key] of taken) map.delete(key)
  return taken
}
