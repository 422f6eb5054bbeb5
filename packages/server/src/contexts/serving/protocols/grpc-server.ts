import { fileURLToPath } from 'node:url'
import { errorMessage, FabriqueError, isFabriqueError } from '@fabrique/contract'
import type {
  Metadata,
  ServerInterceptor,
  ServerUnaryCall,
  ServiceDefinition,
  status as Status,
  sendUnaryData,
} from '@grpc/grpc-js'
import { type Clock, type Ids, limit } from '../../../kernel/index.js'
import type { Log } from '../../../platform/logs/index.js'
import type { HttpMetrics } from '../../../platform/metrics/index.js'
import { type Actor, nobody } from '../../../platform/verbs/actor.js'
import type { ServedModels } from '../served-models.js'
import { type CallContext, grpcCalls } from './grpc-calls.js'
import { checkEntries } from './grpc-entries.js'

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

/** What is known of a call by its end, for the log. */
interface Noted {
  actor?: string
  model?: string
  version?: string
}

interface Answered {
  readonly path: string
  readonly requestId: string
  readonly startedAt: number
  readonly failure: FabriqueError | undefined
  readonly noted: Noted
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
  const service = bounded(definition['inference.GRPCInferenceService'] as ServiceDefinition)
  const bytesMax = limit('serving.tensor_bytes_max')
  const actors = new WeakMap<Metadata, Actor>()
  const actorOf = async (path: string, caller: GrpcCaller) => {
    if (publicCalls.some((name) => path.endsWith(`/${name}`))) return nobody
    const actor = await options.actorOf(caller)
    if (actor.kind === 'nobody') throw new FabriqueError('login_required', {})
    return actor
  }

  /** Who calls is known before a message is read: to decode one can take far more memory than it has bytes. */
  const checkCaller: ServerInterceptor = ({ path }, call) =>
    new grpc.ServerInterceptingCall(call, {
      start: (start) =>
        start({
          onReceiveMetadata: (metadata, read) => {
            const startedAt = clock.monotonicMs()
            actorOf(path, callerOf(metadata, call.getPeer())).then(
              (actor) => {
                actors.set(metadata, actor)
                read(metadata)
              },
              (error: unknown) => {
                const failure = failureOf(error)
                const requestId = requestIdOf(metadata)
                call.sendMetadata(headersOf(requestId))
                call.sendStatus(statusOf(failure))
                record({ path, requestId, startedAt, failure, noted: {} })
              },
            )
          },
        }),
    })

  const server = new grpc.Server({
    interceptors: [checkCaller],
    'grpc.max_receive_message_length': bytesMax,
    'grpc.max_send_message_length': bytesMax,
    'grpc.max_concurrent_streams': limit('serving.grpc_calls_max'),
  })

  const answer = async (
    call: ServerUnaryCall<unknown, unknown>,
    handle: (request: never, context: CallContext) => Promise<unknown>,
    reply: sendUnaryData<unknown>,
  ) => {
    const startedAt = clock.monotonicMs()
    const requestId = requestIdOf(call.metadata)
    const noted: Noted = {}
    let failure: FabriqueError | undefined
    let message: unknown
    let predictionId: string | undefined
    try {
      const caller = callerOf(call.metadata, call.getPeer())
      const actor = actors.get(call.metadata) ?? nobody
      noted.actor = actor.id
      if (isFabriqueError(call.request)) throw call.request
      message = await handle(call.request as never, {
        actor,
        timeoutMs: timeLeft(call, clock),
        assignedBy: textOf(call.metadata.get('x-assignment-key')),
        requestId,
        admit: async (model) => options.admit?.({ caller, actor, model }),
        note: (model, version) => Object.assign(noted, { model, version }),
        noteKept: (id) => {
          predictionId = id
        },
      })
    } catch (error) {
      failure = failureOf(error)
    }
    call.sendMetadata(headersOf(requestId, predictionId))
    if (failure === undefined) reply(null, message)
    else reply(statusOf(failure))
    record({ path: call.getPath(), requestId, startedAt, failure, noted })
  }

  const requestIdOf = (metadata: Metadata) => {
    const given = textOf(metadata.get('x-request-id'))
    return given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : ids.prefixed('req')
  }

  const headersOf = (requestId: string, predictionId?: string) => {
    const headers = new grpc.Metadata()
    headers.set('x-request-id', requestId)
    if (predictionId !== undefined) headers.set('x-prediction-id', predictionId)
    return headers
  }

  const statusOf = (failure: FabriqueError) => {
    const metadata = new grpc.Metadata()
    metadata.set('error-code', failure.code)
    const retryAfter = failure.spec.status === 503 ? 1 : failure.params.retry_after_s
    if (retryAfter !== undefined) metadata.set('retry-after', String(retryAfter))
    return { code: codeOf(failure, grpc.status), details: errorMessage(failure, 'en'), metadata }
  }

  const record = ({ path: route, requestId, startedAt, failure, noted }: Answered) => {
    const durationMs = clock.monotonicMs() - startedAt
    const status = failure?.spec.status ?? 200
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
    (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => void answer(call, handle, reply),
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

/** The same, where a request that has too many entries to be decoded becomes the error to answer with. */
function bounded(service: ServiceDefinition): ServiceDefinition {
  const { ModelInfer: infer } = service
  if (infer === undefined) return service
  const requestDeserialize = (bytes: Buffer): unknown => {
    try {
      checkEntries(bytes)
    } catch (error) {
      return error
    }
    return infer.requestDeserialize(bytes)
  }
  return { ...service, ModelInfer: { ...infer, requestDeserialize } }
}

/** Until the deadline that a client gave, within the longest wait; undefined where it gave none. */
function timeLeft(call: ServerUnaryCall<unknown, unknown>, clock: Clock): number | undefined {
  const deadline = Number(call.getDeadline())
  return Number.isFinite(deadline)
    ? Math.min(Math.max(0, deadline - clock.now().getTime()), limit('serving.wait_ms'))
    : undefined
}

function callerOf(metadata: Metadata, peer: string): GrpcCaller {
  return {
    authorization: textOf(metadata.get('authorization')),
    apiKey: textOf(metadata.get('x-api-key')),
    address: peer.replace(/:\d+$/, ''),
  }
}

function failureOf(error: unknown): FabriqueError {
  return isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
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
