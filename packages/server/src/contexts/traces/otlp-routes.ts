import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'
import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import type { ContextOf } from '../../platform/index.js'
import { answerMlflowErrors, endpointNotFound, exceedsShape, missingValue } from '../../platform/mlflow/index.js'
import { linkTracesToRun } from './link-traces.js'
import { logSpans } from './log-spans.js'
import type { OtlpSpan } from './otlp-model.js'
import { readOtlpJson } from './read-otlp-json.js'
import { readOtlpProtobuf } from './read-otlp-protobuf.js'
import { otlpError } from './wire-reader.js'

const inflaters = {
  gzip: [promisify(gunzip)],
  // Some senders leave the header out.
  deflate: [promisify(inflate), promisify(inflateRaw)],
} as const

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The body as it was before its content encoding. Throws `otlp_invalid`, `body_too_large`. */
async function plainBody(body: Buffer, encoding: string): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return body
  if (encoding !== 'gzip' && encoding !== 'deflate') throw otlpError(`content encoding ${encoding} is not known`)
  const maxOutputLength = limit('traces.inflated_bytes_max')
  for (const unpack of inflaters[encoding]) {
    try {
      return await unpack(body, { maxOutputLength })
    } catch (error) {
      if (error instanceof RangeError) throw new FabriqueError('body_too_large', { limit_bytes: maxOutputLength })
    }
  }
  throw otlpError(`it cannot be unpacked with ${encoding}`)
}

function readBody(body: Buffer, mediaType: string): readonly OtlpSpan[] {
  try {
    if (mediaType !== 'application/json') return readOtlpProtobuf(body)
    const shape = { depthMax: limit('traces.json_depth_max'), valuesMax: limit('traces.json_values_max') }
    if (exceedsShape(body, shape)) throw otlpError('it is too deep, or has too many values')
    return readOtlpJson(body.toString())
  } catch (error) {
    if (isFabriqueError(error)) throw error
    // Nothing of a body may be our failure: a depth that no stack has, for one.
    if (error instanceof RangeError) throw otlpError('it is too deep')
    throw error
  }
}

let lastTurn: Promise<unknown> = Promise.resolve()

/** One packed body is unpacked and read at a time: a thousand times larger than sent, several would fill the memory. */
function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
  const turn = lastTurn.then(work)
  lastTurn = turn.catch(() => undefined)
  return turn
}

/** Mounts `POST /v1/traces`, where OpenTelemetry exporters and MLflow 3 clients send spans. */
export function mountOtlp(app: FastifyInstance, contextOf: ContextOf): void {
  app.register(async (scope) => {
    answerMlflowErrors(scope, contextOf)
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.route({
      method: 'POST',
      url: '/v1/traces',
      config: { access: 'traces.write' },
      bodyLimit: limit('traces.request_bytes_max'),
      schema: { hide: true },
      handler: async (request, reply) => {
        const ctx = contextOf(request)
        const mediaType = headerOf(request, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? '(none)'
        if (mediaType !== 'application/x-protobuf' && mediaType !== 'application/json') {
          throw new FabriqueError('unsupported_media_type', { type: mediaType })
        }
        const experiment_id = headerOf(request, 'x-mlflow-experiment-id') ?? ''
        if (experiment_id === '') throw missingValue('x-mlflow-experiment-id')
        const encoding = headerOf(request, 'content-encoding')?.trim().toLowerCase() ?? ''
        const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
        const read = async () => readBody(await plainBody(body, encoding), mediaType)
        const spans = await (encoding === '' || encoding === 'identity' ? read() : inTurn(read))
        if (spans.length === 0) throw otlpError('no spans found')
        const { completedTraces } = await logSpans({ ctx, input: { experiment_id, spans } })
        const run_id = headerOf(request, 'x-mlflow-run-id')
        if (run_id !== undefined && run_id !== '') await linkAll(ctx, completedTraces, run_id)
        // An ExportTraceServiceResponse without partial success is empty in both encodings.
        return reply.type(mediaType).send(mediaType === 'application/json' ? '{}' : Buffer.alloc(0))
      },
    })
    scope.route({
      method: ['GET', 'PUT', 'PATCH', 'DELETE'],
      url: '/v1/traces',
      schema: { hide: true },
      handler: async (request) => {
        throw endpointNotFound(request)
      },
    })
  })
}

async function linkAll(ctx: Parameters<typeof linkTracesToRun>[0]['ctx'], traceIds: readonly string[], run_id: string) {
  const max = limit('traces.links_max')
  for (let start = 0; start < traceIds.length; start += max) {
    await linkTracesToRun({ ctx, input: { trace_ids: traceIds.slice(start, start + max), run_id } })
  }
}
