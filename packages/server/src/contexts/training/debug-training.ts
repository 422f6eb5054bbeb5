import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DebugStep,
  FabriqueError,
  isFabriqueError,
  type Job,
  Json,
  type Language,
  type Snapshot,
  TrainingRequest,
} from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { getSnapshot, localParts, resolveSnapshot, tableOfParts } from '../datasets/index.js'
import { type JobHandler, type RunningJob, startJob } from '../jobs/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { declaredTraining, trainingSetName } from './declared-training.js'
import { isolateTraining } from './isolate-training.js'
import { declaredColumns } from './run-records.js'
import type { TrainingResult } from './training-messages.js'
import type { TrainingTools } from './training-tools.js'

/** The kind of a job that trains without tracking. */
export const debugJobKind = 'training.debug'

const DebugInput = z.object({ project: z.string(), model: z.string(), snapshot: z.string(), request: TrainingRequest })

/** What such a job tells: no run and no version has it. It is JSON. */
export const DebugResult = z.object({
  snapshot_id: z.string(),
  steps: z.array(z.custom<DebugStep>()),
  metrics: z.record(z.string(), z.number()),
  seconds: z.number(),
})
export type DebugResult = z.output<typeof DebugResult>

/**
 * Asks for a training of a declared model on the newest snapshot of its data set, of which nothing is kept. The job that is open is the
 * answer. Errors: `project_not_found`, `model_not_declared`, `snapshot_ref_not_found`, `training_refused`, `estimator_unknown`,
 * `estimator_param_invalid`.
 */
export const startDebugTraining = changeVerb({
  name: 'training.start_debug_training',
  permission: 'jobs.write',
  input: z.object({
    project: z.string(),
    model: z.string(),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<Job> {
    const project = await getProject({ ctx, input: { project: input.project } })
    const model = modelOf(project, input.model)
    const snapshot = await resolveSnapshot({
      ctx,
      input: {
        project: project.name,
        // Of a model on a feature service the training set that its loop made last.
        dataset: model.feature_service === undefined ? model.dataset : trainingSetName(model.name),
        ref: 'latest',
      },
    })
    if (model.script !== undefined) {
      const reason = `model ${model.name} names a script, which is run with tracking only`
      throw new FabriqueError('training_refused', { code: 'script_unsupported', reason })
    }
    // Nothing is compared and nothing promoted.
    const { register: _, ...declared } = declaredTraining(model, snapshot.id)
    const request: TrainingRequest = { ...declared, promote: 'never', learning_curve: false }
    const { checkTraining } = await import('./training-definition.js')
    checkTraining(request, snapshot.columns)
    // The job is the change, and records itself.
    unchanged()
    return startJob({
      ctx,
      input: {
        kind: debugJobKind,
        project: project.name,
        subject: `models/${project.name}/${model.name}`,
        input: Json.parse({ project: project.name, model: model.name, snapshot: snapshot.id, request }),
        language: input.language,
      },
    })
  },
})

/** Trains in a process of its own, tells what it did, and keeps nothing. */
export function debugTrainingJob(tools: TrainingTools): JobHandler {
  return async (job) => {
    const { snapshot: id, request } = DebugInput.parse(job.input)
    const { ctx } = job
    const snapshot = await getSnapshot({ ctx, input: { snapshot: id } })
    const folder = join(ctx.blobs.stagingFolder, `debug-${job.id}`)
    const parts = await localParts(ctx, snapshot)
    const startedMs = ctx.clock.monotonicMs()
    try {
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { recursive: true })
      const { definitionOf, modeOf } = await import('./training-definition.js')
      await isolateTraining({
        asked: {
          table: tableOfParts(parts.paths, snapshot.columns),
          definition: definitionOf(request),
          declared: declaredColumns(snapshot),
          mode: modeOf(request),
          threads: tools.threads,
          folder,
          memoryBytesMax: tools.memoryBytesMax ?? limit('training.memory_bytes_max'),
        },
        signal: ctx.signal,
        onStart: (pid) => tools.onProcess?.(pid),
        onTold: (message) => tell(job, message),
      })
      const result = toResult(await readFile(join(folder, 'result.json'), 'utf8'))
      const { size } = await stat(join(folder, 'model.onnx'))
      return Json.parse({
        snapshot_id: snapshot.id,
        steps: stepsOf(snapshot, request, { result, onnxBytes: size }),
        metrics: result.metrics,
        seconds: (ctx.clock.monotonicMs() - startedMs) / 1000,
      } satisfies DebugResult)
    } catch (error) {
      if (isFabriqueError(error) && error.code === 'training_crashed') {
        ctx.log.error({ job: job.id, err: error }, 'The process of a training crashed')
      }
      throw error
    } finally {
      await parts.release()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

type Told = Parameters<Parameters<typeof isolateTraining>[0]['onTold']>[0]

function tell(job: RunningJob, message: Told): void {
  if (message.kind === 'rows') job.report({ stage: 'fit', rows_done: message.count })
  if (message.kind !== 'progress') return
  const { stage, done, total } = message.progress
  job.report({ stage, steps_done: done, steps_total: total })
}

/** The file was written by our own program, which ended well. */
function toResult(text: string): TrainingResult {
  return JSON.parse(text) as TrainingResult
}

/** Tries of a search or a competition that are told; all of them are counted. */
const triesTold = 20

function stepsOf(
  snapshot: Snapshot,
  request: TrainingRequest,
  { result, onnxBytes }: { readonly result: TrainingResult; readonly onnxBytes: number },
): DebugStep[] {
  const { rows, pipeline, search, chosen, seconds } = result
  const tries =
    search === undefined
      ? chosen === undefined
        ? {}
        : { tries: chosen.leaderboard.length, leaderboard: toJson(chosen.leaderboard.slice(0, triesTold)) }
      : { tries: search.trials.length, best_parameters: toJson(search.best.parameters) }
  return [
    {
      step: 'read',
      seconds: seconds.read,
      detail: {
        snapshot_id: snapshot.id,
        dataset: snapshot.dataset,
        rows: snapshot.row_count,
        columns: result.inputs.map(({ name }) => name),
        target: request.target,
      },
    },
    {
      step: 'split',
      detail: { ...request.split, seed: request.seed, train_rows: rows.train, test_rows: rows.test },
    },
    {
      step: 'preprocess',
      detail: {
        columns: toJson(pipeline?.columns ?? []),
        features: toJson(pipeline?.features ?? []),
        left_out: toJson(result.dropped),
        ...(result.readAsNumbers === undefined ? {} : { read_as_numbers: toJson(result.readAsNumbers) }),
      },
    },
    {
      step: 'fit',
      seconds: seconds.train,
      detail: { task: result.task, estimator: result.estimator.kind, parameters: { ...result.params }, ...tries },
    },
    { step: 'evaluate', detail: { classes: [...result.classes], metrics: { ...result.metrics } } },
    { step: 'export', detail: { onnx_bytes: onnxBytes, kept: false } },
  ]
}

/** What the process wrote is JSON, and so is each part of it. */
function toJson<Value>(value: Value): Value & Json {
  return value as Value & Json
}
