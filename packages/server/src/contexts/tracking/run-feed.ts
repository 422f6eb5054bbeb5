import type { EventMessage } from '@fabrique/contract'
import type { Db, EventPosition, EventStream, VerbContext } from '../../platform/index.js'
import { apiRunTexts, type ModelVersionsOf } from './api-run.js'
import { changedRunsOf, metricChannel } from './metric-signal.js'
import {
  type ChangedSeries,
  changedSeries,
  type FeedScope,
  type Horizon,
  metricMessages,
  readHorizon,
} from './run-feed-store.js'

/** Where a stream of runs is: in the events, and in the writes of metrics. */
export interface FeedPosition extends Horizon {
  readonly events: EventPosition
}

const positionPattern = /^(\d{1,20}\.\d{1,19})\.(\d{1,20})\.(\d{1,16})$/

/** The position in a `Last-Event-ID`, or undefined when it is not one. */
export function parseFeedPosition(text: string | undefined): FeedPosition | undefined {
  const [, events, tx, ms] = positionPattern.exec(text ?? '') ?? []
  return events === undefined || tx === undefined ? undefined : { events, tx, ms: Number(ms) }
}

const positionText = ({ events, tx, ms }: FeedPosition) => `${events}.${tx}.${ms}`

/** Where a stream starts that misses nothing of what is read from now on. */
export async function feedPositionText(db: Db): Promise<string> {
  const horizon = await readHorizon(db)
  return positionText({ ...horizon, events: `${horizon.tx}.0` })
}

/** Messages come at most this often. */
const pauseMs = 500
/** A signal may be lost, and the activity of an experiment is looked through only this often. */
const pollMs = 5_000
/** Runs that changed and wait to be sent; while there are so many, no events are read. */
const pendingMax = 500
const runsAtOnce = 50
const sentKept = 50_000

export interface FeedOptions {
  readonly ctx: VerbContext
  readonly events: EventStream
  readonly modelVersionsOf: ModelVersionsOf
  readonly scope: FeedScope
  /** Where the reader was; absent for one that begins, and gets the named runs as they are first. */
  readonly position: FeedPosition | undefined
  readonly send: (message: { readonly id?: string; readonly data?: string }) => void
}

/**
 * One reader of the changes of runs. Each message is sent at least once, and the position after it only then: a reader that
 * comes back misses nothing, whichever process it comes back to.
 */
class RunFeed {
  readonly #options: FeedOptions
  readonly #pending: Set<string>
  /** Runs with new points by the signals; undefined: all of the scope must be looked at. */
  #signalled: Set<string> | undefined
  #position: FeedPosition | undefined
  /** The events up to here are in `#pending`, or were sent. */
  #taken: EventPosition | undefined
  /** The transaction in which each series was when it was sent, so that it is not sent twice. */
  #sent = new Map<number, string>()
  #stopEvents: (() => void) | undefined
  readonly #stopSignals: () => void
  readonly #poll: NodeJS.Timeout
  #timer: NodeJS.Timeout | undefined
  #isBusy = false
  #isWoken = false
  #isClosed = false

  constructor(options: FeedOptions) {
    this.#options = options
    const { scope, position, events } = options
    this.#position = position
    this.#taken = position?.events
    this.#pending = new Set(scope.kind === 'runs' && position === undefined ? scope.runIds : [])
    this.#stopSignals = events.listen(metricChannel, (payload) => this.#hear(payload))
    this.#poll = setInterval(() => {
      this.#signalled = undefined
      this.#wake()
    }, pollMs)
    void this.#run()
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#poll)
    clearTimeout(this.#timer)
    this.#stopSignals()
    this.#stopEvents?.()
  }

  #hear(payload: string): void {
    const { scope } = this.#options
    const changed = changedRunsOf(payload)
    if (changed === undefined) this.#signalled = undefined
    for (const { run_id, experiment_id } of changed ?? []) {
      const isMine = scope.kind === 'runs' ? scope.runIds.includes(run_id) : scope.experimentId === experiment_id
      if (!isMine) continue
      if ((this.#signalled?.size ?? 0) > pendingMax) this.#signalled = undefined
      this.#signalled?.add(run_id)
      this.#wake()
    }
    if (changed === undefined) this.#wake()
  }

  #takeEvents(messages: readonly EventMessage[]): void {
    const { scope } = this.#options
    for (const { id, kind, payload } of messages) {
      this.#taken = id
      if (kind !== 'run.created' && kind !== 'run.changed') continue
      const { run_id, experiment_id } = payload
      if (typeof run_id !== 'string') continue
      if (scope.kind === 'runs' ? scope.runIds.includes(run_id) : scope.experimentId === experiment_id) {
        this.#pending.add(run_id)
      }
    }
    if (this.#pending.size >= pendingMax) {
      this.#stopEvents?.()
      this.#stopEvents = undefined
    }
    if (this.#pending.size > 0) this.#wake()
  }

  #wake(): void {
    if (this.#isClosed) return
    if (this.#isBusy) this.#isWoken = true
    else this.#timer ??= setTimeout(() => void this.#run(), pauseMs)
  }

  async #run(): Promise<void> {
    this.#timer = undefined
    this.#isBusy = true
    this.#isWoken = false
    try {
      await this.#sendChanges()
    } catch (error) {
      this.#options.ctx.log.debug({ err: error }, 'A stream of runs waits for the database')
      this.#signalled = undefined
    }
    this.#isBusy = false
    if (this.#isWoken) this.#wake()
  }

  async #sendChanges(): Promise<void> {
    const { ctx, send } = this.#options
    const horizon = await readHorizon(ctx.db)
    this.#position ??= { ...horizon, events: `${horizon.tx}.0` }
    this.#taken ??= this.#position.events
    const before = this.#position
    while (this.#pending.size > 0 && !this.#isClosed) await this.#sendRuns()
    const events = this.#taken
    const isWhole = await this.#sendMetrics(before)
    if (this.#isClosed) return
    this.#position = isWhole ? { ...horizon, events } : { ...before, events }
    send({ id: positionText(this.#position) })
    if (this.#stopEvents === undefined) {
      this.#stopEvents = this.#options.events.subscribe((messages) => this.#takeEvents(messages), events)
    }
  }

  async #sendRuns(): Promise<void> {
    const { ctx, modelVersionsOf, send } = this.#options
    const ids = [...this.#pending].slice(0, runsAtOnce)
    const texts = await apiRunTexts(ctx, modelVersionsOf, { ids })
    for (const text of texts) send({ data: `{"kind":"run","run":${text}}` })
    for (const id of ids) this.#pending.delete(id)
  }

  /** True when every series of the scope was looked at, so that the position may move on. */
  async #sendMetrics(since: Horizon): Promise<boolean> {
    const { ctx, scope, send } = this.#options
    const runIds = scope.kind === 'experiment' ? this.#signalled : undefined
    this.#signalled = new Set()
    const isWhole = runIds === undefined
    if (runIds?.size === 0) return false
    const seen = new Map<number, string>()
    const pages = changedSeries(ctx.db, { scope, since, ...(runIds === undefined ? {} : { runIds: [...runIds] }) })
    for await (const page of pages) {
      if (this.#isClosed) return false
      const fresh = page.filter(({ id, tx }: ChangedSeries) => this.#sent.get(id) !== tx)
      for (const message of metricMessages(fresh)) send({ data: JSON.stringify(message) })
      for (const { id, tx } of page) seen.set(id, tx)
    }
    if (isWhole) this.#sent = seen
    else for (const [id, tx] of seen) this.#sent.set(id, tx)
    if (this.#sent.size > sentKept) this.#sent = new Map()
    return isWhole
  }
}

/** Sends the changes of runs until it is closed; `run` and `metrics` messages, at most twice a second. */
export function openRunFeed(options: FeedOptions): { close(): void } {
  return new RunFeed(options)
}
