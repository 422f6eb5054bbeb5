import { ModelSignature, type Snapshot, thresholdText } from '@fabrique/contract'
import { z } from 'zod'
import { assert } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { artifactFolderOf, getRun, logBatch, type Run, updateRun } from '../tracking/index.js'
import { Comparison } from './comparison.js'
import { describeSignature } from './describe-signature.js'
import { servedFolder } from './find-script-model.js'
import { modelCard } from './model-card.js'
import { entries } from './run-records.js'
import { splitTags } from './split-of-run.js'
import type { TrainingJobInput } from './start-training.js'
import { type TrainedApart, type Training, trainApart } from './train-apart.js'
import { writeModel } from './write-model.js'

/** What a finished training made. It is JSON. */
export const TrainedModel = z.object({
  run_id: z.string(),
  /** Folder of the model in the artifact tree. */
  artifact_path: z.string(),
  signature: ModelSignature,
  /** Of the test rows, under the names that they are logged with. */
  metrics: z.record(z.string(), z.number()),
  /** Beside the champion of its model, where there is one and promotion was asked for. */
  comparison: Comparison.optional(),
})
export type TrainedModel = z.infer<typeof TrainedModel>

/**
 * Trains in a process of its own and writes all of it to the run: parameters, metrics as they come, nested runs, reports and the model
 * folder. It does not end the run. Throws what the training refuses, `training_memory_exceeded` or `training_crashed`.
 */
export async function carryOutTraining(training: Training): Promise<TrainedModel> {
  const { ctx, signal, input, tools } = training
  const { run_id: runId } = input
  const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
  const environment = tools.environment(input.project)
  const run = await beginRun(training, environment)
  const root = artifactFolderOf(run.info.artifact_uri)
  assert(root !== undefined, `Artifacts of run ${runId} are not kept here`)
  const trained = await trainApart(training, snapshot, { run, root })
  signal?.throwIfAborted()
  const made = await writeTrained(training, { snapshot, root, environment, trained })
  await logResult(ctx, run, trained)
  return made
}

interface ToWrite {
  readonly snapshot: Snapshot
  /** Folder of the run in the artifact tree. */
  readonly root: string
  readonly environment: Readonly<Record<string, string>>
  readonly trained: TrainedApart
}

/** Writes the files of what was trained: reports, model card and model folder. */
export async function writeTrained(
  { ctx, input, report }: Training,
  { snapshot, root, environment, trained }: ToWrite,
): Promise<TrainedModel> {
  const { run_id: runId, request } = input
  const { result, onnx, comparison } = trained
  report?.({ stage: 'write' })
  const signature = describeSignature(result, snapshot, request)
  // A script may have logged a folder of this name.
  const folder = result.pipeline === undefined ? servedFolder : 'model'
  const card = modelCard(input, snapshot, { ...result, folder })
  const artifactPath = await writeModel(ctx, { runId, root, folder, environment, signature, onnx, card, result })
  return {
    run_id: runId,
    artifact_path: artifactPath,
    signature,
    metrics: { ...result.metrics },
    ...(comparison === undefined ? {} : { comparison }),
  }
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
    ...(request.calibration === undefined ? {} : { calibration: request.calibration }),
    ...(request.threshold === undefined ? {} : { threshold: thresholdText(request.threshold) }),
    ...(request.search === undefined
      ? {}
      : { 'search.method': request.search.method, 'search.trials': String(request.search.trials) }),
    ...(request.auto === undefined ? {} : { 'auto.budget_seconds': String(request.auto.budget_seconds) }),
    ...(request.estimator === undefined ? {} : { estimator: request.estimator.kind }),
  }
  const tags = {
    ...splitTags(request),
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
  const { estimatorParameters } = await import('./estimator-parameters.js')
  const known = estimatorParameters({ kind, params })
  const isSeeded = 'random_state' in known && !('random_state' in params) && !('seed' in params)
  const all = { ...known, ...(isSeeded ? { random_state: String(request.seed) } : {}) }
  await logBatch({ ctx, input: { run_id: runId, params: entries(all) } })
}

/**
 * Metrics of the test rows and what was chosen. What a run has from before a crash is not written twice; of parameters that a script has
 * logged, its own stay, and of metrics that it has, those of the test rows are the latest.
 */
export async function logResult(ctx: VerbContext, run: Run, { result, comparison }: TrainedApart): Promise<void> {
  const timestamp = ctx.clock.now().getTime()
  const { train, test } = result.rows
  const known = new Map(run.data.metrics.map(({ key, value }) => [key, Number(value)]))
  const isScript = result.pipeline === undefined
  const steps = new Map(run.data.metrics.map(({ key, step }) => [key, Number(step)]))
  const logged = new Set(run.data.params.map(({ key }) => key))
  const metrics = Object.entries({ ...result.metrics, ...championMetrics(comparison) }).filter(
    ([key, value]) => known.get(key) !== value,
  )
  if (!known.has('fit_seconds')) metrics.push(['fit_seconds', result.seconds.train])
  await logBatch({
    ctx,
    input: {
      run_id: run.info.run_id,
      metrics: metrics.map(([key, value]) => ({ key, value, timestamp, step: isScript ? (steps.get(key) ?? 0) : 0 })),
      params: entries({
        task: result.task,
        ...(isScript ? {} : { estimator: result.estimator.kind }),
        ...result.params,
        features: result.inputs.map(({ name }) => name).join(', '),
        train_rows: String(train),
        test_rows: String(test),
      }).filter(({ key }) => !isScript || !logged.has(key)),
      tags: entries(comparison === undefined ? {} : { 'fabrique.champion_version': comparison.version }),
    },
  })
}

/** The scores of the champion on the same rows, beside those of the run. */
function championMetrics(comparison: Comparison | undefined): Record<string, number> {
  if (comparison?.kind !== 'scored') return {}
  return Object.fromEntries(Object.entries(comparison.champion).map(([name, value]) => [`champion.${name}`, value]))
}
