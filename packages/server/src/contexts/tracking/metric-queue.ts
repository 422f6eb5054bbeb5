import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { type Db, isConnectionError } from '../../platform/index.js'
import type { MetricWrite } from './metric-columns.js'
import { announceMetrics, type ChangedRun } from './metric-signal.js'
import { type MetricOutcome, writeMetricColumns } from './metric-store.js'

interface Waiting {
  readonly write: MetricWrite
  readonly resolve: (outcome: MetricOutcome) => void
  readonly reject: (error: unknown) => void
}

/** Statements that one process has under way at once. */
const flushesMax = 2
/**
 * Points that take longer to write than to commit: with as many waiting, a second statement starts beside the first. Fewer wait
 * for its end, and share the next commit: twice the statements for the same points take a third more of the processors' time.
 */
const pointsBeside = 2_000
/**
 * A statement that takes several times as long as its points need is held up: by rows that somebody else has locked, by a disk
 * that is slow to sync, by a processor that is busy elsewhere. What came since then does not wait with it.
 */
const patience = { leastMs: 4, pointsOfMs: 100, mostMs: 20 } as const

/** A connection that nobody uses is closed after ten seconds. */
const readyMs = 5_000
/** There is no such run: what is asked is planned and found to be nothing. */
const nothing: MetricWrite = { run_id: '', metrics: [{ key: '', value: 0, timestamp: 0, step: 0 }] }

function patienceMs(points: number): number {
  return Math.min(patience.mostMs, patience.leastMs + points / patience.pointsOfMs)
}

/**
 * The points that requests of this process have sent and that are not yet written. One statement takes all that wait, so that
 * many small requests share one commit. Each is answered after its own commit, with its own error.
 */
class MetricQueue {
  readonly #db: Db
  #waiting: Waiting[] = []
  #waitingPoints = 0
  /** Those that wait and those that are being written. */
  #points = 0
  #flushes = 0
  /** Of the statements under way, those that have taken longer than `patienceMs`. */
  #slowFlushes = 0
  #isWoken = false
  #isReady = false

  constructor(db: Db) {
    this.#db = db
  }

  add(write: MetricWrite): Promise<MetricOutcome> {
    const most = limit('tracking.queued_points_max')
    if (this.#points + write.metrics.length > most) {
      return Promise.reject(new FabriqueError('tracking_busy', { limit: most }))
    }
    this.#points += write.metrics.length
    this.#waitingPoints += write.metrics.length
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject })
      this.#wake()
    })
  }

  /** Starts writing once all requests that arrived at the same moment are in. */
  #wake(): void {
    if (this.#isWoken || !this.#mayFlush()) return
    this.#isWoken = true
    setImmediate(() => {
      this.#isWoken = false
      if (this.#mayFlush()) void this.#flush(this.#take())
    })
  }

  #mayFlush(): boolean {
    if (this.#waiting.length === 0 || this.#flushes >= flushesMax) return false
    return this.#flushes === this.#slowFlushes || this.#waitingPoints >= pointsBeside
  }

  /** The requests that wait longest, as many as one statement may write; at least one. */
  #take(): readonly Waiting[] {
    let points = 0
    const size = this.#waiting.findIndex(({ write }, index) => {
      points += write.metrics.length
      return index > 0 && points > limit('tracking.flush_points_max')
    })
    const taken = this.#waiting.splice(0, size === -1 ? this.#waiting.length : size)
    for (const { write } of taken) this.#waitingPoints -= write.metrics.length
    return taken
  }

  async #flush(taken: readonly Waiting[]): Promise<void> {
    this.#flushes += 1
    const points = taken.reduce((sum, { write }) => sum + write.metrics.length, 0)
    let isSlow = false
    const timer = setTimeout(() => {
      isSlow = true
      this.#slowFlushes += 1
      this.#wake()
    }, patienceMs(points))
    const writing = this.#write(taken)
    this.#keepReady()
    const answer = await writing
    clearTimeout(timer)
    this.#flushes -= 1
    if (isSlow) this.#slowFlushes -= 1
    this.#points -= points
    if (this.#mayFlush()) {
      // The database gets the next statement before this process turns to the replies: both are busy then.
      void this.#flush(this.#take())
      setImmediate(answer)
    } else answer()
  }

  /**
   * Keeps a second connection open, with its plans, while points come. To open one takes longer than dozens of statements: where
   * the first is held up, those that go beside it would wait even longer than those that it holds.
   */
  #keepReady(): void {
    if (this.#isReady) return
    this.#isReady = true
    setTimeout(() => {
      this.#isReady = false
    }, readyMs).unref()
    // Where it fails, so does the statement beside it, which tells those who wait for it.
    writeMetricColumns(this.#db, [nothing]).catch(() => {})
  }

  /** Gives what tells the requests their outcome. */
  async #write(taken: readonly Waiting[]): Promise<() => void> {
    try {
      const outcomeOf = await writeMetricColumns(
        this.#db,
        taken.map(({ write }) => write),
      )
      return () => this.#answer(taken, outcomeOf)
    } catch (error) {
      if (taken.length === 1 || isConnectionError(error)) {
        return () => {
          for (const { reject } of taken) reject(error)
        }
      }
      // What one request brought must not fail the others: each is tried alone, unless the database itself is away.
      for (const one of taken) (await this.#write([one]))()
      return () => {}
    }
  }

  #answer(taken: readonly Waiting[], outcomeOf: (runId: string) => MetricOutcome): void {
    const written: ChangedRun[] = []
    for (const { write, resolve } of taken) {
      const outcome = outcomeOf(write.run_id)
      if (!(outcome instanceof FabriqueError)) written.push({ run_id: write.run_id, ...outcome })
      resolve(outcome)
    }
    announceMetrics(this.#db, written)
  }
}

const queues = new WeakMap<Db, MetricQueue>()

/** Writes points together with those of other requests; resolves after the commit. Throws `tracking_busy`. */
export function queueMetrics(db: Db, write: MetricWrite): Promise<MetricOutcome> {
  let queue = queues.get(db)
  if (queue === undefined) {
    queue = new MetricQueue(db)
    queues.set(db, queue)
  }
  return queue.add(write)
}
