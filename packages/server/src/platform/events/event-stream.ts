import type { EventMessage } from '@fabrique/contract'
import { sql } from 'kysely'
import pg from 'pg'
import { limit } from '../../kernel/index.js'
import { clientConfig, type Db } from '../database/index.js'
import type { Log } from '../logs/index.js'

/** A place in the stream of events: the writing transaction and the id within it, as `812.4507`. */
export type EventPosition = string

type Listener = (events: readonly EventMessage[]) => void

/**
 * The committed events in order, to any number of listeners in this process, from one listening connection.
 * Delivery is at least once from the position a listener starts at; while the database is away it waits and goes on.
 */
export interface EventStream {
  /**
   * Calls the listener with each batch after `position`; `undefined` starts with what comes next. Returns the end.
   * @param onStart called once where it starts is known: what is read from then on and what the listener gets leave no gap
   */
  subscribe(listener: Listener, position?: EventPosition, onStart?: () => void): () => void
  /**
   * A position a moment ago, known without asking the database: whoever starts there misses nothing that commits from now
   * on, and may get a few events from before. Undefined until the database answered for the first time.
   */
  recentPosition(): EventPosition | undefined
  /**
   * Calls back with each message on a channel of the database. One sent while the connection is down is lost: it may only
   * hasten what is looked at anyway. Returns the end.
   */
  listen(channel: string, callback: (payload: string) => void): () => void
  close(): Promise<void>
}

interface EventRow {
  readonly tx: string
  readonly id: number
  readonly kind: string
  readonly subject: string
  readonly payload: EventMessage['payload']
  readonly actor: string
  readonly at: Date
}

const positionPattern = /^(\d{1,20})\.(\d{1,19})$/

/** The position in a `Last-Event-ID`, or undefined when it is not one. */
export function parsePosition(text: string | undefined): EventPosition | undefined {
  return text !== undefined && positionPattern.test(text) ? text : undefined
}

function toMessage(row: EventRow): EventMessage {
  const { tx, id, kind, subject, payload, actor, at } = row
  return { id: `${tx}.${id}`, kind, subject, payload, actor, at: at.toISOString() }
}

/**
 * Events after a position, oldest first. Only those older than every open transaction: a later commit of a lower number
 * can then not be skipped.
 */
export async function readEvents(db: Db, position: EventPosition): Promise<readonly EventMessage[]> {
  const [tx = '0', id = '0'] = position.split('.')
  const { rows } = await sql<EventRow>`
    select tx::text as tx, id, kind, subject, payload, actor, at from events
    where (tx, id) > (${tx}::text::xid8, ${id}::bigint) and tx < pg_snapshot_xmin(pg_current_snapshot())
    order by tx, id limit ${limit('events.batch_max')}
  `.execute(db)
  return rows.map(toMessage)
}

/** The newest events, newest first. */
export async function newestEvents(db: Db, count: number): Promise<readonly EventMessage[]> {
  const { rows } = await sql<EventRow>`
    select tx::text as tx, id, kind, subject, payload, actor, at from events order by id desc limit ${count}
  `.execute(db)
  return rows.map(toMessage)
}

async function currentPosition(db: Db): Promise<EventPosition> {
  const { rows } = await sql<{ tx: string }>`select pg_snapshot_xmin(pg_current_snapshot())::text as tx`.execute(db)
  return `${rows[0]?.tx ?? '0'}.0`
}

/** Deletes events older than the limit; returns how many. */
export async function deleteOldEvents(db: Db, now: Date): Promise<number> {
  const before = new Date(now.getTime() - limit('events.kept_days') * 86_400_000)
  const { numAffectedRows } = await sql`delete from events where at < ${before}`.execute(db)
  return Number(numAffectedRows ?? 0)
}

const eventChannel = 'fabrique_events'

const listenTo = (channel: string) => `listen ${pg.escapeIdentifier(channel)}`

interface Subscriber {
  position: EventPosition | undefined
  onStart: (() => void) | undefined
  busy: boolean
  again: boolean
}

export interface EventStreamOptions {
  readonly db: Db
  readonly url: string
  readonly applicationName: string
  readonly log: Log
  /** Longest wait for events whose wake-up was lost. */
  readonly pollMs?: number
}

/** Starts listening. The connection is opened again when it breaks; nothing is lost, since positions are in the table. */
export function openEventStream(options: EventStreamOptions): EventStream {
  const { db, log } = options
  const pollMs = options.pollMs ?? 2_000
  const subscribers = new Map<Listener, Subscriber>()
  const channels = new Map<string, Set<(payload: string) => void>>()
  let client: pg.Client | undefined
  let recent: EventPosition | undefined
  let closed = false
  let timer: NodeJS.Timeout | undefined

  const deliver = async (listener: Listener): Promise<void> => {
    const state = subscribers.get(listener)
    if (state === undefined || closed) return
    if (state.busy) {
      state.again = true
      return
    }
    state.busy = true
    try {
      do {
        state.again = false
        state.position ??= await currentPosition(db)
        state.onStart?.()
        state.onStart = undefined
        const events = await readEvents(db, state.position)
        const last = events.at(-1)
        if (last === undefined || !subscribers.has(listener)) continue
        state.position = last.id
        state.again = true
        listener(events)
      } while (state.again)
    } catch (error) {
      log.debug({ err: error }, 'Events wait for the database')
    } finally {
      state.busy = false
    }
  }

  const deliverAll = () => {
    for (const listener of subscribers.keys()) void deliver(listener)
  }

  const connect = async (): Promise<void> => {
    if (closed) return
    const next = new pg.Client({ ...clientConfig(options.url, options.applicationName), keepAlive: true })
    next.on('error', () => {})
    next.on('end', () => {
      if (client === next) client = undefined
    })
    next.on('notification', ({ channel, payload }) => {
      if (channel === eventChannel) deliverAll()
      else for (const callback of channels.get(channel) ?? []) callback(payload ?? '')
    })
    try {
      await next.connect()
      // A channel that somebody asks for meanwhile is listened to as well.
      const listened = new Set<string>()
      for (let channel: string | undefined = eventChannel; channel !== undefined; ) {
        await next.query(listenTo(channel))
        listened.add(channel)
        channel = [...channels.keys()].find((name) => !listened.has(name))
      }
      if (closed) await next.end()
      else client = next
    } catch (error) {
      log.debug({ err: error }, 'Listening for events waits for the database')
      await next.end().catch(() => {})
    }
  }

  // While the database is away the last answer stays: it is only further in the past.
  const readRecent = async () => {
    recent = await currentPosition(db).catch(() => recent)
  }

  const tick = async () => {
    if (client === undefined) await connect()
    deliverAll()
    void readRecent()
    if (!closed) timer = setTimeout(() => void tick(), pollMs)
  }
  void tick()

  return {
    subscribe(listener, position, onStart) {
      subscribers.set(listener, { position, onStart, busy: false, again: false })
      void deliver(listener)
      return () => subscribers.delete(listener)
    },
    recentPosition: () => recent,
    listen(channel, callback) {
      const callbacks = channels.get(channel) ?? new Set()
      callbacks.add(callback)
      if (!channels.has(channel)) {
        channels.set(channel, callbacks)
        // A connection that breaks here is opened again, and listens to all channels then.
        client?.query(listenTo(channel)).catch(() => {})
      }
      return () => callbacks.delete(callback)
    },
    async close() {
      closed = true
      clearTimeout(timer)
      subscribers.clear()
      channels.clear()
      await client?.end().catch(() => {})
    },
  }
}
