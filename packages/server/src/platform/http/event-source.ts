import type { EventMessage } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type EventStream, parsePosition } from '../events/index.js'

let openStreams = 0

/** Answers with the events as they are committed, until the client goes away; resumes after its `Last-Event-ID`. */
export function sendEventStream(events: EventStream, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (openStreams >= limit('http.streams_max')) {
    throw new FabriqueError('database_unavailable', { reason: 'too many event streams are open' })
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
