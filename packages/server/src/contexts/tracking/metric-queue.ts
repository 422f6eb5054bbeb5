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
/** A statement that takes so long may wait for rows that somebody else holds: what came since then does not wait with it. */
const patienceMs = 20

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
    let isSlow = false
    const patience = setTimeout(() => {
      isSlow = true
      this.#slowFlushes += 1
      this.#wake()
    }, patienceMs)
    try {
      await this.#write(taken)
    } finally {
      clearTimeout(patience)
      this.#flushes -= 1
      if (isSlow) this.#slowFlushes -= 1
      for (const { write } of taken) this.#points -= write.metrics.length
      if (this.#waiting.length > 0) this.#wake()
    }
  }

  async #write(taken: readonly Waiting[]): Promise<void> {
    try {
      const outcomeOf = await writeMetricColumns(
        this.#db,
        taken.map(({ write }) => write),
      )
      const written: ChangedRun[] = []
      for (const { write, resolve } of taken) {
        const outcome = outcomeOf(write.run_id)
        if (!(outcome instanceof FabriqueError)) written.push({ run_id: write.run_id, ...outcome })
        resolve(outcome)
      }
      announceMetrics(this.#db, written)
    } catch (error) {
      // What one request brought must not fail the others: each is tried alone, unless the database itself is away.
      if (taken.length === 1 || isConnectionError(error)) for (const { reject } of taken) reject(error)
      else for (const one of taken) await this.#write([one])
    }
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
