import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError, type ModelDefinition, type ScriptDefinition, type Snapshot } from '@fabrique/contract'
import { assert, limit } from '../../kernel/index.js'
import { putArtifact } from '../artifacts/index.js'
import { localParts, tableOfParts } from '../datasets/index.js'
import { artifactFolderOf, getRun, logBatch, type Run, setTag, updateRun } from '../tracking/index.js'
import { logResult, type TrainedModel, writeTrained } from './carry-out-training.js'
import { findScriptModel, stageScriptModel } from './find-script-model.js'
import { isolateTraining } from './isolate-training.js'
import { entries, scriptLineTag } from './run-records.js'
import { runScript } from './run-script.js'
import {
  type FoundScript,
  findScript,
  type ScriptRun,
  scriptArguments,
  scriptEnvironment,
} from './script-environment.js'
import { splitTags } from './split-of-run.js'
import { stageChampion } from './stage-champion.js'
import { findChampion, type TrainedApart, type Training, toResult } from './train-apart.js'
import type { ScriptAsked, TrainingAsked } from './training-messages.js'
import type { ScriptTools } from './training-tools.js'

/** Path of the output of a script among the artifacts of its run. */
const logPath = 'logs/script.log'

/** A model that a script of its project trains, in a run that is there. */
export interface ScriptTraining extends Training {
  readonly model: ModelDefinition & { readonly script: ScriptDefinition }
  readonly snapshot: Snapshot
}

/**
 * Has a script train: writes the rows of both sides of the split, runs it in the user's own Python, takes the ONNX model that it logged, and
 * tests it on the rows that a training of ours would have tested. It does not end the run. Throws `script_not_found`,
 * `script_python_missing`, `script_failed`, `script_timed_out`, `script_model_missing`, `script_model_unfit`, and as `carryOutTraining`.
 */
export async function carryOutScript(training: ScriptTraining): Promise<TrainedModel> {
  const { ctx, input, tools, model, snapshot } = training
  const { script: scriptTools } = tools
  assert(scriptTools !== undefined, 'This worker runs no scripts')
  const environment = tools.environment(input.project)
  await updateRun({ ctx, input: { run_id: input.run_id, status: 'RUNNING' } })
  const tags = {
    ...splitTags(input.request),
    'fabrique.environment': JSON.stringify(environment),
    'fabrique.script': model.script.path,
    ...(environment.git_commit === undefined ? {} : { 'mlflow.source.git.commit': environment.git_commit }),
  }
  await logBatch({ ctx, input: { run_id: input.run_id, tags: entries(tags) } })
  const run = await getRun({ ctx, input: { run_id: input.run_id } })
  const root = artifactFolderOf(run.info.artifact_uri)
  assert(root !== undefined, `Artifacts of run ${input.run_id} are not kept here`)
  const folder = join(ctx.blobs.stagingFolder, `train-${input.run_id}`)
  try {
    const found = await findScript(model, scriptTools.folderOf(input.project), scriptTools)
    await rm(folder, { recursive: true, force: true })
    await mkdir(join(folder, 'data'), { recursive: true })
    const trained = await trainByScript(training, { found, run, root, folder, scriptTools })
    // The script has ended the run that it was given.
    await updateRun({ ctx, input: { run_id: input.run_id, status: 'RUNNING' } })
    const written = await writeTrained(training, { snapshot, root, environment, trained })
    await logResult(ctx, await getRun({ ctx, input: { run_id: input.run_id } }), trained)
    return written
  } finally {
    await rm(folder, { recursive: true, force: true })
    await logDeclared(training).catch((error: unknown) => {
      ctx.log.warn({ run_id: input.run_id, err: error }, 'The parameters of a script were not logged')
    })
  }
}

interface ScriptPlace {
  readonly found: FoundScript
  readonly run: Run
  /** Folder of the run in the artifact tree. */
  readonly root: string
  /** Of this training, on this machine. */
  readonly folder: string
  readonly scriptTools: ScriptTools
}

async function trainByScript(training: ScriptTraining, place: ScriptPlace): Promise<TrainedApart> {
  const { ctx, signal, input, tools, model, snapshot, report = () => {} } = training
  const { root, folder } = place
  const parts = await localParts(signal === undefined ? ctx : { ...ctx, signal }, snapshot)
  try {
    const { definitionOf } = await import('./training-definition.js')
    const base = {
      table: tableOfParts(parts.paths, snapshot.columns),
      definition: definitionOf(input.request),
      mode: { kind: 'one' as const },
      threads: tools.threads,
      folder,
      memoryBytesMax: tools.memoryBytesMax ?? limit('training.memory_bytes_max'),
    }
    const apart = (script: ScriptAsked, more: Partial<TrainingAsked> = {}) =>
      isolateTraining({
        asked: { ...base, ...more, script },
        signal,
        onStart: (pid) => tools.onProcess?.(pid),
        onTold: () => {},
      })
    report({ stage: 'read', rows_done: 0 })
    await apart({ stage: 'split' })
    report({ stage: 'fit' })
    const began = ctx.clock.monotonicMs()
    await runOne(training, place)
    const seconds = (ctx.clock.monotonicMs() - began) / 1000
    const logged = await findScriptModel(ctx, { runId: input.run_id, root })
    if (logged === undefined) throw new FabriqueError('script_model_missing', { script: model.script.path })
    report({ stage: 'evaluate' })
    const file = await stageScriptModel(ctx, logged, join(folder, 'logged'))
    const champion = await findChampion(ctx, input, tools)
    const staged = champion === undefined ? undefined : await stageChampion(ctx, champion, { snapshot, folder })
    await apart({ stage: 'adopt', model: file, seconds }, staged?.kind === 'staged' ? { champion: staged.asked } : {})
    const result = toResult(await readFile(join(folder, 'result.json'), 'utf8'))
    const scores = staged?.kind === 'unscored' ? staged : result.scores
    const onnx = await readFile(join(folder, 'model.onnx'))
    return {
      result,
      onnx,
      ...(champion === undefined || scores === undefined
        ? {}
        : { comparison: { ...scores, version: champion.version } }),
    }
  } finally {
    await parts.release()
  }
}

/** Runs the script to its end and keeps what it wrote. */
async function runOne(training: ScriptTraining, place: ScriptPlace): Promise<void> {
  const { ctx, signal, input, tools, model, snapshot } = training
  const { found, run, root, folder, scriptTools } = place
  const { script } = model
  const scriptRun: ScriptRun = {
    model,
    script,
    snapshot,
    runId: input.run_id,
    experimentId: run.info.experiment_id,
    data: join(folder, 'data'),
  }
  const logFile = join(folder, 'script.log')
  const seconds = script.timeout_seconds ?? limit('training.script_seconds_max')
  let telling: Promise<unknown> | undefined
  const tellLine = (text: string) => {
    // One at a time: what comes meanwhile is older than the next.
    telling ??= setTag({ ctx, input: { run_id: input.run_id, key: scriptLineTag, value: text } })
      .catch((error: unknown) => ctx.log.debug({ run_id: input.run_id, err: error }, 'A line was not told'))
      .finally(() => {
        telling = undefined
      })
  }
  try {
    const end = await runScript({
      asked: {
        command: found.command,
        args: [found.path, ...scriptArguments(scriptRun)],
        folder: found.folder,
        environment: scriptEnvironment(scriptRun, scriptTools),
        logFile,
        logBytesMax: limit('training.script_log_bytes_max'),
        timeoutMs: seconds * 1000,
      },
      signal,
      onLine: tellLine,
      onStart(pid) {
        ctx.log.info({ run_id: input.run_id, pid, script: script.path }, 'A script has begun')
        tools.onProcess?.(pid)
      },
    })
    if (end.kind === 'missing')
      throw new FabriqueError('script_python_missing', { model: model.name, python: found.command })
    if (end.isTimeout) throw new FabriqueError('script_timed_out', { script: script.path, seconds, tail: end.tail })
    if (end.status !== 'status 0') {
      throw new FabriqueError('script_failed', { script: script.path, status: end.status, tail: end.tail })
    }
  } finally {
    await telling
    const content = await readFile(logFile).catch(() => undefined)
    if (content !== undefined) await putArtifact({ ctx, input: { path: `${root}/${logPath}`, content } })
  }
}

/**
 * What is known of a training without its script: written after it, so that a script may log the same names with values as it writes them.
 */
async function logDeclared({ ctx, input, model, signal }: ScriptTraining): Promise<void> {
  if (signal?.aborted === true) return
  const { data } = await getRun({ ctx, input: { run_id: input.run_id } })
  const known = new Set(data.params.map(({ key }) => key))
  const { split } = model
  const params = {
    ...Object.fromEntries(
      Object.entries(model.script.params).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
    target: model.label,
    task: model.task,
    estimator: `script ${model.script.path}`,
    split: split.kind === 'random' ? split.kind : `${split.kind}: ${split.column}`,
    test_share: String(split.test_share),
    seed: String(model.seed),
  }
  await logBatch({
    ctx,
    input: { run_id: input.run_id, params: entries(params).filter(({ key }) => !known.has(key)) },
  })
}
