import type { EventMessage } from '@fabrique/contract'
import pg from 'pg'
import { clientConfig, type Db } from '../database/index.js'
import type { Log } from '../logs/index.js'
import { currentPosition, type EventPosition, isAfterPosition, readEvents } from './read-events.js'

type Listener = (events: readonly EventMessage[]) => void

/**
 * The committed events in order, to any number of listeners in this process, from one listening connection and one read for all.
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

const eventChannel = 'fabrique_events'

const listenTo = (channel: string) => `listen ${pg.escapeIdentifier(channel)}`

/** The first look for events that are held back; each later one waits twice as long. */
const heldMs = 20

interface Subscriber {
  readonly listener: Listener
  position: EventPosition | undefined
  onStart: (() => void) | undefined
  /** `behind` until it has all that the shared reading has given the others. */
  state: 'behind' | 'reading' | 'live'
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
  const subscribers = new Set<Subscriber>()
  const channels = new Map<string, Set<(payload: string) => void>>()
  let client: pg.Client | undefined
  let closed = false
  let timer: NodeJS.Timeout | undefined
  /** How far the shared reading is. */
  let head: EventPosition | undefined
  let starting: Promise<void> | undefined
  let isReading = false
  let again = false
  let heldTimer: NodeJS.Timeout | undefined
  let heldForMs = heldMs

  const start = () => {
    starting ??= currentPosition(db).then(
      (position) => {
        head = position
      },
      (error: unknown) => {
        starting = undefined
        throw error
      },
    )
    return starting
  }

  const give = (subscriber: Subscriber, events: readonly EventMessage[]) => {
    const { position, listener } = subscriber
    const [first] = events
    const areNew = first === undefined || position === undefined || isAfterPosition(first.id, position)
    const fresh = areNew ? events : events.filter(({ id }) => isAfterPosition(id, position))
    const last = fresh.at(-1)
    if (last === undefined || closed || !subscribers.has(subscriber)) return
    subscriber.position = last.id
    try {
      listener(fresh)
    } catch (error) {
      log.error({ err: error }, 'Events were not taken')
    }
  }

  /** Reads what is new, once for all who are live. */
  const read = async (): Promise<void> => {
    again = true
    if (isReading) return
    isReading = true
    try {
      await start()
      while (again && head !== undefined && !closed) {
        again = false
        const { events, isFull, hasHeld } = await readEvents(db, head)
        head = events.at(-1)?.id ?? head
        for (const subscriber of subscribers) if (subscriber.state === 'live') give(subscriber, events)
        again ||= isFull
        clearTimeout(heldTimer)
        if (events.length > 0 || !hasHeld) heldForMs = heldMs
        if (hasHeld && heldForMs < pollMs && !closed) {
          heldTimer = setTimeout(() => void read(), heldForMs)
          heldForMs *= 2
        }
      }
    } catch (error) {
      log.debug({ err: error }, 'Events wait for the database')
    } finally {
      isReading = false
    }
  }

  /** Reads what a subscriber lacks, until it has what the others have. */
  const catchUp = async (subscriber: Subscriber): Promise<void> => {
    if (subscriber.state !== 'behind') return
    subscriber.state = 'reading'
    try {
      await start()
      subscriber.position ??= await currentPosition(db)
      subscriber.onStart?.()
      subscriber.onStart = undefined
      while (subscriber.state === 'reading' && !closed && subscribers.has(subscriber)) {
        const before = head
        const isBehind = before !== undefined && isAfterPosition(before, subscriber.position)
        const { events } = isBehind ? await readEvents(db, subscriber.position) : { events: [] }
        give(subscriber, events)
        // What the shared reading gave the others in the meantime is read once more.
        if (events.length === 0 && head === before) subscriber.state = 'live'
      }
    } catch (error) {
      log.debug({ err: error }, 'Events wait for the database')
    } finally {
      if (subscriber.state === 'reading') subscriber.state = 'behind'
    }
  }

  const connect = async (): Promise<void> => {
    if (closed) return
    const next = new pg.Client({ ...clientConfig(options.url, options.applicationName), keepAlive: true })
    next.on('error', () => {})
    next.on('end', () => {
      if (client === next) client = undefined
    })
    next.on('notification', ({ channel, payload }) => {
      if (channel === eventChannel) void read()
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

  const tick = async () => {
    if (client === undefined) await connect()
    void read()
    for (const subscriber of subscribers) void catchUp(subscriber)
    if (!closed) timer = setTimeout(() => void tick(), pollMs)
  }
  void tick()

  return {
    subscribe(listener, position, onStart) {
      const subscriber: Subscriber = { listener, position, onStart, state: 'behind' }
      subscribers.add(subscriber)
      void catchUp(subscriber)
      return () => subscribers.delete(subscriber)
    },
    recentPosition: () => head,
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
      clearTimeout(heldTimer)
      subscribers.clear()
      channels.clear()
      await client?.end().catch(() => {})
    },
  }
}
