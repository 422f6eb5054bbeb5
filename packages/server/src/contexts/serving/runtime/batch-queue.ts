import { FabriqueError } from '@fabrique/contract'
import { type Clock, limit } from '../../../kernel/index.js'
import type { RuntimeObserver } from './model-runtime.js'
import type { Tensor } from './tensor.js'
import { joinRows, splitRows } from './tensor-rows.js'

/** One computation. */
export type Compute = (inputs: readonly Tensor[], outputs: readonly string[]) => Promise<readonly Tensor[]>

export interface BatchQueueOptions {
  readonly compute: Compute
  /** Whether requests may be computed together: their answers are then those that each would get alone. */
  readonly joinsRequests: boolean
  readonly clock: Clock
  readonly observer: RuntimeObserver
}

export interface BatchRequest {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly string[]
  readonly timeoutMs: number
}

interface Waiting extends BatchRequest {
  readonly rows: number
  readonly bytes: number
  readonly sinceMs: number
  resolve(outputs: readonly Tensor[]): void
  reject(error: unknown): void
}

const waitingMax = limit('serving.waiting_max')
const waitingBytesMax = limit('serving.waiting_bytes_max')
const free = limit('serving.queue_free')
const batchBytesMax = limit('serving.batch_bytes_max')

/** Bytes that wait in all queues of the process. */
let waitingBytes = 0

/**
 * Requests in the order of their coming, one computation at a time. What came while one ran is computed together, as far as rows have the
 * same shape; nothing waits for more to come. A computation of several that fails is done again one by one, so that each gets its own answer.
 */
export class BatchQueue {
  private waiting: Waiting[] = []
  private isBusy = false
  /**
   * Whether the one who waits for longest did so for too long when the newest computation began. Who is refused at once can come back; were all
   * taken, all would wait until their time is over.
   */
  private isLate = false
  /** Time of one row in the newest computations; more weight on the newest. */
  private msPerRow = 0
  private readonly options: BatchQueueOptions

  constructor(options: BatchQueueOptions) {
    this.options = options
  }

  /** Whether the next would be refused: very many wait, or many for too long. */
  get isBehind(): boolean {
    const { length } = this.waiting
    return length >= waitingMax || (this.isLate && length >= free)
  }

  /** Throws `server_overloaded` where too much waits, or the time to wait is over before the computation begins. */
  ask(request: BatchRequest): Promise<readonly Tensor[]> {
    const bytes = bytesOf(request.inputs)
    const { length } = this.waiting
    if (this.isBehind) {
      return Promise.reject(overloaded(`${length} predictions wait`, `${length} prédictions attendent`))
    }
    if (waitingBytes + bytes > waitingBytesMax && waitingBytes > 0) {
      return Promise.reject(
        overloaded(
          'the inputs that wait fill the memory for them',
          'les entrées qui attendent remplissent leur mémoire',
        ),
      )
    }
    waitingBytes += bytes
    return new Promise((resolve, reject) => {
      const { inputs, outputs, timeoutMs } = request
      const rows = inputs[0]?.shape[0] ?? 1
      const sinceMs = this.options.clock.monotonicMs()
      this.waiting.push({ inputs, outputs, timeoutMs, rows, bytes, sinceMs, resolve, reject })
      if (this.isBusy) return
      this.isBusy = true
      // Requests that the same turn of the event loop reads are there by then.
      setImmediate(() => void this.drain())
    })
  }

  private async drain(): Promise<void> {
    const { clock, observer } = this.options
    for (let batch = this.take(); batch.length > 0; batch = this.take()) {
      const startedMs = clock.monotonicMs()
      const settle = await this.answer(batch)
      const computeMs = clock.monotonicMs() - startedMs
      const queueMs = batch.reduce((sum, { sinceMs }) => sum + startedMs - sinceMs, 0)
      observer.executed({ requests: batch.length, queueMs, computeMs })
      const rows = batch.reduce((sum, one) => sum + one.rows, 0)
      this.msPerRow += (computeMs / rows - this.msPerRow) / 4
      for (const one of settle) one()
    }
    this.isBusy = false
  }

  /** The first request with all that can be computed with it, within the limits; those that waited too long are refused. */
  private take(): Waiting[] {
    const now = this.options.clock.monotonicMs()
    const batch: Waiting[] = []
    const left: Waiting[] = []
    let rows = 0
    let bytes = 0
    const rowsMax = this.rowsTogether()
    for (const one of this.waiting) {
      if (now - one.sinceMs > one.timeoutMs) {
        waitingBytes -= one.bytes
        const ms = Math.round(now - one.sinceMs)
        one.reject(overloaded(`the prediction waited ${ms} ms`, `la prédiction a attendu ${ms} ms`))
        continue
      }
      const [first] = batch
      const fits =
        first === undefined ||
        (this.options.joinsRequests &&
          rows + one.rows <= rowsMax &&
          bytes + one.bytes <= batchBytesMax &&
          isOfSameRows(first, one))
      if (!fits) {
        left.push(one)
        continue
      }
      batch.push(one)
      rows += one.rows
      bytes += one.bytes
    }
    this.waiting = left
    const [oldest] = left
    this.isLate = oldest !== undefined && now - oldest.sinceMs > limit('serving.queue_ms_max')
    waitingBytes -= bytes
    return batch
  }

  /** Rows that are computed together: of a long computation fewer, as nothing else of the process happens meanwhile. */
  private rowsTogether(): number {
    const inTime = this.msPerRow === 0 ? Number.POSITIVE_INFINITY : limit('serving.batch_ms_max') / this.msPerRow
    return Math.min(limit('serving.batch_rows_max'), inTime)
  }

  /** Computes a batch; what is given settles its requests. */
  private async answer(batch: readonly Waiting[]): Promise<readonly (() => void)[]> {
    const [first] = batch
    if (first === undefined) return []
    if (batch.length === 1) return [await this.answerAlone(first)]
    const together = await this.together(batch, first).catch(() => undefined)
    if (together !== undefined) return batch.map((one, index) => () => one.resolve(together[index] ?? []))
    const settle: (() => void)[] = []
    for (const one of batch) settle.push(await this.answerAlone(one))
    return settle
  }

  private async together(batch: readonly Waiting[], { outputs }: Waiting): Promise<readonly (readonly Tensor[])[]> {
    const joined = joinRows(batch.map(({ inputs }) => inputs))
    const found = await this.options.compute(joined, outputs)
    return splitRows(
      found,
      batch.map(({ rows }) => rows),
    )
  }

  private async answerAlone(one: Waiting): Promise<() => void> {
    try {
      const found = await this.options.compute(one.inputs, one.outputs)
      return () => one.resolve(found)
    } catch (error) {
      return () => one.reject(error)
    }
  }
}

function overloaded(reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('server_overloaded', { reason, reason_fr })
}

/** Whether the rows of two requests have the same shape in all inputs, and ask for the same. */
function isOfSameRows(left: Waiting, right: Waiting): boolean {
  if (left.outputs !== right.outputs && left.outputs.join('\0') !== right.outputs.join('\0')) return false
  for (const [index, { shape }] of left.inputs.entries()) {
    const other = right.inputs[index]?.shape
    if (other === undefined || shape[0] !== left.rows || other[0] !== right.rows || shape.length !== other.length)
      return false
    for (let place = 1; place < shape.length; place += 1) if (shape[place] !== other[place]) return false
  }
  return true
}

function bytesOf(inputs: readonly Tensor[]): number {
  let bytes = 0
  for (const { data } of inputs) {
    if ('byteLength' in data) bytes += data.byteLength
    else for (const text of data) bytes += 2 * text.length + 16
  }
  return bytes
}
