import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { isFabriqueError } from '@fabrique/contract/errors'
import { estimatorNamed, type FittedPipeline, MlError, metricIntervals, type Table, textsAsNumbers } from '@fabrique/ml'
import { answersOfTest } from './answers-of-test.js'
import { compareWithChampion } from './compare-with-champion.js'
import { describeInputs } from './describe-inputs.js'
import { estimatorParameters } from './estimator-parameters.js'
import { probeInputs } from './probe-inputs.js'
import { readTable, type TableColumnsWanted } from './read-table.js'
import { refusalOf } from './refusal-of.js'
import { columnsOf, learningCurveOf, type TrainedRows, type TrainRowsInput, trainRows } from './train-rows.js'
import type { TrainingAsked, TrainingEnded, TrainingResult, TrainingTold } from './training-messages.js'
import { withEngine } from './with-engine.js'

/**
 * The process of one training: takes it as a message, tells how far it is, leaves its files, ends. It ends with the process that started
 * it, and when it takes too much memory.
 * @param seconds a clock that never goes back
 */
export function answerTraining(seconds: () => number): void {
  process.once('message', (asked: TrainingAsked) => {
    const watch = new Worker(new URL('./watch-process.js', import.meta.url), {
      workerData: { bytesMax: asked.memoryBytesMax },
    })
    watch.unref()
    const end = (message: TrainingEnded) => process.send?.(message, () => process.exit(0))
    train(asked, seconds).then(
      () => end({ kind: 'done' }),
      (error: unknown) => end(failureOf(error, asked)),
    )
  })
  process.once('disconnect', () => process.exit(0))
}

function tell(message: TrainingTold): void {
  process.send?.(message)
}

async function train(asked: TrainingAsked, seconds: () => number): Promise<void> {
  const began = seconds()
  const asWritten = await readRows(asked)
  tell({ kind: 'rows', count: asWritten.rowCount })
  if (asked.script !== undefined) {
    // Scripts are rare.
    const { answerScript } = await import('./answer-script.js')
    return answerScript(asked, asked.script, asWritten)
  }
  const { table: rows, read: readAsNumbers } = textsAsNumbers(asWritten, asked.definition, {
    estimators: estimatorNamed,
    ...(asked.declared === undefined ? {} : { texts: asked.declared }),
  })
  const read = seconds() - began
  const input: TrainRowsInput = {
    definition: asked.definition,
    mode: asked.mode,
    threads: asked.threads,
    seconds,
    onProgress: (progress) => tell({ kind: 'progress', progress }),
    onTrial: (trial) => tell({ kind: 'trial', trial }),
    onCandidate: (candidate) => tell({ kind: 'candidate', candidate }),
  }
  const trained = await trainRows(rows, input)
  const spent = { read, train: seconds() - began - read }
  const scores = await scoresOf(asked, rows, trained)
  const result: TrainingResult = {
    ...describeResult(asked, rows, trained, spent),
    ...(readAsNumbers.length === 0 ? {} : { readAsNumbers }),
    ...(asked.learningCurve === true ? { learningCurve: await learningCurveOf(rows, input, trained) } : {}),
    ...(scores === undefined ? {} : { scores }),
  }
  await writeFile(join(asked.folder, 'model.onnx'), trained.onnx)
  await writeFile(join(asked.folder, 'result.json'), JSON.stringify(result))
}

function scoresOf(asked: TrainingAsked, rows: Table, { experiment, onnx }: TrainedRows) {
  const { champion, definition, threads } = asked
  if (champion === undefined) return undefined
  return compareWithChampion(champion, onnx, { rows, definition, experiment, threads })
}

/** The columns that the training reads, and those of the champion that it is compared with. */
function columnsAsked({ definition, champion }: TrainingAsked): TableColumnsWanted {
  const { names, ...wanted } = columnsOf(definition)
  return names === undefined ? wanted : { ...wanted, names: [...new Set([...names, ...(champion?.inputs ?? [])])] }
}

function readRows(asked: TrainingAsked): Promise<Table> {
  return withEngine(asked, (connection) => readTable(connection, asked.table, columnsAsked(asked)))
}

function describeResult(
  { mode, definition: asked }: TrainingAsked,
  rows: Table,
  { experiment, search, chosen }: TrainedRows,
  seconds: TrainingResult['seconds'],
): TrainingResult {
  const { task, definition, classes, pipeline, dropped, predicted, trainRows: trained, testRows, metrics } = experiment
  const importances = importancesOf(pipeline)
  const intervals = metricIntervals(rows, asked, experiment)
  const answers = answersOfTest(predicted, classes)
  return {
    task,
    estimator: definition.estimator,
    params: estimatorParameters(definition.estimator),
    pipeline: definition,
    classes,
    hasProbabilities: predicted.kind === 'classes' && predicted.probabilities !== null,
    inputs: probeInputs(pipeline, describeInputs(rows, pipeline.inputs, trained)),
    dropped,
    rows: { train: trained.length, test: testRows.length },
    metrics,
    reports: experiment.reports,
    ...(experiment.decision === undefined ? {} : { decision: experiment.decision }),
    ...(intervals === undefined ? {} : { intervals }),
    ...(answers === undefined ? {} : { answers }),
    ...(importances === undefined ? {} : { importances }),
    ...(search === undefined || mode.kind !== 'search'
      ? {}
      : { search: { metric: mode.search.metric, best: search.best, trials: search.trials } }),
    ...(chosen === undefined ? {} : { chosen: { metric: chosen.metric, leaderboard: chosen.leaderboard } }),
    seconds,
  }
}

function importancesOf({ model, featureNames }: FittedPipeline): Record<string, number> | undefined {
  const values = estimatorNamed(model.kind)?.importances?.(model)
  if (values == null || featureNames === null || values.length !== featureNames.length) return undefined
  return Object.fromEntries(featureNames.map((name, index) => [name, values[index] ?? 0]))
}

function failureOf(error: unknown, { definition, memoryBytesMax }: TrainingAsked): TrainingEnded {
  const known = error instanceof MlError ? refusalOf(error, definition.estimator.kind) : error
  if (isFabriqueError(known)) return { kind: 'failed', code: known.code, params: known.params }
  const reason = error instanceof Error ? error.message : String(error)
  const isMemory = /array buffer allocation failed|invalid (?:typed )?array (?:buffer )?length|out of memory/i.test(
    reason,
  )
  if (isMemory) return { kind: 'failed', code: 'training_memory_exceeded', params: { limit_bytes: memoryBytesMax } }
  return { kind: 'failed', code: 'training_crashed', params: { reason } }
}
