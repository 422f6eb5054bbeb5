import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobProgress, Snapshot } from '@fabrique/contract'
import type { Trial } from '@fabrique/ml'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { localParts, tableOfParts } from '../datasets/index.js'
import type { Run } from '../tracking/index.js'
import type { Comparison } from './comparison.js'
import { isolateTraining } from './isolate-training.js'
import { keepTrial, readTrials } from './kept-trials.js'
import {
  candidateRun,
  type NestedRun,
  openRunLog,
  type ParentRun,
  type RunLog,
  trialRun,
  writeNested,
} from './run-log.js'
import { declaredColumns } from './run-records.js'
import { stageChampion } from './stage-champion.js'
import type { TrainingJobInput } from './start-training.js'
import type { TrainMode } from './train-rows.js'
import type { TrainingAsked, TrainingEnded, TrainingResult, TrainingTold } from './training-messages.js'
import type { TrainingTools } from './training-tools.js'

/** A training to carry out in a run that is there. */
export interface Training {
  /** Without a signal: what is told of a training that ends early is written after it aborted. */
  readonly ctx: VerbContext
  /** Ends the training at once. */
  readonly signal?: AbortSignal | undefined
  readonly input: TrainingJobInput
  readonly tools: TrainingTools
  readonly report?: (progress: JobProgress) => void
}

/** What the process of a training left. */
export interface TrainedApart {
  readonly result: TrainingResult
  readonly onnx: Uint8Array
  /** Beside the champion, where there is one and promotion was asked for. */
  readonly comparison?: Comparison
}

/** Trains in another process, and tells the run of it as it goes. */
export async function trainApart(
  { ctx, signal, input, tools, report = () => {} }: Training,
  snapshot: Snapshot,
  { run, root }: { readonly run: Run; readonly root: string },
): Promise<TrainedApart> {
  const stop = new AbortController()
  const log = openRunLog(ctx, {
    runId: input.run_id,
    lastSteps: new Map(run.data.metrics.map(({ key, step }) => [key, Number(step)])),
    onFailure: (error) => stop.abort(error),
  })
  const folder = join(ctx.blobs.stagingFolder, `train-${input.run_id}`)
  const parts = await localParts(signal === undefined ? ctx : { ...ctx, signal }, snapshot)
  try {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    const champion = await findChampion(ctx, input, tools)
    const staged = champion === undefined ? undefined : await stageChampion(ctx, champion, { snapshot, folder })
    const { definitionOf, modeOf } = await import('./training-definition.js')
    const asked: TrainingAsked = {
      table: tableOfParts(parts.paths, snapshot.columns),
      definition: definitionOf(input.request),
      declared: declaredColumns(snapshot),
      mode: await resumedMode(ctx, root, modeOf(input.request)),
      threads: tools.threads,
      folder,
      memoryBytesMax: tools.memoryBytesMax ?? limit('training.memory_bytes_max'),
      ...(input.request.learning_curve ? { learningCurve: true } : {}),
      ...(staged?.kind === 'staged' ? { champion: staged.asked } : {}),
    }
    const parent: ParentRun = {
      id: input.run_id,
      experimentId: run.info.experiment_id,
      tags: { 'fabrique.project': input.project, 'fabrique.snapshot': snapshot.id },
    }
    report({ stage: 'read', rows_done: 0 })
    await isolateTraining({
      asked,
      signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
      onStart(pid) {
        ctx.log.info({ run_id: input.run_id, pid }, 'A training has begun')
        tools.onProcess?.(pid)
      },
      onTold: listener(report, asked, log, {
        keep: (trial) => log.write(() => keepTrial(ctx, root, trial)),
        nest: (nested) => log.write(() => writeNested(ctx, parent, nested)),
      }),
    })
    await log.flush()
    const result = toResult(await readFile(join(folder, 'result.json'), 'utf8'))
    const scores = staged?.kind === 'unscored' ? staged : result.scores
    return {
      result,
      onnx: await readFile(join(folder, 'model.onnx')),
      ...(champion === undefined || scores === undefined
        ? {}
        : { comparison: { ...scores, version: champion.version } }),
    }
  } finally {
    await parts.release()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The champion that the candidate is compared with; one that this run has made itself is none. */
export async function findChampion(ctx: VerbContext, { request, run_id }: TrainingJobInput, tools: TrainingTools) {
  if (request.register === undefined || request.promote === 'never') return undefined
  const champion = await tools.champion(ctx, request.register)
  return champion?.runId === run_id ? undefined : champion
}

/** A search that is begun again takes the trials that it has. */
async function resumedMode(ctx: VerbContext, root: string, mode: TrainMode): Promise<TrainMode> {
  return mode.kind === 'search' ? { ...mode, earlier: await readTrials(ctx, root) } : mode
}

function listener(
  report: (progress: JobProgress) => void,
  { mode }: TrainingAsked,
  log: RunLog,
  { keep, nest }: { readonly keep: (trial: Trial) => void; readonly nest: (nested: NestedRun) => void },
): (message: Exclude<TrainingTold, TrainingEnded>) => void {
  let tries = mode.kind === 'search' ? (mode.earlier?.length ?? 0) : 0
  return (message) => {
    switch (message.kind) {
      case 'rows':
        report({ stage: 'fit', rows_done: message.count })
        break
      case 'progress': {
        const { stage, done, total, metrics } = message.progress
        report({ stage, steps_done: done, steps_total: total })
        if (metrics !== undefined) log.points(metrics, done)
        break
      }
      case 'trial': {
        tries += 1
        const { search } = mode.kind === 'search' ? mode : {}
        const total = search === undefined ? {} : { steps_total: search.trials }
        report({ stage: 'search', steps_done: tries, ...total })
        // Shown before it is kept: one that is kept is not told again.
        nest(trialRun(message.trial, search?.metric ?? 'value'))
        keep(message.trial)
        break
      }
      case 'candidate':
        tries += 1
        report({ stage: 'search', current: message.candidate.estimator.kind, steps_done: tries })
        nest(candidateRun(message.candidate, tries - 1))
        break
    }
  }
}

/** The file was written by our own program, which ended well. */
export function toResult(text: string): TrainingResult {
  return JSON.parse(text) as TrainingResult
}
