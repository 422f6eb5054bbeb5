import { ModelSignature, type Snapshot } from '@fabrique/contract'
import { MlError } from '@fabrique/ml'
import { z } from 'zod'
import { assert } from '../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { putArtifact } from '../artifacts/index.js'
import { getSnapshot } from '../datasets/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { artifactFolderOf, createRun, ensureExperiment, logBatch, logInputs, updateRun } from '../tracking/index.js'
import { estimatorParams, type FittedClassifier, fitClassifier } from './fit-classifier.js'
import { loadTrainingSet, unfit } from './load-training-set.js'
import { modelFolder } from './model-folder.js'
import { entries, markFailed, trainingInput } from './run-records.js'

/** What a finished training made. */
export const TrainedModel = z.object({
  run_id: z.string(),
  /** Folder of the model in the artifact tree. */
  artifact_path: z.string(),
  signature: ModelSignature,
  metrics: z.record(z.string(), z.number()),
})
export type TrainedModel = z.infer<typeof TrainedModel>

const TrainInput = z.object({
  project: z.string(),
  model: z.string(),
  snapshot: z.string(),
  /** Chosen by the caller, so that a training that is run again after a crash goes on in the same run. */
  run_id: z.string(),
  flow_run: z.string().optional(),
  /** What the run is made with, as versions of the program; logged as it is. */
  environment: z.record(z.string(), z.string()),
  threads: z.number().int().min(0),
})
type TrainInput = z.output<typeof TrainInput>

/**
 * Trains a declared model on a snapshot as a tracked run: parameters, metrics, data set, environment, reports and the model
 * folder. A failure marks the run as failed and says why. Errors: `training_data_unfit`, `estimator_param_invalid`.
 */
export const trainModel = taskVerb({
  name: 'training.train_model',
  permission: 'runs.write',
  input: TrainInput,
  async run({ ctx, input }): Promise<TrainedModel> {
    const project = await getProject({ ctx, input: { project: input.project } })
    const model = modelOf(project, input.model)
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const params = estimatorParams(model)
    const { root } = await startRun(ctx, input, snapshot, project.digest)
    try {
      await logBatch({
        ctx,
        input: {
          run_id: input.run_id,
          params: entries({
            estimator: model.estimator.kind,
            ...params,
            label: model.label,
            features: model.features.join(', '),
            test_share: String(model.test_share),
          }),
        },
      })
      const set = await loadTrainingSet(ctx, snapshot, model)
      const startedMs = ctx.clock.monotonicMs()
      const fitted = await fitClassifier(model, set, {
        threads: input.threads,
        ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
      }).catch((error: unknown) => {
        throw error instanceof MlError ? unfit(model, snapshot, error.message, error) : error
      })
      const fitMs = ctx.clock.monotonicMs() - startedMs
      const artifactPath = await writeArtifacts(ctx, input, root, fitted)
      await logMetrics(ctx, input.run_id, { ...fitted.metrics, fit_ms: Math.round(fitMs) })
      await updateRun({ ctx, input: { run_id: input.run_id, status: 'FINISHED', end_time: ctx.clock.now().getTime() } })
      return {
        run_id: input.run_id,
        artifact_path: artifactPath,
        signature: fitted.signature,
        metrics: fitted.metrics,
      }
    } catch (error) {
      await markFailed(ctx, input.run_id, error)
      throw error
    }
  },
})

async function startRun(
  ctx: VerbContext,
  input: TrainInput,
  snapshot: Snapshot,
  definitionDigest: string,
): Promise<{ root: string }> {
  const experiment = await ensureExperiment({ ctx, input: { name: input.project } })
  const run = await createRun({
    ctx,
    input: {
      experiment_id: experiment.experiment_id,
      run_id: input.run_id,
      start_time: ctx.clock.now().getTime(),
      user_id: ctx.actor.id,
      tags: entries({
        'mlflow.user': ctx.actor.id,
        'mlflow.source.name': `${input.project}/${input.model}`,
        'mlflow.source.type': 'PROJECT',
        'fabrique.project': input.project,
        'fabrique.model': input.model,
        'fabrique.snapshot': snapshot.id,
        'fabrique.definition': definitionDigest,
        ...(input.environment.git_commit === undefined
          ? {}
          : { 'mlflow.source.git.commit': input.environment.git_commit }),
        ...(input.flow_run === undefined ? {} : { 'fabrique.flow_run': input.flow_run }),
      }),
    },
  })
  await logInputs({
    ctx,
    input: {
      run_id: input.run_id,
      datasets: [trainingInput(snapshot)],
    },
  })
  const root = artifactFolderOf(run.info.artifact_uri)
  assert(root !== undefined, `Artifacts of run ${input.run_id} are not kept here`)
  return { root }
}

async function writeArtifacts(
  ctx: VerbContext,
  input: TrainInput,
  root: string,
  fitted: FittedClassifier,
): Promise<string> {
  const encoder = new TextEncoder()
  const json = (value: unknown) => encoder.encode(`${JSON.stringify(value, undefined, 2)}\n`)
  const files: Record<string, Uint8Array> = { 'environment.json': json(input.environment) }
  for (const [name, report] of Object.entries(fitted.reports)) files[`reports/${name}`] = json(report)
  const folder = modelFolder({
    signature: fitted.signature,
    onnx: fitted.onnx,
    runId: input.run_id,
    modelUuid: ctx.ids.hex32(),
    createdAt: ctx.clock.now(),
  })
  for (const [name, content] of Object.entries(folder)) files[`model/${name}`] = content
  for (const [name, content] of Object.entries(files)) {
    await putArtifact({ ctx, input: { path: `${root}/${name}`, content } })
  }
  return `${root}/model`
}

async function logMetrics(ctx: VerbContext, runId: string, metrics: Readonly<Record<string, number>>): Promise<void> {
  const timestamp = ctx.clock.now().getTime()
  await logBatch({
    ctx,
    input: {
      run_id: runId,
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp, step: 0 })),
    },
  })
}
