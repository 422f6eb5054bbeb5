import type { PredictionLogDefinition } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { openAnswerCounts } from './answer-counts.js'
import { type Answered, type Answerer, inputsOf, keyOf, type LogRow, type Outcome, shortKey } from './model.js'
import { isRefusedRow, writeRows } from './write-rows.js'

/**
 * Takes what was answered, and writes it later: a prediction waits for nothing of it. What waits is bounded; beyond that the next are left out and
 * counted, and so is what an abrupt end of the process loses, of the last `predictions.write_every_ms`.
 */
export interface PredictionLog {
  /** Takes an answer. Returns its id when it will be kept. */
  keep(answered: Answered): string | undefined
  /** Counts an answer, or a failure, in the figures of its version. */
  count(answerer: Answerer, durationMs: number, outcome: Outcome): void
  /** Rows left out since the start, since too many waited. */
  leftOut(): number
  /** Writes what waits. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface PredictionLogOptions {
  readonly ctx: VerbContext
  /** Names this process among those that count. */
  readonly process: string
  /** Part of all predictions that is kept, 0 to 1, where a model does not say otherwise. */
  readonly share: number
  /** What the project says of a model. */
  readonly definitionOf: (model: string) => PredictionLogDefinition | undefined
}

interface Waiting {
  readonly id: string
  readonly at: Date
  readonly answered: Answered
  readonly kept: number
  readonly bytes: number
  readonly weight: number
  readonly hidden: ReadonlySet<string>
}

const noneHidden: ReadonlySet<string> = new Set()
/** What one value of a row is taken to hold at least. */
const bytesOfValue = 16

/** What is not written is not held either. */
function firstRows(answered: Answered, kept: number): Answered {
  if (answered.rows.length <= kept) return answered
  const { rows, predictions, used } = answered
  return {
    ...answered,
    rows: rows.slice(0, kept),
    predictions: predictions.slice(0, kept),
    ...(used === undefined ? {} : { used: used.slice(0, kept) }),
  }
}

export function openPredictionLog({ ctx, process, share, definitionOf }: PredictionLogOptions): PredictionLog {
  const counts = openAnswerCounts(ctx, process)
  const knownDays = new Set<string>()
  let waiting: Waiting[] = []
  let waitingRows = 0
  let waitingBytes = 0
  let leftOut = 0
  let told = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  const thinning = new Thinning(limit('predictions.kept_per_second_max'))

  const later = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined
      void write()
    }, ms).unref()
  }

  /** Writes rows; those that the database refuses are left out, so that they do not keep the others. */
  const writeAccepted = async (rows: readonly LogRow[]): Promise<void> => {
    try {
      await writeRows(ctx, rows, knownDays)
    } catch (error) {
      if (!isRefusedRow(error)) throw error
      if (rows.length <= 1) {
        leftOut += rows.length
        return
      }
      const half = Math.ceil(rows.length / 2)
      await writeAccepted(rows.slice(0, half))
      await writeAccepted(rows.slice(half))
    }
  }

  const writeOnce = async () => {
    while (waiting.length > 0) {
      const batch = takeBatch(waiting)
      await writeAccepted(batch.flatMap(rowsOf))
      waiting = waiting.slice(batch.length)
      waitingRows -= batch.reduce((sum, { kept }) => sum + kept, 0)
      waitingBytes -= batch.reduce((sum, { bytes }) => sum + bytes, 0)
    }
  }

  const write = async (): Promise<void> => {
    writing ??= writeOnce()
      .catch((error: unknown) => {
        ctx.log.warn({ err: error, waiting: waitingRows }, 'The log of predictions waits for the database')
        later(limit('predictions.write_every_ms') * 5)
      })
      .finally(() => {
        writing = undefined
        if (leftOut > told) {
          ctx.log.warn({ left_out: leftOut - told }, 'Predictions are left out of the log: too many wait to be written')
          told = leftOut
        }
      })
    await writing
  }

  return {
    keep(answered) {
      const { rows } = answered
      const definition = definitionOf(answered.model)
      const at = ctx.clock.now()
      const part = thinning.take(at.getTime(), {
        of: `${answered.model}\n${answered.version}\n${answered.variant ?? ''}`,
        rows: rows.length,
        share: definition?.share ?? share,
      })
      if (part === 0 || rows.length === 0) return undefined
      const kept = Math.min(rows.length, limit('predictions.rows_of_request_max'))
      // A body that came in pieces does not say its length.
      const bytes = Math.max(answered.bytes || 0, kept * (answered.names.length + 1) * bytesOfValue)
      if (
        waitingRows + kept > limit('predictions.waiting_rows_max') ||
        waitingBytes + bytes > limit('predictions.waiting_bytes_max')
      ) {
        leftOut += rows.length
        return undefined
      }
      const id = ctx.ids.timed('pred', at)
      const hidden = definition === undefined ? noneHidden : new Set(definition.redact)
      waiting.push({
        id,
        at,
        answered: firstRows(answered, kept),
        kept,
        bytes,
        weight: rows.length / kept / part,
        hidden,
      })
      waitingRows += kept
      waitingBytes += bytes
      later(limit('predictions.write_every_ms'))
      return id
    },

    count: (answerer, durationMs, outcome) => counts.add(answerer, durationMs, outcome),

    leftOut: () => leftOut,

    async flush() {
      // One that is under way may have begun before the newest came.
      await writing
      await write()
      await counts.flush()
    },

    async close() {
      clearTimeout(timer)
      await writing
      await write()
      await counts.close()
    },
  }
}

const batchRows = 2000

function takeBatch(waiting: readonly Waiting[]): readonly Waiting[] {
  let rows = 0
  const end = waiting.findIndex(({ kept }) => {
    rows += kept
    return rows > batchRows
  })
  // A copy: more may come while it is written.
  return waiting.slice(0, end === -1 ? waiting.length : Math.max(1, end))
}

function rowsOf({ id, at, answered, kept, weight, hidden }: Waiting): LogRow[] {
  const { model, version, variant, rows, names, predictions, used, keys, assignedBy, requestId, actor } = answered
  return rows.slice(0, kept).flatMap((row, index) => {
    const output = predictions[index]
    if (output === undefined) return []
    const { features_used, ...rest } = output
    const features = used?.[index] ?? features_used
    return {
      id,
      row: index,
      at,
      model,
      version,
      variant,
      key: assignedBy === undefined ? keyOf(row, keys, hidden) : shortKey(assignedBy),
      requestId,
      actor,
      inputs: inputsOf(row, names, hidden),
      features: features?.map((one) => (hidden.has(one.name) ? { ...one, value: '[redacted]' } : one)),
      output: rest,
      durationMs: answered.durationMs,
      weight,
    }
  })
}

/**
 * Which requests are kept: of each version a part that stands for all of it, evenly spread. Where more rows come in a second than may be
 * written, the part shrinks by what the second before has seen.
 */
export class Thinning {
  private readonly perSecondMax: number
  private second = 0
  private seen = 0
  private seenBefore = 0
  private taken = 0
  /** What each version has gathered towards its next request that is kept. */
  private readonly credits = new Map<string, number>()

  constructor(perSecondMax: number) {
    this.perSecondMax = perSecondMax
  }

  /** The part that a request stands for, above 0 and up to 1; 0 where it is not kept. */
  take(atMs: number, asked: { readonly of: string; readonly rows: number; readonly share: number }): number {
    const { of, rows, share } = asked
    const second = Math.floor(atMs / 1000)
    if (second !== this.second) {
      this.seenBefore = second === this.second + 1 ? this.seen : 0
      this.second = second
      this.seen = 0
      this.taken = 0
      if (this.credits.size > creditsMax) this.credits.clear()
    }
    this.seen += rows * share
    const rate = Math.max(this.seenBefore, this.taken >= this.perSecondMax ? this.seen : 0)
    const part = share * Math.min(1, this.perSecondMax / Math.max(rate, 1))
    if (part <= 0) return 0
    const credit = (this.credits.get(of) ?? 0) + part
    this.credits.set(of, credit < 1 ? credit : credit - 1)
    if (credit < 1) return 0
    this.taken += rows
    return part
  }
}

const creditsMax = 10_000
