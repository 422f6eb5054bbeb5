import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { mountDatasetRoutes, mountFileRoutes } from '../contexts/datasets/index.js'
import { mountMlflowEvaluation } from '../contexts/evaluation/index.js'
import {
  mountExplanationRoutes,
  mountPredictionExplanations,
  openExplainerLine,
  openPredictionExplainer,
} from '../contexts/explanations/index.js'
import {
  addFeatureGauges,
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
import { listProjects, mountProjectRoutes } from '../contexts/projects/index.js'
import {
  championAlias,
  modelVersionsOf,
  mountMlflowRegistry,
  mountRegistryRoutes,
  versionsOfRuns,
} from '../contexts/registry/index.js'
import { mountDvcRoutes, mountRemoteRoutes } from '../contexts/remotes/index.js'
import { mountServingRoutes, openModelServer, type ReadOnline } from '../contexts/serving/index.js'
import { mountMlflowTraces, mountTraceRoutes } from '../contexts/traces/index.js'
import { mountMlflowTracking, mountRunStream, mountTrackingRoutes } from '../contexts/tracking/index.js'
import { addTrainingGauges, mountTrainingLists, mountTrainingRoutes } from '../contexts/training/index.js'
import { mountTrashRoutes } from '../contexts/trash/index.js'
import { mountValidationRoutes, quarantineCondition } from '../contexts/validation/index.js'
import { mountMlflowWebhooks, mountWebhookRoutes, openWebhookSender } from '../contexts/webhooks/index.js'
import { type ContextOf, listen, localActor, makeHttpMetrics, makeHttpServer, systemActor } from '../platform/index.js'
import { isMlflowAddress, sendMlflowFailure } from '../platform/mlflow/index.js'
import { checkBind, isLoopback } from './check-bind.js'
import type { Config } from './config/index.js'
import { prepareDataFolder } from './data-folder.js'
import { leaveDatabaseServer, openDatabaseServer } from './database-server.js'
import { startHousekeeping } from './housekeeping.js'
import { openPartLogger } from './part-logger.js'
import { openParts, threadsOf } from './parts.js'
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
}

/** Starts a server or a predictor. Everything it needs is up when the promise resolves. */
export async function startServer({ config, webFolder, role }: ServerOptions): Promise<Role> {
  checkBind(config)
  const startedAt = systemClock.now()
  const folder = await prepareDataFolder(config.dataDir)
  const logger = await openPartLogger(config, folder, role)
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
  const bindHosts = isLoopback(config.host) ? [] : [config.host]
  const app = await makeHttpServer({
    clock: systemClock,
    ids: systemIds,
    log: logger.log,
    metrics,
    allowedHosts: [...config.allowed_hosts, ...bindHosts],
    answerBadRequest: (error, request, reply) =>
      isMlflowAddress(request.url) ? sendMlflowFailure(error, request, reply, logger.log) : undefined,
  })
  // Requests come over loopback only, or the owner said that the network is trusted.
  const contextOf: ContextOf = (request) => ({ ...ctx, actor: localActor, requestId: request.id })
  const store = await openOnlineStore(ctx.db, config.online?.reveal())
  const online = { store, features: onlineFeatures(store), rowCondition: quarantineCondition }
  const readOnline: ReadOnline = ({ project, ...body }) => getOnlineFeatures(ctx, online.features, { project, body })
  const models = openModelServer({
    ctx,
    readOnline,
    defaultModel: config.default_model,
    preferredModels: async () =>
      (await listProjects({ ctx, input: {} })).flatMap(({ definition }) => definition.models.map(({ name }) => name)),
  })
  mountServingRoutes(app, contextOf, models)
  const explainer = openPredictionExplainer(ctx, { threads: 1, readOnline })
  const comparisons = openExplainerLine({ threads: threadsOf(config) })
  mountPredictionExplanations(app, contextOf, explainer)
  mountStatusRoutes(app, { contextOf, config, role, startedAt, models, metrics })
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
    mountLineageRoutes(app, contextOf)
    mountDvcRoutes(app, contextOf)
    mountTrainingRoutes(app, contextOf)
    mountFeatureRoutes(app, contextOf)
    mountOnlineRoutes(app, contextOf, online)
    mountFeastRoutes(app, contextOf, online)
    mountExplanationRoutes(app, contextOf, comparisons)
    mountTrainingLists(app, { contextOf, versionsOfRuns })
    addTrainingGauges(ctx, metrics.registry)
    addFeatureGauges(ctx, metrics.registry)
    mountShortRoutes(app, { contextOf, models })
    mountEventRoutes(app, contextOf, parts.events)
  } else {
    // What is read at each prediction can be read from where predictions are answered.
    mountOnlineReads(app, contextOf, online)
    mountFeastReads(app, contextOf, online)
  }
  const hasPages = role === 'server' && (await isThere(join(webFolder, 'index.html')))
  await mountPages(app, { folder: hasPages ? webFolder : undefined, position: () => parts.events.recentPosition() })

  const reconcile = () =>
    models.reconcile().catch((error: unknown) => ctx.log.debug({ err: error }, 'Models wait for the database'))
  await models.reconcile()
  const unsubscribe = parts.events.subscribe((events) => {
    const concerned = events.some(
      ({ kind, payload }) =>
        (kind === 'alias.moved' && payload.alias === championAlias) ||
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
          flows: { runsKeptDays: config.flow_runs_kept_days, logsKeptDays: config.flow_logs_kept_days },
        })
      : () => Promise.resolve()

  const webhooks = role === 'server' ? openWebhookSender({ ctx, events: parts.events, targets }) : undefined

  const close = async () => {
    clearInterval(timer)
    await webhooks?.close()
    await stopHousekeeping()
    unsubscribe()
    await app.close()
    explainer.close()
    comparisons.close()
    await models.close()
    await store.close()
    await parts.close()
    await leaveDatabaseServer(databaseServer)
    await logger.close()
  }
  try {
    const port = await listen(app, config.host, config.port)
    logger.log.debug({ host: config.host, port }, 'Listening')
    return { port, stop: close }
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
