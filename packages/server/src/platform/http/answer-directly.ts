import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Permission } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import type { Actor } from '../verbs/actor.js'
import { challengeOf } from './challenge.js'
import { checkJsonDepth } from './json-depth.js'
import { type ObserveParts, tellGone, tellRequest } from './observe-requests.js'
import { logFailure, problemText, problemType, toFabriqueError } from './problem-replies.js'

/** A request that nothing is to be said against. */
export interface Admitted {
  /** As it was declared. */
  readonly route: string
  readonly access: Permission
  readonly actor: Actor
  answer(call: DirectCall): DirectAnswer | Promise<DirectAnswer>
}

/** A request whose body was read, whatever brought it. */
export interface DirectCall {
  readonly id: string
  readonly headers: IncomingHttpHeaders
  readonly actor: Actor
  readonly body: unknown
}

/** JSON, and which version of which model says it. */
export interface DirectAnswer {
  readonly text: string
  readonly model: string
  readonly version: string
}

export interface DirectOptions extends ObserveParts {
  idOf(request: IncomingMessage): string
  /** What is to be answered here of a request that came at a moment; undefined where it is to go the way of all others. Never throws. */
  admit(request: IncomingMessage, nowMs: number): Admitted | undefined
}

/** Larger ones go the way of all others, which takes little of their time. */
const bodyBytesMax = 64 * 1024
const jsonTypes: ReadonlySet<string | undefined> = new Set(['application/json', 'application/json; charset=utf-8'])

/**
 * Answers small requests of JSON before the framework sees them: to make ready for a request that may be anything takes it longer than a
 * prediction. What is limited, refused or asked in an unusual way goes the way of all others, which alone says so; answers, and what is told of
 * them, are the same on both ways. To be called once all routes are mounted.
 */
export function answerDirectly(app: FastifyInstance, options: DirectOptions): void {
  const { clock, admit, idOf } = options
  const parse = jsonParser(app)
  const others = app.server.listeners('request')
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  let found: (readonly [Exchange, DirectAnswer])[] = []
  const sendFound = () => {
    const due = found
    found = []
    for (const [exchange, answer] of due) {
      try {
        exchange.send(answer)
      } catch (error) {
        exchange.fail(error)
      }
    }
  }
  /** Answers that are found at once leave at the end of their turn, together: to wake a client for each would take the system as long as the answer. */
  const sendLater = (exchange: Exchange, answer: DirectAnswer) => {
    if (found.length === 0) setImmediate(sendFound)
    found.push([exchange, answer])
  }

  const answerTo = (exchange: Exchange, text: string) => {
    let body: unknown
    try {
      body = parse(text)
    } catch (error) {
      // As the framework does: who sends what cannot be read may send anything next.
      exchange.fail(error, ['connection', 'close'])
      return
    }
    try {
      const { id, admitted, request } = exchange
      const answer = admitted.answer({ id, headers: request.headers, actor: admitted.actor, body })
      if (answer instanceof Promise) answer.then((one) => exchange.send(one)).catch((error) => exchange.fail(error))
      else sendLater(exchange, answer)
    } catch (error) {
      exchange.fail(error)
    }
  }

  app.server.removeAllListeners('request')
  app.server.on('request', (request, response) => {
    const startedMs = clock.monotonicMs()
    const admitted = !isClosing && isSmallJson(request) ? admit(request, startedMs) : undefined
    if (admitted === undefined) {
      for (const other of others) Reflect.apply(other, app.server, [request, response])
      return
    }
    const exchange = new Exchange(options, { request, response, admitted, id: idOf(request), startedMs })
    readText(request, (text) => answerTo(exchange, text))
  })
}

function isSmallJson({ method, headers }: IncomingMessage): boolean {
  const length = headers['content-length']
  if (method !== 'POST' || length === undefined || !jsonTypes.has(headers['content-type'])) return false
  const bytes = Number(length)
  return bytes > 0 && bytes <= bodyBytesMax
}

/** Gives the body once all of it is there, of which its length tells. */
function readText(request: IncomingMessage, done: (text: string) => void): void {
  let left = Number(request.headers['content-length'])
  let before: Buffer[] | undefined
  request.on('data', (part: Buffer) => {
    left -= part.length
    if (left > 0) {
      before ??= []
      before.push(part)
      return
    }
    done((before === undefined ? part : Buffer.concat([...before, part])).toString('utf8'))
  })
}

/** Bodies as `parseBoundedJson` takes them. */
function jsonParser(app: FastifyInstance): (text: string) => unknown {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (text) => {
    checkJsonDepth(text)
    let failure: Error | null = null
    let body: unknown
    // It looks at nothing of the request.
    void parse(undefined as never, text, (error, parsed) => {
      failure = error
      body = parsed
    })
    if (failure !== null) throw failure
    return body
  }
}

interface Parts {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly admitted: Admitted
  readonly id: string
  readonly startedMs: number
}

/** One request and its reply. */
class Exchange {
  readonly request: IncomingMessage
  readonly admitted: Admitted
  readonly id: string
  private readonly response: ServerResponse
  private readonly options: DirectOptions
  private readonly startedMs: number
  private modelVersion: string | undefined
  private length = 0
  private isTold = false

  constructor(options: DirectOptions, { request, response, admitted, id, startedMs }: Parts) {
    this.options = options
    this.request = request
    this.response = response
    this.admitted = admitted
    this.id = id
    this.startedMs = startedMs
    const tell = () => this.tell()
    response.on('finish', tell)
    response.on('error', tell)
    request.on('close', () => {
      if (!request.readableEnded) tellGone(options, id)
    })
  }

  send({ text, model, version }: DirectAnswer): void {
    this.modelVersion = `${model}/${version}`
    this.write(200, { text, type: 'application/json; charset=utf-8', more: [] })
  }

  /** Tells what went wrong, as `sendProblem` does. */
  fail(error: unknown, more: readonly string[] = []): void {
    const { id, request, admitted, options } = this
    const { headers, url = '' } = request
    const known = toFabriqueError(error, { headers })
    const { status } = known.spec
    logFailure(options.log, known, { id })
    const { retry_after_s: seconds = status === 503 ? 1 : undefined } = known.params
    const wanted = challengeOf(known.code, known.message, { url, access: admitted.access })
    const told = [
      ...more,
      ...(seconds === undefined ? [] : ['retry-after', status === 503 ? '1' : String(seconds)]),
      ...[wanted ?? []].flat().flatMap((one) => ['www-authenticate', one]),
    ]
    this.write(status, { text: problemText(known, { id, headers }), type: problemType, more: told })
  }

  private write(
    status: number,
    reply: { readonly text: string; readonly type: string; readonly more: readonly string[] },
  ): void {
    const { response, id } = this
    const { text, type, more } = reply
    // Nobody reads it any more.
    if (response.headersSent || response.destroyed) return
    this.length = Buffer.byteLength(text)
    const headers = ['x-request-id', id, 'x-content-type-options', 'nosniff', ...more]
    headers.push('content-type', type, 'content-length', String(this.length))
    response.writeHead(status, headers)
    response.end(text)
  }

  private tell(): void {
    if (this.isTold) return
    this.isTold = true
    const { request, response, admitted, id, options } = this
    tellRequest(options, {
      id,
      method: 'POST',
      route: admitted.route,
      url: request.url ?? '',
      status: response.statusCode,
      durationMs: options.clock.monotonicMs() - this.startedMs,
      requestLength: request.headers['content-length'],
      responseLength: this.length,
      userAgent: request.headers['user-agent'],
      actor: admitted.actor.id,
      modelVersion: this.modelVersion,
    })
  }
}
