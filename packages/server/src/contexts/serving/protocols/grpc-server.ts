import { fileURLToPath } from 'node:url'
import { errorMessage, FabriqueError, isFabriqueError } from '@fabrique/contract'
import type { ServerUnaryCall, ServiceDefinition, status as Status, sendUnaryData } from '@grpc/grpc-js'
import { type Clock, type Ids, limit } from '../../../kernel/index.js'
import type { Log } from '../../../platform/logs/index.js'
import type { HttpMetrics } from '../../../platform/metrics/index.js'
import { type Actor, nobody } from '../../../platform/verbs/actor.js'
import type { ServedModels } from '../served-models.js'
import { type CallContext, grpcCalls } from './grpc-calls.js'

/** What a caller says of itself. */
export interface GrpcCaller {
  readonly authorization: string | undefined
  readonly apiKey: string | undefined
  /** Without the port. */
  readonly address: string
}

export interface GrpcServerOptions {
  readonly models: ServedModels
  /** Throws what a request without a right to be here throws. */
  readonly actorOf: (caller: GrpcCaller) => Actor | Promise<Actor>
  /** Is asked before each inference; throws `rate_limited`. */
  readonly admit?: (asked: {
    readonly caller: GrpcCaller
    readonly actor: Actor
    readonly model: string
  }) => Promise<void>
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly metrics: HttpMetrics
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface GrpcServer {
  readonly port: number
  /** Answers the calls under way, and takes no other. */
  close(): Promise<void>
}

/** The service as others may generate clients from it. */
export const inferenceProto = fileURLToPath(new URL('../../../../proto/inference.proto', import.meta.url))

/** Calls that anyone may make, as probes do. */
const publicCalls: readonly string[] = ['ServerLive', 'ServerReady', 'ServerMetadata']

/** The Open Inference Protocol over gRPC on a port of its own. Throws `port_taken` or `address_not_available`. */
export async function openGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  // Loaded at use: most servers have no gRPC.
  const [grpc, { loadSync }] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
  // What fails is thrown and logged here.
  grpc.setLogVerbosity(grpc.logVerbosity.NONE)
  const { clock, ids, log, metrics, host } = options
  const definition = loadSync(inferenceProto, { keepCase: true, defaults: true })
  const service = definition['inference.GRPCInferenceService'] as ServiceDefinition
  const bytesMax = limit('serving.tensor_bytes_max')
  const server = new grpc.Server({
    'grpc.max_receive_message_length': bytesMax,
    'grpc.max_send_message_length': bytesMax,
    'grpc.max_concurrent_streams': limit('serving.grpc_calls_max'),
  })

  const answer = async (
    name: string,
    call: ServerUnaryCall<unknown, unknown>,
    handle: (request: never, context: CallContext) => Promise<unknown>,
    reply: sendUnaryData<unknown>,
  ) => {
    const startedAt = clock.monotonicMs()
    const given = textOf(call.metadata.get('x-request-id'))
    const requestId = given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : ids.prefixed('req')
    const noted: { actor?: string; model?: string; version?: string } = {}
    let failure: FabriqueError | undefined
    let message: unknown
    try {
      const caller = callerOf(call)
      const isPublic = publicCalls.includes(name)
      const actor = isPublic ? nobody : await options.actorOf(caller)
      if (actor.kind === 'nobody' && !isPublic) throw new FabriqueError('login_required', {})
      noted.actor = actor.id
      message = await handle(call.request as never, {
        actor,
        timeoutMs: timeLeft(call, clock),
        assignedBy: textOf(call.metadata.get('x-assignment-key')),
        admit: async (model) => options.admit?.({ caller, actor, model }),
        note: (model, version) => Object.assign(noted, { model, version }),
      })
    } catch (error) {
      failure = isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
    }
    const headers = new grpc.Metadata()
    headers.set('x-request-id', requestId)
    call.sendMetadata(headers)
    if (failure === undefined) reply(null, message)
    else {
      const trailers = new grpc.Metadata()
      trailers.set('error-code', failure.code)
      const retryAfter = failure.spec.status === 503 ? 1 : failure.params.retry_after_s
      if (retryAfter !== undefined) trailers.set('retry-after', String(retryAfter))
      reply({ code: codeOf(failure, grpc.status), details: errorMessage(failure, 'en'), metadata: trailers })
    }
    const durationMs = clock.monotonicMs() - startedAt
    const status = failure?.spec.status ?? 200
    const route = call.getPath()
    const durationSeconds = durationMs / 1000
    metrics.observe({ handler: route, method: 'POST', status, durationSeconds, requestBytes: 0, responseBytes: 0 })
    const fields = { request_id: requestId, route, status, ...noted, duration_ms: Math.round(durationMs * 100) / 100 }
    if (failure !== undefined && status >= 500) {
      log.error({ ...fields, code: failure.code, err: failure.cause ?? failure }, failure.message)
    }
    log.info(fields, 'gRPC request')
  }

  const handlers = Object.entries(grpcCalls(options.models)).map(([name, handle]) => [
    name,
    (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => void answer(name, call, handle, reply),
  ])
  server.addService(service, Object.fromEntries(handlers))

  const port = await new Promise<number>((resolve, reject) => {
    const address = `${host.includes(':') ? `[${host}]` : host}:${options.port}`
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) return resolve(bound)
      const taken = error.message.includes('EADDRINUSE')
      reject(
        taken
          ? new FabriqueError('port_taken', { host, port: options.port }, { cause: error })
          : new FabriqueError('address_not_available', { host: address, reason: error.message }, { cause: error }),
      )
    })
  })
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        // Clients keep connections open; a call that hangs does not keep the server.
        const timer = setTimeout(() => server.forceShutdown(), limit('serving.grpc_stop_ms'))
        server.tryShutdown(() => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
}

/** Until the deadline that a client gave; undefined where it gave none. */
function timeLeft(call: ServerUnaryCall<unknown, unknown>, clock: Clock): number | undefined {
  const deadline = Number(call.getDeadline())
  return Number.isFinite(deadline) ? Math.max(0, deadline - clock.now().getTime()) : undefined
}

function callerOf(call: ServerUnaryCall<unknown, unknown>): GrpcCaller {
  return {
    authorization: textOf(call.metadata.get('authorization')),
    apiKey: textOf(call.metadata.get('x-api-key')),
    address: call.getPeer().replace(/:\d+$/, ''),
  }
}

function textOf([value]: readonly (string | Buffer)[]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The status of gRPC that stands for one of HTTP. */
function codeOf({ spec, code }: FabriqueError, status: typeof Status): Status {
  if (code === 'server_overloaded' || spec.status === 503) return status.UNAVAILABLE
  switch (spec.status) {
    case 401:
      return status.UNAUTHENTICATED
    case 403:
      return status.PERMISSION_DENIED
    case 404:
      return status.NOT_FOUND
    case 409:
      return status.FAILED_PRECONDITION
    case 413:
    case 429:
      return status.RESOURCE_EXHAUSTED
    case 504:
      return status.DEADLINE_EXCEEDED
    default:
      return spec.status < 500 ? status.INVALID_ARGUMENT : status.INTERNAL
  }
}
