import { FabriqueError, type Rate } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import {
  addServingGauges,
  folderSource,
  isInferenceAddress,
  isModelBehind,
  type ModelOpener,
  type ModelServer,
  mountProtocols,
  mountServingRoutes,
  onnxOpener,
  openGrpcServer,
  openModelServer,
  pythonMemoryBytesMax,
  pythonOpener,
  type ServedPlace,
  sendInferenceError,
  type TensorSpec,
} from '../contexts/serving/standalone.js'
import { limit } from '../kernel/index.js'
import { listen, makeHttpServer } from '../platform/http/http-server.js'
import { limitRates, type RateRules } from '../platform/http/limit-rates.js'
import { refuseLate } from '../platform/http/refuse-late.js'
import { requestActor } from '../platform/http/request-actor.js'
import { type Log, openLogger } from '../platform/logs/index.js'
import { makeHttpMetrics } from '../platform/metrics/index.js'
import { memoryRateStore } from '../platform/rate-limits/memory-store.js'
import { admitByRates } from './admit-by-rates.js'
import { isLoopback } from './loopback.js'
import { keyActor, requireKey } from './require-key.js'
import { logWarnings, type Role } from './role.js'
import { mountProbes } from './routes/probe-routes.js'
import { systemClock, systemIds } from './system.js'

export interface ServeFilesOptions {
  readonly places: readonly ServedPlace[]
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** No gRPC without it; 0 takes a free one. */
  readonly grpcPort?: number
  /** What requests must bring. */
  readonly key?: string
  /** Python with mlflow, for models that are not ONNX. */
  readonly python?: string
  /** What Python processes get some of. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly memoryMb?: number
  /** Of the predictions of one address. */
  readonly rate?: Rate
  /** Threads that a large computation may take. */
  readonly threads: number
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly console: 'pretty' | 'json' | 'off'
}

/** A model as it is served. */
export interface ServedFile {
  readonly model: string
  /** Newest first. */
  readonly versions: readonly string[]
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** A row for `/predict`, of models that say what their columns are. */
  readonly example?: Readonly<Record<string, unknown>>
}

export interface FileServer extends Role {
  readonly port: number
  readonly url: string
  /** Address of gRPC, where it is answered. */
  readonly grpc: string | undefined
  readonly models: readonly ServedFile[]
}

/**
 * Serves models of plain files in every protocol, without a project or a database. Versions that come into a folder are served from the next
 * look on. Errors: `bind_needs_key`, `file_not_found`, `model_path_invalid`, `model_names_clash`, `model_file_invalid`, `port_taken`,
 * `address_not_available`.
 */
export async function serveFiles(options: ServeFilesOptions): Promise<FileServer> {
  const { host, key, rate, threads, level } = options
  if (!isLoopback(host) && key === undefined) throw new FabriqueError('bind_needs_key', { host })
  const logger = await openLogger({ part: 'serve', level, console: options.console, output: 'error' })
  const { log } = logger
  logWarnings(log)
  const parts = { clock: systemClock, ids: systemIds, log, metrics: makeHttpMetrics() }
  const source = folderSource(options.places)
  let first: readonly string[] = []
  const models = openModelServer({
    source: {
      ...source,
      async list() {
        const listed = await source.list()
        first = listed.slice(0, 1).map(({ model }) => model)
        return listed
      },
    },
    openers: [onnxOpener({ clock: systemClock, threads }), pythonOpenerOf(options, log)],
    clock: systemClock,
    log,
    defaultModel: undefined,
    preferredModels: async () => first,
    ...(options.memoryMb === undefined ? {} : { memoryBytesMax: options.memoryMb * 1024 * 1024 }),
  })
  const closers: (() => Promise<void>)[] = [() => logger.close(), () => models.close()]
  const stop = async () => {
    for (const close of closers.reverse()) await close()
  }
  try {
    // A browser that was led here under another name has no key; without one only this machine comes.
    const [app] = await Promise.all([
      makeHttpServer({
        ...parts,
        allowedHosts: key === undefined ? [] : ['*'],
        answerBadRequest: (error, request, reply) =>
          isInferenceAddress(request.url) ? sendInferenceError(error, request, reply, log) : undefined,
      }),
      models.reconcile(),
    ])
    closers.push(() => app.close())
    const actorOf = keyActor(key)
    requireKey(app, actorOf)
    refuseLate(app, { clock: systemClock, log, isBehind: (target) => isModelBehind(models, target) })
    const admit = rate === undefined ? undefined : limitPredictions(app, rate)
    app.setNotFoundHandler(async ({ method, url }) => {
      throw new FabriqueError('route_not_found', { method, path: url.split('?')[0] ?? url })
    })
    addServingGauges(parts, models, parts.metrics.registry)
    mountProbes(app, parts.metrics)
    mountServingRoutes(app, { models, actorOf: requestActor })
    mountProtocols(app, { models, actorOf: requestActor, log })
    const served = await describeAll(models)
    const port = await listen(app, host, options.port)
    const grpc =
      options.grpcPort === undefined
        ? undefined
        : await openGrpcServer({
            ...parts,
            models,
            actorOf,
            ...(admit === undefined ? {} : { admit }),
            host,
            port: options.grpcPort,
          })
    if (grpc !== undefined) closers.push(() => grpc.close())
    let trouble = ''
    const timer = setInterval(() => {
      models.reconcile().then(
        () => {
          trouble = ''
        },
        (error: unknown) => {
          // What stays wrong, as a folder that is gone, is said once.
          const found = error instanceof Error ? error.message : String(error)
          if (found !== trouble) log.warn({ err: error }, 'The models cannot be listed; those in memory are served on')
          trouble = found
        },
      )
    }, limit('serving.folder_poll_ms'))
    closers.push(async () => clearInterval(timer))
    const at = addressOf(host)
    return {
      port,
      url: `http://${at}:${port}`,
      grpc: grpc === undefined ? undefined : `${at}:${grpc.port}`,
      models: served,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function pythonOpenerOf({ python, environment }: ServeFilesOptions, log: Log): ModelOpener {
  return pythonOpener({ python, environment, memoryBytesMax: pythonMemoryBytesMax, log, clock: systemClock })
}

/** Limits what each address may ask; gives the same for calls that do not come over HTTP. */
function limitPredictions(app: FastifyInstance, rate: Rate): ReturnType<typeof admitByRates> {
  const store = memoryRateStore(systemClock)
  const rules: RateRules = { predict: rate, api: undefined, routes: new Map(), modelRate: () => undefined }
  limitRates(app, { store, rules, callerOf: () => undefined, olderHeaders: false })
  return admitByRates({ store, rules })
}

/** The champion of each model. Throws `model_file_invalid` where one cannot be loaded: what cannot be served is said at the start. */
async function describeAll(models: ModelServer): Promise<readonly ServedFile[]> {
  return Promise.all(
    models.available().map(({ model, versions }) =>
      models.use({ model }, async ({ runtime: { inputs, outputs }, signature }) => ({
        model,
        versions: versions.map(({ version }) => version),
        inputs,
        outputs,
        ...(signature === undefined ? {} : { example: signature.example }),
      })),
    ),
  )
}

/** What a client of this machine calls an address to listen on. */
function addressOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
