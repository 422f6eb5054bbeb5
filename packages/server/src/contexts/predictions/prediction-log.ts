import type { Prediction, PredictionLogDefinition } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { openAnswerCounts } from './answer-counts.js'
import { type AnswerTotal, type ClassTotal, ClassTotals } from './answer-totals.js'
import {
  type Answered,
  type AnsweredLater,
  type Answerer,
  inputsText,
  keyOf,
  type LogRow,
  type Outcome,
  shortKey,
} from './model.js'
import { isRefusedRow, writeRows } from './write-rows.js'

/**
 * Takes what was answered, and writes it later: a prediction waits for nothing of it. What waits is bounded; beyond that the next are left out and
 * counted, and so is what an abrupt end of the process loses, of the last `predictions.write_every_ms`.
 */
export interface PredictionLog {
  /** Takes an answer. Returns its id when it will be kept. */
  keep(answered: Answered): string | undefined
  /** Makes room for an answer whose rows are made when they are written. Nothing where it will not be kept. */
  reserve(answered: AnsweredLater): ReservedPlace | undefined
  /** Counts an answer, or a failure, in the figures of its version. */
  count(answerer: Answerer, durationMs: number, outcome: Outcome): void
  /** Rows left out since the start, since too many waited. */
  leftOut(): number
  /** What each version has answered since the start. */
  totals(): readonly AnswerTotal[]
  /** The classes that they answered, of what was written. */
  classes(): readonly ClassTotal[]
  /** Writes what waits. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** The place of an answer that is not given yet: one of the two is called. */
export interface ReservedPlace {
  readonly id: string
  /** It was given. */
  keep(): void
  /** It never was. */
  leave(): void
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
  /** Either this or `later`. */
  readonly answered?: Answered
  readonly later?: AnsweredLater
  readonly kept: number
  /** Rows that it is taken to become. */
  readonly rows: number
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
  const classes = new ClassTotals()
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

  /** Writes rows, and gives those that were written: what the database refuses is left out, so that it does not keep the others. */
  const writeAccepted = async (rows: readonly LogRow[]): Promise<readonly LogRow[]> => {
    try {
      await writeRows(ctx, rows, knownDays)
      return rows
    } catch (error) {
      if (!isRefusedRow(error)) throw error
      if (rows.length <= 1) return []
      const half = Math.ceil(rows.length / 2)
      const first = await writeAccepted(rows.slice(0, half))
      return [...first, ...(await writeAccepted(rows.slice(half)))]
    }
  }

  /** Writes what waits now. What comes meanwhile waits for the next time: a statement for each few rows would cost many times as much. */
  const writeOnce = async () => {
    for (let left = waiting.length; left > 0; ) {
      const { count, chunks } = makeBatch(waiting, madeRows)
      const accepted: (readonly LogRow[])[] = []
      for (const rows of chunks) accepted.push(await writeAccepted(rows))
      // Counted once all of them are written: where one is not, they come again together.
      for (const [index, rows] of accepted.entries()) {
        classes.add(rows)
        leftOut += (chunks[index]?.length ?? 0) - rows.length
      }
      const written = waiting.slice(0, count)
      waiting = waiting.slice(count)
      waitingRows -= written.reduce((sum, { rows }) => sum + rows, 0)
      waitingBytes -= written.reduce((sum, { bytes }) => sum + bytes, 0)
      left -= count
    }
    if (waiting.length > 0) later(limit('predictions.write_every_ms'))
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

  /** Makes room for the first rows of an answer; undefined where none of it is kept. */
  const admit = (
    answerer: Answerer,
    { rowCount, likelyRows }: { readonly rowCount: number; readonly likelyRows: number },
    bytesOf: (kept: number) => number,
  ) => {
    const definition = definitionOf(answerer.model)
    const at = ctx.clock.now()
    const part = thinning.take(at.getTime(), {
      of: nameOf(answerer),
      rows: likelyRows,
      share: definition?.share ?? share,
    })
    if (part === 0 || rowCount === 0) return undefined
    const rowsMax = limit('predictions.rows_of_request_max')
    const kept = Math.min(rowCount, rowsMax)
    const rows = Math.min(likelyRows, rowsMax)
    const bytes = bytesOf(kept)
    if (
      waitingRows + rows > limit('predictions.waiting_rows_max') ||
      waitingBytes + bytes > limit('predictions.waiting_bytes_max')
    ) {
      leftOut += rowCount
      return undefined
    }
    const id = ctx.ids.timed('pred', at)
    const hidden = definition === undefined ? noneHidden : new Set(definition.redact)
    waitingRows += rows
    waitingBytes += bytes
    return { id, at, kept, rows, bytes, weight: rowCount / kept / part, hidden }
  }

  const untold = new WeakSet<Waiting>()

  /** The rows of one answer, made now; none where they cannot be. */
  const madeRows = (one: Waiting): LogRow[] => {
    try {
      return rowsOf(one)
    } catch (error) {
      // While the database is away they are tried again.
      if (!untold.has(one)) leftOut += one.kept
      untold.add(one)
      ctx.log.debug({ err: error, prediction: one.id }, 'A prediction cannot be told as rows')
      return []
    }
  }

  return {
    keep(answered) {
      const { rows, names, bytes } = answered
      // A body that came in pieces does not say its length.
      const counted = { rowCount: rows.length, likelyRows: rows.length }
      const admitted = admit(answered, counted, (kept) =>
        Math.max(bytes || 0, kept * (names.length + 1) * bytesOfValue),
      )
      if (admitted === undefined) return undefined
      waiting.push({ ...admitted, answered: firstRows(answered, admitted.kept) })
      later(limit('predictions.write_every_ms'))
      return admitted.id
    },

    reserve(answered) {
      const { rowCount, likelyRows = rowCount, bytes } = answered
      const admitted = admit(answered, { rowCount, likelyRows }, (kept) => Math.max(bytes, kept * bytesOfValue))
      if (admitted === undefined) return undefined
      return {
        id: admitted.id,
        keep: () => {
          waiting.push({ ...admitted, later: answered })
          later(limit('predictions.write_every_ms'))
        },
        leave: () => {
          waitingRows -= admitted.rows
          waitingBytes -= admitted.bytes
        },
      }
    },

    count: (answerer, durationMs, outcome) => counts.add(answerer, durationMs, outcome),

    leftOut: () => leftOut,

    totals: counts.totals,

    classes: () => classes.read(),

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
      clearTimeout(timer)
      await counts.close()
    },
  }
}

/** What is written in one statement. */
const batchRows = 2000
const batchBytes = 8 * 1024 * 1024

/** The rows of the first answers, made one answer after the other until there is enough for a statement: one may become a thousand. */
function makeBatch(
  waiting: readonly Waiting[],
  madeRows: (one: Waiting) => readonly LogRow[],
): { readonly count: number; readonly chunks: readonly (readonly LogRow[])[] } {
  const chunks: LogRow[][] = []
  let chunk: LogRow[] = []
  let bytes = 0
  let count = 0
  for (const one of waiting) {
    const made = madeRows(one)
    for (const row of made) {
      // What was answered is no text yet: its part of what was held stands for it.
      const size = row.inputs.length + one.bytes / made.length
      if (chunk.length > 0 && (chunk.length >= batchRows || bytes + size > batchBytes)) {
        chunks.push(chunk)
        chunk = []
        bytes = 0
      }
      chunk.push(row)
      bytes += size
    }
    count += 1
    if (chunks.length > 0 || chunk.length >= batchRows || bytes >= batchBytes) break
  }
  return { count, chunks: chunk.length === 0 ? chunks : [...chunks, chunk] }
}

function rowsOf(waiting: Waiting): LogRow[] {
  const { answered, later } = waiting
  if (later !== undefined) return laterRows(waiting, later)
  return answered === undefined ? [] : answeredRows(waiting, answered)
}

/** Made of what was held: fewer rows than were counted on stand for as many. */
function laterRows({ id, at, weight, hidden, kept }: Waiting, later: AnsweredLater): LogRow[] {
  const { model, version, variant, alias, assignedBy, requestId, actor, durationMs } = later
  const all = later.read(hidden)
  const rows = all.slice(0, limit('predictions.rows_of_request_max'))
  // Where the rows were not counted before, each of them is one of its own.
  const factor = all.length > kept ? kept * (all.length / rows.length) : 1
  return rows.map(({ inputs, output }, row) => ({
    id,
    row,
    at,
    model,
    version,
    variant,
    alias,
    key: assignedBy === undefined ? undefined : shortKey(assignedBy),
    requestId,
    actor,
    inputs: inputsText(inputs, [], hidden),
    features: undefined,
    output,
    durationMs,
    weight: weight * factor,
  }))
}

function answeredRows({ id, at, kept, weight, hidden }: Waiting, answered: Answered): LogRow[] {
  const { model, version, variant, alias, rows, names, predictions, used, keys, assignedBy, requestId, actor } =
    answered
  return rows.slice(0, kept).flatMap((row, index) => {
    const output = predictions[index]
    if (output === undefined) return []
    const { features, rest } = withoutFeatures(output)
    const known = used?.[index] ?? features
    return {
      id,
      row: index,
      at,
      model,
      version,
      variant,
      alias,
      key: assignedBy === undefined ? keyOf(row, keys, hidden) : shortKey(assignedBy),
      requestId,
      actor,
      inputs: inputsText(row, names, hidden),
      features: known?.map((one) => (hidden.has(one.name) ? { ...one, value: '[redacted]' } : one)),
      output: rest,
      durationMs: answered.durationMs,
      weight,
    }
  })
}

/** What was answered, and the features that it was made of: of most predictions nothing has to be taken out. */
function withoutFeatures(output: Prediction) {
  if (output.features_used === undefined) return { features: undefined, rest: output }
  const { features_used: features, ...rest } = output
  return { features, rest }
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
  private requests = 0
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
      this.requests = 0
      this.taken = 0
      if (this.credits.size > creditsMax) this.credits.clear()
    }
    this.seen += rows * share
    this.requests += 1
    const rate = Math.max(this.seenBefore, this.taken >= this.perSecondMax ? this.rateAt(atMs - second * 1000) : 0)
    const part = share * Math.min(1, this.perSecondMax / Math.max(rate, 1))
    if (part <= 0) return 0
    const credit = (this.credits.get(of) ?? 0) + part
    this.credits.set(of, credit < 1 ? credit : credit - 1)
    if (credit < 1) return 0
    this.taken += rows
    return part
  }

  /** Rows a second, where what is enough for all of it came in a part of it: many requests are taken to go on as fast, of a few nobody knows. */
  private rateAt(elapsedMs: number): number {
    return this.requests < manyRequests ? this.seen : (this.seen / Math.max(elapsedMs, leastMs)) * 1000
  }
}

const creditsMax = 10_000
const manyRequests = 100
/** What came at once is no rate. */
const leastMs = 100

let newest:
  | { readonly model: string; readonly version: string; readonly variant: string | undefined; name: string }
  | undefined

/** Most answers are of the version of the one before, whose name is found in a map again without being read. */
function nameOf({ model, version, variant }: Answerer): string {
  if (newest?.model !== model || newest.version !== version || newest.variant !== variant) {
    newest = { model, version, variant, name: `${model}\n${version}\n${variant ?? ''}` }
  }
  return newest.name
}
