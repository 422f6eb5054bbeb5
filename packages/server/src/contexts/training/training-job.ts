import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isFabriqueError, type Json, type ModelSignature, type Snapshot } from '@fabrique/contract'
import type { Trial } from '@fabrique/ml'
import { assert, limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { getSnapshot, localParts, tableOfParts } from '../datasets/index.js'
import { getJob, type JobHandler, type RunningJob } from '../jobs/index.js'
import { artifactFolderOf, getRun, logBatch, type Run, updateRun } from '../tracking/index.js'
import { describeSignature } from './describe-signature.js'
import { isolateTraining } from './isolate-training.js'
import { keepTrial, readTrials } from './kept-trials.js'
import { modelCard } from './model-card.js'
import {
  candidateRun,
  type NestedRun,
  openRunLog,
  type ParentRun,
  type RunLog,
  trialRun,
  writeNested,
} from './run-log.js'
import { entries, markFailed } from './run-records.js'
import { TrainingJobInput } from './start-training.js'
import type { TrainMode } from './train-rows.js'
import { definitionOf, estimatorParameters, modeOf } from './training-definition.js'
import type { TrainingAsked, TrainingEnded, TrainingResult, TrainingTold } from './training-messages.js'
import { writeModel } from './write-model.js'

/** Makes a model folder a version of a model; given by the app, since the registry is no lower context. */
export type RegisterModel = (
  ctx: VerbContext,
  model: {
    readonly model: string
    readonly run_id: string
    readonly source: string
    readonly artifact_path: string
    readonly signature: ModelSignature
    readonly snapshot_id: string
  },
) => Promise<{ readonly version: number | string }>

/** What a training gets from above. */
export interface TrainingTools {
  readonly threads: number
  /** Logged with each run: versions of program, Node and code. */
  readonly environment: (project: string) => Readonly<Record<string, string>>
  readonly register: RegisterModel
  /** Memory that the process of a training may take; the limit without. */
  readonly memoryBytesMax?: number
  /** Told of the process of each training. */
  readonly onProcess?: (pid: number) => void
}

/**
 * Trains what was asked for in the run that was made with the request. One that is begun again, because its worker died, goes on in the same
 * run. A failure marks the run as failed with its reason; a cancelled one is killed.
 */
export function trainingJob(tools: TrainingTools): JobHandler {
  return async (job) => {
    const input = TrainingJobInput.parse(job.input)
    // What is told of a run that ends early is written after the signal aborted.
    const { signal, ...ctx } = job.ctx
    try {
      return await train({ job, ctx, signal, input, tools })
    } catch (error) {
      if (isFabriqueError(error) && error.code === 'training_crashed') {
        ctx.log.error({ job: job.id, run_id: input.run_id, err: error }, 'The process of a training crashed')
      }
      if (signal?.aborted !== true) await markFailed(ctx, input.run_id, error)
      // Without a wish to cancel the worker stops, and the job is begun again.
      else if ((await getJob({ ctx, input: { job: job.id } })).cancel_requested) {
        const end_time = ctx.clock.now().getTime()
        await updateRun({ ctx, input: { run_id: input.run_id, status: 'KILLED', end_time } })
      }
      throw error
    }
  }
}

interface Training {
  readonly job: RunningJob
  readonly ctx: VerbContext
  readonly signal: AbortSignal | undefined
  readonly input: TrainingJobInput
  readonly tools: TrainingTools
}

async function train(training: Training): Promise<Json> {
  const { job, ctx, signal, input, tools } = training
  const { run_id: runId, request } = input
  const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
  const environment = tools.environment(input.project)
  const run = await beginRun(training, environment)
  const root = artifactFolderOf(run.info.artifact_uri)
  assert(root !== undefined, `Artifacts of run ${runId} are not kept here`)
  const { result, onnx } = await trainApart(training, snapshot, { run, root })
  signal?.throwIfAborted()
  job.report({ stage: 'write' })
  const signature = describeSignature(result, snapshot, request.target)
  const card = modelCard(input, snapshot, result)
  const artifactPath = await writeModel(ctx, { runId, root, environment, signature, onnx, card, result })
  await logResult(ctx, runId, result)
  const registered = await register(training, { artifactPath, signature, snapshot })
  await updateRun({ ctx, input: { run_id: runId, status: 'FINISHED', end_time: ctx.clock.now().getTime() } })
  return { run_id: runId, metrics: { ...result.metrics }, ...registered }
}

/** The run begins: what is known before the first row is read stands in it. */
async function beginRun({ ctx, input }: Training, environment: Readonly<Record<string, string>>): Promise<Run> {
  const { request, run_id } = input
  const { split } = request
  await updateRun({ ctx, input: { run_id, status: 'RUNNING' } })
  const params = {
    target: request.target,
    split: split.kind === 'random' ? split.kind : `${split.kind}: ${split.column}`,
    test_share: String(split.test_share),
    seed: String(request.seed),
    ...(request.weight === undefined ? {} : { weight: request.weight }),
    ...(request.folds === undefined ? {} : { folds: String(request.folds) }),
    ...(request.search === undefined
      ? {}
      : { 'search.method': request.search.method, 'search.trials': String(request.search.trials) }),
    ...(request.auto === undefined ? {} : { 'auto.budget_seconds': String(request.auto.budget_seconds) }),
    ...(request.estimator === undefined ? {} : { estimator: request.estimator.kind }),
  }
  const tags = {
    'fabrique.environment': JSON.stringify(environment),
    ...(environment.git_commit === undefined ? {} : { 'mlflow.source.git.commit': environment.git_commit }),
  }
  await logBatch({ ctx, input: { run_id, params: entries(params), tags: entries(tags) } })
  if (request.search === undefined && request.estimator !== undefined) await logParams(ctx, run_id, request)
  return getRun({ ctx, input: { run_id } })
}

/** Parameters of one estimator are known before it is fitted. */
async function logParams(ctx: VerbContext, runId: string, request: TrainingJobInput['request']): Promise<void> {
  const { kind = '', params = {} } = request.estimator ?? {}
  const known = estimatorParameters({ kind, params })
  const isSeeded = 'random_state' in known && !('random_state' in params) && !('seed' in params)
  const all = { ...known, ...(isSeeded ? { random_state: String(request.seed) } : {}) }
  await logBatch({ ctx, input: { run_id: runId, params: entries(all) } })
}

/** Trains in another process, and tells the run of it as it goes. */
async function trainApart(
  { job, ctx, signal, input, tools }: Training,
  snapshot: Snapshot,
  { run, root }: { readonly run: Run; readonly root: string },
): Promise<{ result: TrainingResult; onnx: Uint8Array }> {
  const stop = new AbortController()
  const log = openRunLog(ctx, {
    runId: input.run_id,
    lastSteps: new Map(run.data.metrics.map(({ key, step }) => [key, Number(step)])),
    onFailure: (error) => stop.abort(error),
  })
  const folder = join(ctx.blobs.stagingFolder, `train-${job.id}`)
  const parts = await localParts(job.ctx, snapshot)
  try {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    const asked: TrainingAsked = {
      table: tableOfParts(parts.paths, snapshot.columns),
      definition: definitionOf(input.request),
      mode: await resumedMode(ctx, root, modeOf(input.request)),
      threads: tools.threads,
      folder,
      memoryBytesMax: tools.memoryBytesMax ?? limit('training.memory_bytes_max'),
    }
    const parent: ParentRun = {
      id: input.run_id,
      experimentId: run.info.experiment_id,
      tags: { 'fabrique.project': input.project, 'fabrique.snapshot': snapshot.id },
    }
    job.report({ stage: 'read', rows_done: 0 })
    await isolateTraining({
      asked,
      signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
      onStart(pid) {
        ctx.log.info({ job: job.id, run_id: input.run_id, pid }, 'A training has begun')
        tools.onProcess?.(pid)
      },
      onTold: listener(job, asked, log, {
        keep: (trial) => log.write(() => keepTrial(ctx, root, trial)),
        nest: (nested) => log.write(() => writeNested(ctx, parent, nested)),
      }),
    })
    await log.flush()
    const result = toResult(await readFile(join(folder, 'result.json'), 'utf8'))
    return { result, onnx: await readFile(join(folder, 'model.onnx')) }
  } finally {
    await parts.release()
    await rm(folder, { recursive: true, force: true })
  }
}

/** A search that is begun again takes the trials that it has. */
async function resumedMode(ctx: VerbContext, root: string, mode: TrainMode): Promise<TrainMode> {
  return mode.kind === 'search' ? { ...mode, earlier: await readTrials(ctx, root) } : mode
}

function listener(
  job: RunningJob,
  { mode }: TrainingAsked,
  log: RunLog,
  { keep, nest }: { readonly keep: (trial: Trial) => void; readonly nest: (nested: NestedRun) => void },
): (message: Exclude<TrainingTold, TrainingEnded>) => void {
  let tries = mode.kind === 'search' ? (mode.earlier?.length ?? 0) : 0
  return (message) => {
    switch (message.kind) {
      case 'rows':
        job.report({ stage: 'fit', rows_done: message.count })
        break
      case 'progress': {
        const { stage, done, total, metrics } = message.progress
        job.report({ stage, steps_done: done, steps_total: total })
        if (metrics !== undefined) log.points(metrics, done)
        break
      }
      case 'trial': {
        tries += 1
        const { search } = mode.kind === 'search' ? mode : {}
        const total = search === undefined ? {} : { steps_total: search.trials }
        job.report({ stage: 'search', steps_done: tries, ...total })
        // Shown before it is kept: one that is kept is not told again.
        nest(trialRun(message.trial, search?.metric ?? 'value'))
        keep(message.trial)
        break
      }
      case 'candidate':
        tries += 1
        job.report({ stage: 'search', current: message.candidate.estimator.kind, steps_done: tries })
        nest(candidateRun(message.candidate, tries - 1))
        break
    }
  }
}

/** The file was written by our own program, which ended well. */
function toResult(text: string): TrainingResult {
  return JSON.parse(text) as TrainingResult
}

async function logResult(ctx: VerbContext, runId: string, result: TrainingResult): Promise<void> {
  const timestamp = ctx.clock.now().getTime()
  const { train, test } = result.rows
  const metrics = { ...result.metrics, fit_seconds: result.seconds.train }
  await logBatch({
    ctx,
    input: {
      run_id: runId,
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp, step: 0 })),
      params: entries({
        task: result.task,
        estimator: result.estimator.kind,
        ...result.params,
        features: result.inputs.map(({ name }) => name).join(', '),
        train_rows: String(train),
        test_rows: String(test),
      }),
    },
  })
}

interface Registered {
  readonly artifactPath: string
  readonly signature: ModelSignature
  readonly snapshot: Snapshot
}

async function register(
  { ctx, input, tools }: Training,
  { artifactPath, signature, snapshot }: Registered,
): Promise<Record<string, string>> {
  const model = input.request.register
  if (model === undefined) return {}
  const { version } = await tools.register(ctx, {
    model,
    run_id: input.run_id,
    source: `mlflow-artifacts:/${artifactPath}`,
    artifact_path: artifactPath,
    signature,
    snapshot_id: snapshot.id,
  })
  return { model, version: String(version) }
}
