import type { EventMessage } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type EventPosition, type EventStream, parsePosition } from '../events/index.js'

/** Streams that are open, by the requests that asked for them. */
const openStreams = new Map<FastifyRequest, () => void>()

/** A stream of messages to one client that reads them as they come. */
export interface OpenEventSource {
  /**
   * Sends a message, the place where the client resumes after it, or both at once. A client that does not read is cut off
   * instead.
   */
  send(message: { readonly event?: string; readonly id?: string; readonly data?: string }): void
  /** Resolves when most of what was sent is on its way: for one who sends much at once. At once where the client is gone. */
  drained(): Promise<void>
  /** Nothing more comes. A client that is not told so by a message comes back. */
  end(): void
  /** What the client read last, when it resumes. */
  readonly lastId: string | undefined
}

/** Starts to answer with server-sent events; `onClose` is called once when the client goes away. Throws `too_many_streams`. */
export function openEventSource(request: FastifyRequest, reply: FastifyReply, onClose: () => void): OpenEventSource {
  if (openStreams.size >= limit('http.streams_max')) {
    throw new FabriqueError('too_many_streams', { limit: limit('http.streams_max') })
  }
  const last = request.headers['last-event-id']
  reply.hijack()
  const { raw } = reply
  // A client that does not read would keep it open.
  openStreams.set(request, () => (raw.writableLength === 0 ? raw.end() : raw.destroy()))
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-request-id': request.id,
  })
  raw.write('retry: 1000\n\n')
  const isOver = () => raw.destroyed || raw.writableEnded
  const beat = setInterval(() => isOver() || raw.write(': beat\n\n'), 15_000)
  const closed = () => {
    openStreams.delete(request)
    clearInterval(beat)
    onClose()
  }
  // The event of a client that has left already is over.
  if (raw.destroyed) process.nextTick(closed)
  else raw.on('close', closed)
  return {
    lastId: typeof last === 'string' ? last : undefined,
    send({ event, id, data }) {
      if (isOver()) return
      // A client that does not read is cut off rather than buffered for; it resumes where it was.
      if (raw.writableLength > limit('http.stream_buffer_bytes_max')) raw.destroy()
      else raw.write(`${line('event', event)}${line('id', id)}${line('data', data)}\n`)
    },
    drained() {
      if (raw.destroyed || !raw.writableNeedDrain) return Promise.resolve()
      return new Promise((resolve) => {
        const done = () => {
          raw.off('drain', done)
          raw.off('close', done)
          resolve()
        }
        raw.on('drain', done)
        raw.on('close', done)
      })
    },
    end() {
      raw.end()
    },
  }
}

/** Ends the streams of those who may not read them any more: a stream outlives what it was opened with. */
export async function endStreams(mayGoOn: (request: FastifyRequest) => Promise<boolean>): Promise<void> {
  for (const [request, end] of [...openStreams]) {
    if (!(await mayGoOn(request))) end()
  }
}

const line = (name: string, value: string | undefined) => (value === undefined ? '' : `${name}: ${value}\n`)

export interface EventStreamReply {
  readonly events: EventStream
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** Where a client starts that does not resume; by default, now. */
  readonly position: EventPosition | undefined
}

/** Answers with the events as they are committed, until the client goes away; resumes after its `Last-Event-ID`. */
export function sendEventStream({ events, request, reply, position }: EventStreamReply): FastifyReply {
  // Taken before the first byte: once the stream is open to the client, nothing that commits is missed.
  const now = events.recentPosition()
  let stop = () => {}
  const source = openEventSource(request, reply, () => stop())
  const write = (messages: readonly EventMessage[]) => {
    for (const message of messages) source.send({ id: message.id, data: JSON.stringify(message) })
  }
  stop = events.subscribe(write, parsePosition(source.lastId) ?? position ?? now)
  return reply
}
