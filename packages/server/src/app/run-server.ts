import { access } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { ModelDefinition, Permission } from '@fabrique/contract'
import { mountBatchRoutes } from '../contexts/batches/index.js'
import { mountDatasetRoutes, mountFileRoutes } from '../contexts/datasets/index.js'
import { mountMlflowEvaluation } from '../contexts/evaluation/index.js'
import {
  mountExplanationRoutes,
  mountPredictionExplanations,
  openExplainerLine,
  openPredictionExplainer,
} from '../contexts/explanations/index.js'
import {
  getOnlineFeatures,
  mountFeastReads,
  mountFeastRoutes,
  mountFeatureRoutes,
  mountOnlineReads,
  mountOnlineRoutes,
  onlineFeatures,
  openOnlineStore,
} from '../contexts/features/index.js'
import { mountFlowRoutes } from '../contexts/flows/index.js'
import { mountImportRoutes } from '../contexts/imports/index.js'
import { mountJobRoutes } from '../contexts/jobs/index.js'
import { mountLineageRoutes } from '../contexts/lineage/index.js'
import { type HistoryWriter, mountMetricHistory, openHistoryWriter } from '../contexts/metrics/index.js'
import { mountMonitoringRoutes } from '../contexts/monitoring/index.js'
import { mountFeedback, mountPredictionRoutes, openPredictionLog } from '../contexts/predictions/index.js'
import { listProjects, mountProjectRoutes } from '../contexts/projects/index.js'
import {
  modelVersionsOf,
  mountMlflowRegistry,
  mountRegistryRoutes,
  versionsOfRuns,
} from '../contexts/registry/index.js'
import { mountDvcRoutes, mountRemoteRoutes } from '../contexts/remotes/index.js'
import { mountRolloutRoutes, openTraffic, startDeciding } from '../contexts/rollouts/index.js'
import {
  type GrpcServer,
  isInferenceAddress,
  isModelBehind,
  mountProtocols,
  mountServingRoutes,
  openGrpcServer,
  openModelServer,
  pythonOpener,
  type ReadOnline,
  sendInferenceError,
  servingFromRegistry,
  sweepCheckedOut,
} from '../contexts/serving/index.js'
import { mountMlflowTraces, mountTraceRoutes } from '../contexts/traces/index.js'
import { mountMlflowTracking, mountRunStream, mountTrackingRoutes } from '../contexts/tracking/index.js'
import { mountTrainingLists, mountTrainingRoutes } from '../contexts/training/index.js'
import { mountTrashRoutes } from '../contexts/trash/index.js'
import { mountValidationRoutes, quarantineCondition } from '../contexts/validation/index.js'
import { mountMlflowWebhooks, mountWebhookRoutes, openWebhookSender } from '../contexts/webhooks/index.js'
import {
  addHostMetrics,
  answerDirectly,
  type ContextOf,
  limitRates,
  listen,
  makeHttpMetrics,
  makeHttpServer,
  refuseLate,
  requestActor,
  requestIdOf,
  systemActor,
} from '../platform/index.js'
import { isMlflowAddress, sendMlflowFailure } from '../platform/mlflow/index.js'
import { admitByRates } from './admit-by-rates.js'
import { openAuth } from './auth.js'
import { authenticateRequests } from './authenticate.js'
import type { Config } from './config/index.js'
import { prepareDataFolder } from './data-folder.js'
import { leaveDatabaseServer, openDatabaseServer } from './database-server.js'
import { directPredictions } from './direct-predictions.js'
import { startHousekeeping } from './housekeeping.js'
import { isLoopback } from './loopback.js'
import { addMetrics } from './metrics.js'
import { isPromotionBlocked, timelineTools } from './monitor-tools.js'
import { openPartLogger } from './part-logger.js'
import { openParts, threadsOf } from './parts.js'
import { openRates } from './rates.js'
import { logWarnings, type Role } from './role.js'
import { mountEventRoutes } from './routes/event-routes.js'
import { mountPages } from './routes/pages.js'
import { mountStatusRoutes } from './routes/status-routes.js'
import { mountShortRoutes } from './short/short-routes.js'
import { systemClock, systemIds } from './system.js'

export interface ServerOptions {
  readonly config: Config
  /** Folder of the built pages. */
  readonly webFolder: string
  /** `predictor` answers predictions and reads of features only: no pages, no other APIs. */
  readonly role: 'server' | 'predictor'
  /** Which of several that share a port; its log has the number in its name. */
  readonly number?: number | undefined
  /** Told of each route that is mounted, and who may come to it; without `access`, who has logged in. */
  readonly onRoute?: (route: MountedRoute) => void
}

export interface MountedRoute {
  readonly methods: readonly string[]
  readonly path: string
  readonly access: Permission | 'public' | undefined
}

/** Starts a server or a predictor. Everything it needs is up when the promise resolves. */
export async function startServer({ config, webFolder, role, number, onRoute }: ServerOptions): Promise<Role> {
  const startedAt = systemClock.now()
  const folder = await prepareDataFolder(config.dataDir)
  const logger = await openPartLogger(config, folder, number === undefined ? role : `${role}-${number}`)
  logWarnings(logger.log)
  const databaseServer = await openDatabaseServer(config, folder, logger.log, () => {})
  const parts = await openParts({
    config,
    folder,
    url: databaseServer.url,
    part: role,
    actor: systemActor(role),
    logger,
    poolMax: 6,
  })
  const { ctx } = parts
  const metrics = makeHttpMetrics()
  await addHostMetrics({ clock: systemClock, registry: metrics.registry })
  const bindHosts = isLoopback(config.host) ? [] : [config.host]
  const allowedHosts = [...config.allowed_hosts, ...bindHosts]
  const app = await makeHttpServer({
    clock: systemClock,
    ids: systemIds,
    log: logger.log,
    metrics,
    allowedHosts,
    trustedProxies: config.trusted_proxies,
    answerBadRequest: (error, request, reply) => {
      if (isInferenceAddress(request.url)) return sendInferenceError(error, request, reply, logger.log)
      return isMlflowAddress(request.url) ? sendMlflowFailure(error, request, reply, logger.log) : undefined
    },
  })
  const contextOf: ContextOf = (request) => ({ ...ctx, actor: requestActor(request), requestId: request.id })
  const rates = await openRates({
    config,
    db: ctx.db,
    clock: systemClock,
    log: logger.log,
    defaultModel: () => models.defaultModel(),
  })
  app.addHook('onRoute', ({ method, url, config: { access } = {} }) =>
    onRoute?.({ methods: [method].flat(), path: url, access }),
  )
  const auth = await openAuth({ config, ctx, events: parts.events, rates: rates.store })
  // Before rates, which count by who asks.
  authenticateRequests(app, { authenticator: auth.authenticator, allowedHosts })
  // What is refused is not counted against anybody.
  const takes = refuseLate(app, {
    clock: systemClock,
    log: logger.log,
    isBehind: (target) => isModelBehind(models, target),
  })
  limitRates(app, {
    ...rates,
    callerOf: (request) => requestActor(request).limitKey,
    olderHeaders: config.rate_older_headers,
  })
  const store = await openOnlineStore(ctx.db, config.online?.reveal())
  const online = { store, features: onlineFeatures(store), rowCondition: quarantineCondition }
  const readOnline: ReadOnline = ({ project, ...body }) => getOnlineFeatures(ctx, online.features, { project, body })
  const declared = new Map<string, ModelDefinition>()
  const processId = systemIds.hex32()
  const predictionLog = openPredictionLog({
    ctx,
    process: processId,
    share: config.prediction_log,
    definitionOf: (model) => declared.get(model)?.prediction_log,
  })
  const listDeclared = async () => {
    const projects = (await listProjects({ ctx, input: {} })).map(({ definition }) => definition)
    rates.setProjects(projects)
    const definitions = projects.flatMap((project) => project.models)
    declared.clear()
    for (const definition of definitions) declared.set(definition.name, definition)
    return definitions.map(({ name }) => name)
  }
  await sweepCheckedOut()
  const serving = servingFromRegistry(ctx, { threads: threadsOf(config) })
  const python = pythonOpener({
    python: config.serve_python,
    environment: process.env,
    memoryBytesMax: config.serve_python_memory_mb * 1024 * 1024,
    log: logger.log,
    clock: systemClock,
  })
  const models = openModelServer({
    ...serving,
    openers: [...serving.openers, python],
    readOnline,
    defaultModel: config.default_model,
    preferredModels: listDeclared,
    memoryBytesMax: config.models_memory_mb * 1024 * 1024,
    predictionLog,
    ahead: async () => {
      await traffic.refresh()
      return traffic.versions()
    },
  })
  const traffic = openTraffic({ ctx, process: processId, models, count: predictionLog.count })
  auth.mount(app, contextOf)
  mountServingRoutes(app, { models, traffic, actorOf: requestActor })
  mountProtocols(app, { models: { ...models, use: traffic.use }, actorOf: requestActor, log: logger.log })
  const explainer = openPredictionExplainer(ctx, { threads: 1, readOnline })
  const comparisons = openExplainerLine({ threads: threadsOf(config) })
  mountPredictionExplanations(app, contextOf, explainer)
  addMetrics(metrics.registry, { ctx, role, predictionLog, models })
  mountStatusRoutes(app, { contextOf, config, role, startedAt, models, metrics })
  mountFeedback(app, contextOf)
  const targets = { allowPrivate: config.webhooks_allow_private }
  if (role === 'server') {
    mountProjectRoutes(app, contextOf)
    mountJobRoutes(app, contextOf, parts.events)
    mountDatasetRoutes(app, contextOf)
    mountFileRoutes(app, contextOf)
    mountRemoteRoutes(app, contextOf)
    mountValidationRoutes(app, contextOf)
    mountTrackingRoutes(app, { contextOf, modelVersionsOf })
    mountRunStream(app, { contextOf, modelVersionsOf, events: parts.events })
    mountTraceRoutes(app, { contextOf })
    mountMlflowTraces(app, { contextOf })
    mountMlflowEvaluation(app, { contextOf })
    mountMlflowTracking(app, { contextOf })
    mountRegistryRoutes(app, contextOf)
    mountMlflowRegistry(app, { contextOf })
    mountWebhookRoutes(app, contextOf)
    mountMlflowWebhooks(app, { contextOf, targets })
    mountImportRoutes(app, contextOf)
    mountTrashRoutes(app, contextOf)
    mountFlowRoutes(app, { contextOf, events: parts.events, endpoints: models.endpoints })
    mountPredictionRoutes(app, contextOf)
    mountRolloutRoutes(app, contextOf)
    mountMetricHistory(app, { contextOf, prometheus: config.prometheus_url?.reveal() })
    mountMonitoringRoutes(app, { contextOf, timeline: timelineTools })
    mountLineageRoutes(app, contextOf)
    mountDvcRoutes(app, contextOf)
    mountTrainingRoutes(app, contextOf)
    mountFeatureRoutes(app, contextOf)
    mountOnlineRoutes(app, contextOf, online)
    mountFeastRoutes(app, contextOf, online)
    mountExplanationRoutes(app, contextOf, comparisons)
    mountBatchRoutes(app, contextOf)
    mountTrainingLists(app, { contextOf, versionsOfRuns })
    mountShortRoutes(app, { contextOf, models })
    mountEventRoutes(app, contextOf, parts.events)
  } else {
    // What is read at each prediction can be read from where predictions are answered.
    mountOnlineReads(app, contextOf, online)
    mountFeastReads(app, contextOf, online)
  }
  const hasPages = role === 'server' && (await isThere(join(webFolder, 'index.html')))
  await mountPages(app, { folder: hasPages ? webFolder : undefined, position: () => parts.events.recentPosition() })
  const { authenticator } = auth
  answerDirectly(app, {
    clock: systemClock,
    log: logger.log,
    metrics,
    idOf: (request) => requestIdOf(request, systemIds),
    admit: directPredictions({ authenticator, allowedHosts, rules: rates.rules, takes, models, traffic }),
  })

  const reconcile = () =>
    models.look().catch((error: unknown) => ctx.log.debug({ err: error }, 'Models wait for the database'))
  // What takes long to load holds up its own requests only, not the server.
  await models.look()
  const unsubscribe = parts.events.subscribe((events) => {
    const concerned = events.some(
      ({ kind, payload }) =>
        kind === 'alias.moved' ||
        kind === 'rollout.changed' ||
        (kind === 'model.changed' && String(payload.change).startsWith('renamed')) ||
        kind === 'project.applied',
    )
    if (concerned) void reconcile()
    if (events.some(({ kind }) => kind === 'features.applied' || kind === 'feature_view.materialized')) {
      online.features.forgetPlans()
    }
  })
  // A wake-up can be lost while the database is away; the aliases themselves are the truth.
  const timer = setInterval(() => void reconcile(), 10_000)
  const stopHousekeeping =
    role === 'server'
      ? startHousekeeping({
          ctx,
          trashDays: config.trash_days,
          predictionsKeptDays: config.predictions_kept_days,
          predictionsCompact: config.predictions_compact,
          flows: { runsKeptDays: config.flow_runs_kept_days, logsKeptDays: config.flow_logs_kept_days },
        })
      : () => Promise.resolve()

  const stopDeciding = role === 'server' ? startDeciding(ctx, isPromotionBlocked) : () => Promise.resolve()

  const webhooks = role === 'server' ? openWebhookSender({ ctx, events: parts.events, targets }) : undefined

  let grpc: GrpcServer | undefined
  let history: HistoryWriter | undefined
  const close = async () => {
    clearInterval(timer)
    await history?.close()
    await grpc?.close()
    await webhooks?.close()
    await stopDeciding()
    await stopHousekeeping()
    unsubscribe()
    await app.close()
    auth.close()
    explainer.close()
    comparisons.close()
    await traffic.close()
    await models.close()
    await predictionLog.close()
    await store.close()
    await rates.store.close()
    await parts.close()
    await leaveDatabaseServer(databaseServer)
    await logger.close()
  }
  try {
    const port = await listen(app, config.host, config.port)
    logger.log.debug({ host: config.host, port }, 'Listening')
    if (config.metric_history) {
      const part = number === undefined ? role : `${role}-${number}`
      history = openHistoryWriter({ ctx, registry: metrics.registry, name: `${part}@${hostname()}:${port}` })
    }
    if (config.grpc_port !== undefined) {
      grpc = await openGrpcServer({
        models: { ...models, use: traffic.use },
        actorOf: (caller) => auth.authenticator.authenticate({ ...caller, cookie: undefined }),
        admit: admitByRates(rates),
        clock: systemClock,
        ids: systemIds,
        log: logger.log,
        metrics,
        host: config.host,
        port: config.grpc_port,
      })
    }
    return { port, stop: close, ...(role === 'server' ? await auth.entrance() : {}) }
  } catch (error) {
    await close()
    throw error
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
