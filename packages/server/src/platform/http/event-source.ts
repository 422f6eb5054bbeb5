import type { EventMessage } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type EventStream, parsePosition } from '../events/index.js'

let openStreams = 0

/** Answers with the events as they are committed, until the client goes away; resumes after its `Last-Event-ID`. */
export function sendEventStream(events: EventStream, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (openStreams >= limit('http.streams_max')) {
    throw new FabriqueError('too_many_streams', { limit: limit('http.streams_max') })
  }
  openStreams += 1
  const last = request.headers['last-event-id']
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-request-id': request.id,
  })
  raw.write('retry: 1000\n\n')
  const write = (messages: readonly EventMessage[]) => {
    // A client that does not read is cut off rather than buffered for; it resumes where it was.
    if (raw.writableLength > limit('http.stream_buffer_bytes_max')) raw.destroy()
    for (const message of messages) raw.write(`id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`)
  }
  const stop = events.subscribe(write, parsePosition(typeof last === 'string' ? last : undefined))
  const beat = setInterval(() => raw.write(': beat\n\n'), 15_000)
  raw.on('close', () => {
    openStreams -= 1
    clearInterval(beat)
    stop()
  })
  return reply
}
