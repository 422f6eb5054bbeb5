import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { Db, VerbContext } from '../../platform/index.js'
import type { FoundRun } from './run-query.js'
import { type ReadText, selectWireTexts } from './run-texts.js'

interface Kept {
  readonly revision: string
  readonly text: Buffer
}

/**
 * Writers note that they write the metrics of a run when the last note is five seconds old (`touch_metric_activity`). A note that is older
 * than this is followed by another before any metrics change: the difference is what the clock of the database may go back.
 */
const noteAgeMs = 60_000
/** Bytes that an entry takes beside its text. */
const entryBytes = 300
/** One run may take this share of all. */
const shareMax = 1 / 64

/** A moment of the database, and a transaction that began after all that had begun by then. */
interface Moment {
  readonly ms: number
  readonly tx: bigint
}

/**
 * JSON texts of runs that this process has read, by id. One is used only where the database, in the very statement that found the run, says
 * that it is still at the revision of the text: a change by whatever process makes it one of the past. The metrics are the one
 * thing whose every change does not make a new revision: only the note that they are written does. So a text is kept only when
 * the note is old, and all transactions have ended that began when it was young and may have gone by it.
 */
export class KeptRunTexts {
  readonly #bytesMax: number
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  #awaited: Moment | undefined
  /** Every transaction that began before this moment of the database has ended. */
  #endedMs = Number.NEGATIVE_INFINITY

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  find({ id, revision }: FoundRun): Buffer | undefined {
    const found = this.#kept.get(id)
    if (found === undefined) return undefined
    this.#remove(id, found)
    if (found.revision !== revision) return undefined
    // Last in the order of use.
    this.#put(id, found)
    return found.text
  }

  keep({ id, revision, touchedMs }: ReadText, text: Buffer): void {
    if (touchedMs !== null && touchedMs + noteAgeMs >= this.#endedMs) return
    const entry = { revision, text }
    if (sizeOf(entry) > this.#bytesMax * shareMax) return
    const before = this.#kept.get(id)
    if (before !== undefined) this.#remove(id, before)
    this.#put(id, entry)
    for (const [oldest, its] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) break
      this.#remove(oldest, its)
    }
  }

  /** Takes note of how far transactions were when texts were read. True where a moment is wanted to wait for. */
  notice(horizonTx: bigint): boolean {
    if (this.#awaited === undefined) return true
    if (horizonTx <= this.#awaited.tx) return false
    this.#endedMs = this.#awaited.ms
    this.#awaited = undefined
    return true
  }

  await(moment: Moment): void {
    this.#awaited ??= moment
  }

  #remove(id: string, entry: Kept): void {
    this.#kept.delete(id)
    this.#bytes -= sizeOf(entry)
  }

  #put(id: string, entry: Kept): void {
    this.#kept.set(id, entry)
    this.#bytes += sizeOf(entry)
  }
}

const sizeOf = ({ revision, text }: Kept) => text.length + revision.length + entryBytes

const keptOf = new WeakMap<Db, KeptRunTexts>()

/**
 * The runs that a search found, as the protocol sends them, in their order: those that are kept as they are, others read anew.
 * Runs that are gone since are left out.
 */
export async function wireTexts(ctx: VerbContext, found: readonly FoundRun[]): Promise<readonly Buffer[]> {
  // Within a transaction there are changes that others do not see and that may never be.
  if (ctx.inTransaction) return (await readTexts(ctx, found)).map(({ bytes }) => bytes)
  let kept = keptOf.get(ctx.db)
  if (kept === undefined) {
    kept = new KeptRunTexts(limit('tracking.run_texts_bytes_max'))
    keptOf.set(ctx.db, kept)
  }
  const texts: (Buffer | undefined)[] = []
  for (const run of found) texts.push(kept.find(run))
  const missing = found.filter((_, index) => texts[index] === undefined)
  if (missing.length > 0) {
    const read = await readTexts(ctx, missing)
    if (read[0] !== undefined && kept.notice(read[0].horizonTx)) kept.await(await readMoment(ctx))
    for (const one of read) kept.keep(one, one.bytes)
    const byId = new Map(read.map(({ id, bytes }) => [id, bytes]))
    for (const [index, { id }] of found.entries()) texts[index] ??= byId.get(id)
  }
  return texts.filter((text) => text !== undefined)
}

async function readTexts(
  ctx: VerbContext,
  found: readonly FoundRun[],
): Promise<readonly (ReadText & { readonly bytes: Buffer })[]> {
  const ids = found.map(({ id }) => id)
  return (await selectWireTexts(ctx, ids)).map((one) => ({ ...one, bytes: Buffer.from(one.text) }))
}

/** Takes a number of a transaction: all that have one by now have a smaller one. The time is from before it was taken. */
async function readMoment({ db }: VerbContext): Promise<Moment> {
  const { rows } = await sql<{ ms: number; tx: string }>`
    select (extract(epoch from statement_timestamp()) * 1000)::bigint as ms, pg_current_xact_id()::text as tx
  `.execute(db)
  return { ms: rows[0]?.ms ?? Number.NEGATIVE_INFINITY, tx: BigInt(rows[0]?.tx ?? Number.MAX_SAFE_INTEGER) }
}
