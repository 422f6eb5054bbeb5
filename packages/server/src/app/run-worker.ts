import { hostname } from 'node:os'
import { fabriqueVersion, type ProjectDefinition } from '@fabrique/contract'
import { openProgramKey } from '../contexts/auth/index.js'
import type { CustomSource, IngestTools } from '../contexts/datasets/index.js'
import {
  applyFeatures,
  type FeatureCode,
  type FeatureTools,
  followSnapshots,
  openOnlineStore,
  tendViews,
} from '../contexts/features/index.js'
import {
  applyFlows,
  executorOf,
  featureJobs,
  type KnownFlow,
  loopFlow,
  loopName,
  openUserFlows,
  requestLoop,
  startFlowWorker,
  startScheduler,
  type UserFlowsOptions,
} from '../contexts/flows/index.js'
import { startJobWorker } from '../contexts/jobs/index.js'
import { applyMonitors, startMonitorScheduler } from '../contexts/monitoring/index.js'
import { applyProject } from '../contexts/projects/index.js'
import { championAlias, getAlias } from '../contexts/registry/index.js'
import { pythonEnvironment } from '../contexts/serving/index.js'
import { checkModels, type PromotionRule, type ScriptTools, settleTrainings } from '../contexts/training/index.js'
import { quarantineCondition } from '../contexts/validation/index.js'
import { inTransaction, systemActor } from '../platform/index.js'
import type { Config } from './config/index.js'
import { prepareDataFolder } from './data-folder.js'
import { leaveDatabaseServer, openDatabaseServer } from './database-server.js'
import { type JobHandlersOptions, jobHandlers } from './job-handlers.js'
import { openPartLogger } from './part-logger.js'
import { openParts, threadsOf } from './parts.js'
import { pinnedServices } from './pinned-services.js'
import { logWarnings, type Role } from './role.js'
import { openSourceAccess } from './source-access.js'
import { trainingToolsOf } from './training-tools.js'

/** A project as the command line loaded it: what it declares, and its rules in code. */
export interface LoadedProject {
  readonly folder: string
  readonly definition: ProjectDefinition
  readonly promotionRules: ReadonlyMap<string, PromotionRule>
  /** The sources that it defines in code, by name. */
  readonly sources: ReadonlyMap<string, CustomSource>
  /** Its derived features in code: by view, then by feature. */
  readonly featureCode?: ReadonlyMap<string, ReadonlyMap<string, FeatureCode>>
  /** Commit of the code of the project, where it is under git. */
  readonly gitCommit: string | undefined
}

export interface WorkerOptions {
  readonly config: Config
  readonly projects: readonly LoadedProject[]
  /** True runs the loop of each model that has no champion yet. */
  readonly startLoops: boolean
  /** The command line of a process that runs flows of a project; without it, flows wait for a worker that has it. */
  readonly flowRunner?: UserFlowsOptions['command']
}

/** Starts a worker: applies its projects, then takes flow runs. */
export async function startWorker({ config, projects, startLoops, flowRunner }: WorkerOptions): Promise<Role> {
  // Before anything is open that a failure would have to close.
  for (const { definition } of projects) await checkModels(definition)
  const folder = await prepareDataFolder(config.dataDir)
  const logger = await openPartLogger(config, folder, 'worker')
  logWarnings(logger.log)
  const databaseServer = await openDatabaseServer(config, folder, logger.log, () => {})
  const { url } = databaseServer
  const parts = await openParts({
    config,
    folder,
    url,
    part: 'worker',
    actor: systemActor('worker'),
    logger,
    poolMax: 4,
  })
  const { ctx } = parts
  for (const { folder: projectFolder, definition } of projects) {
    // Both or none: features are declared over the data sets of the same definition.
    await inTransaction(ctx, async (inner) => {
      await applyProject({ ctx: inner, input: { folder: projectFolder, definition } })
      const declarations = definition.features ?? {}
      await applyFeatures({ ctx: inner, input: { project: definition.name, declarations } })
      await applyFlows({ ctx: inner, input: { project: definition.name, flows: definition.flows ?? [] } })
      await applyMonitors({ ctx: inner, input: { project: definition.name, monitors: definition.monitors ?? [] } })
    })
  }
  const byName = new Map(projects.map((project) => [project.definition.name, project]))
  const programKey = await openProgramKey(ctx)
  const script: ScriptTools = {
    trackingUri: serverAddress(config),
    trackingToken: programKey.current,
    environment: process.env,
    folderOf: (project) => byName.get(project)?.folder,
    ...(config.python === undefined ? {} : { python: config.python }),
  }
  const trainingTools = trainingToolsOf({
    threads: threadsOf(config),
    environment: (project) => environmentOf(byName.get(project)),
    script,
  })
  const ingestTools: IngestTools = {
    access: openSourceAccess(config, projects),
    rowCondition: quarantineCondition,
  }
  const featureTools: FeatureTools = {
    code: (project, view, feature) => byName.get(project)?.featureCode?.get(view)?.get(feature),
    pinnedServices,
  }
  const onlineStore = await openOnlineStore(ctx.db, config.online?.reveal())
  const promotionRule = (project: string, model: string) => byName.get(project)?.promotionRules.get(model)
  const runLoop = executorOf(
    ctx,
    loopFlow({
      ctx,
      ingestTools,
      trainingTools,
      features: featureJobs,
      promotionRule,
    }),
  )
  const userFlows =
    flowRunner === undefined
      ? undefined
      : openUserFlows({
          ctx,
          events: parts.events,
          projects,
          command: flowRunner,
          memoryMb: config.flow_runner_memory_mb,
          script,
          trainingTools,
          promotionRule,
        })
  const worker = await startFlowWorker({
    ctx,
    url,
    events: parts.events,
    flows: [
      ...[...byName.keys()].map(
        (project): KnownFlow => ({ project, flow: loopName, version: '1', isBuiltIn: true, execute: runLoop }),
      ),
      ...(userFlows?.flows ?? []),
    ],
    runsMax: config.flow_runs_max,
    host: hostname(),
    pid: process.pid,
  })
  const scheduler = startScheduler({ ctx, events: parts.events })
  const monitors = startMonitorScheduler(ctx, parts.events)
  const jobs = await startJobWorker({
    ctx,
    url,
    events: parts.events,
    handlers: jobHandlers({ ingestTools, trainingTools, featureTools, onlineStore, ...pythonOf(config) }),
  })
  const stopSettling = settleTrainings(ctx, parts.events)
  const stopFollowing = [
    followSnapshots(ctx, parts.events, [...byName.keys()]),
    tendViews(ctx, { store: onlineStore, pinnedServices }, [...byName.keys()]),
  ]
  if (startLoops) {
    for (const { definition } of projects) {
      for (const model of definition.models) {
        const champion = await getAlias({ ctx, input: { model: model.name, alias: championAlias } })
        if (champion !== undefined) continue
        await requestLoop({ ctx, input: { project: definition.name, model: model.name, reason: 'First start' } })
      }
    }
  }
  return {
    async stop() {
      for (const stop of stopFollowing) await stop()
      await scheduler.close()
      await monitors.close()
      await jobs.close()
      programKey.close()
      await onlineStore.close()
      await stopSettling()
      await worker.close()
      await userFlows?.close()
      await parts.close()
      await leaveDatabaseServer(databaseServer)
      await logger.close()
    },
  }
}

/** The server as programs of this machine reach it. */
function serverAddress({ host, port }: Config): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** What a run was made with. */
function environmentOf(project: LoadedProject | undefined): Record<string, string> {
  return {
    fabrique: fabriqueVersion,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    ...(project?.gitCommit === undefined ? {} : { git_commit: project.gitCommit }),
  }
}

/** The Python of the settings, for batches of models that are no ONNX. */
function pythonOf({
  serve_python: python,
  serve_python_memory_mb: memoryMb,
}: Config): Pick<JobHandlersOptions, 'python'> {
  if (python === undefined) return {}
  return { python: { python, environment: pythonEnvironment(process.env), memoryBytesMax: memoryMb * 1024 * 1024 } }
}
