import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { FabriqueError, type Language } from '@fabrique/contract'
import { defaultMetric, type ExperimentProgress, estimators, parameterSpecs } from '@fabrique/ml'
import type { TrainedFile } from '@fabrique/server/files'
import pc from 'picocolors'
import { describeTraining } from '../describe-training.js'
import { terminalLanguage } from '../messages.js'
import { printJson } from '../print-json.js'
import { progressLines } from '../progress-lines.js'
import { definitionOf, modeOf, type TrainFlags, wholeNumber } from '../train-flags.js'
import { trainMessages } from '../train-messages.js'
import { untilInterrupted } from '../until-interrupted.js'

/** Trains on a plain file, tells how good the model is on rows that it has not seen, and writes it as ONNX; needs no server. */
export async function train(path: string, flags: TrainFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const definition = definitionOf(flags)
  const mode = modeOf(flags, defaultMetric(taskOf(flags)))
  const threads = flags.threads === undefined ? availableParallelism() : wholeNumber('--threads', flags.threads, 0)
  const texts = trainMessages(language)
  const lines = progressLines(process.stderr)
  lines.busy(texts.reading, path)
  let trials = 0
  await untilInterrupted(lines, async (signal) => {
    // Loaded at use: the engine costs more than the rest of the command line.
    const { trainFile } = await import('@fabrique/server/files')
    const trained = await trainFile({
      path,
      definition,
      mode,
      threads,
      learningCurve: flags.learningCurve ?? false,
      seconds: () => performance.now() / 1000,
      signal,
      onProgress: (progress) => lines.busy(texts[progress.stage], progressText(progress, texts)),
      onTrial: () => {
        trials += 1
        if (mode.kind === 'search') lines.busy(texts.fit, texts.trial(trials, mode.search.trials))
      },
      onCandidate: ({ estimator }) => lines.busy(texts.fit, estimator.kind),
    })
    lines.clear()
    if (flags.out !== undefined) await writeModel(flags.out, trained.onnx)
    if (flags.json === true) printJson(toJson(trained, flags.out))
    else process.stdout.write(describeTraining(trained, flags.out, language))
  })
}

export interface EstimatorFlags {
  readonly json?: boolean
  readonly lang?: Language
}

/** Lists estimators, or the parameters of one. */
export function trainEstimators(kind: string | undefined, flags: EstimatorFlags): void {
  const language = terminalLanguage(flags.lang, process.env)
  const chosen = kind === undefined ? estimators : estimators.filter((estimator) => estimator.kind === kind)
  if (chosen.length === 0) {
    throw new FabriqueError('estimator_unknown', {
      estimator: kind ?? '',
      known: estimators.map((estimator) => estimator.kind).join(', '),
    })
  }
  const told = chosen.map(({ kind: name, task, sklearnName, parameters, accepts }) => ({
    kind: name,
    task,
    scikit_learn: sklearnName,
    accepts: { missing: accepts.missing, categories: accepts.categories, sparse: accepts.sparse },
    parameters: parameterSpecs({ ...parameters }),
  }))
  if (flags.json === true) {
    printJson(told)
    return
  }
  for (const { kind: name, task, scikit_learn: peer, parameters } of told) {
    process.stdout.write(`${pc.bold(name)}  ${pc.dim(`${task}, ${peer}`)}\n`)
    if (kind === undefined) continue
    for (const { sklearnName, default: value, description } of parameters) {
      process.stdout.write(`  ${sklearnName} ${pc.dim(`= ${JSON.stringify(value)}`)}\n      ${description[language]}\n`)
    }
  }
}

async function writeModel(path: string, onnx: Uint8Array): Promise<void> {
  try {
    await writeFile(path, onnx)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('file_not_written', { path, reason }, { cause: error })
  }
}

/** The metric of a search before the target is read: that of the estimator's own task. */
function taskOf({ estimator, task }: TrainFlags): 'classification' | 'regression' {
  const known = task ?? estimators.find(({ kind }) => kind === estimator)?.task
  return known === 'regression' ? 'regression' : 'classification'
}

function progressText(
  { done, total, metrics = {} }: ExperimentProgress,
  texts: ReturnType<typeof trainMessages>,
): string {
  const told = Object.entries(metrics).map(([name, value]) => `${name} ${value.toPrecision(4)}`)
  return [texts.iteration(done, total), ...told].join('  ')
}

function toJson(
  { experiment, seconds, search, chosen, learningCurve, readAsNumbers }: TrainedFile,
  out: string | undefined,
) {
  const { metrics, task, definition, classes, dropped, trainRows, testRows, pipeline, decision } = experiment
  return {
    metrics,
    model: out ?? null,
    seconds: seconds.read + seconds.train,
    seconds_read: seconds.read,
    seconds_train: seconds.train,
    task,
    estimator: definition.estimator,
    pipeline: definition,
    inputs: pipeline.inputs.map(({ name, column }) => ({ name, type: column })),
    ...(classes.length === 0 ? {} : { classes }),
    ...decision,
    dropped,
    read_as_numbers: readAsNumbers,
    rows: { train: trainRows.length, test: testRows.length },
    ...(learningCurve === undefined ? {} : { learning_curve: learningCurve }),
    ...(search === undefined ? {} : { search: { best: search.best, trials: search.trials } }),
    ...(chosen === undefined ? {} : { leaderboard: chosen.leaderboard, leaderboard_metric: chosen.metric }),
  }
}
