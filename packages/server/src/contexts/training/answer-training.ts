import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DuckDBInstance } from '@duckdb/node-api'
import { isFabriqueError } from '@fabrique/contract'
import { estimatorNamed, type FittedPipeline, MlError, type Table } from '@fabrique/ml'
import { describeInputs } from './describe-inputs.js'
import { readTable } from './read-table.js'
import { refusalOf } from './refusal-of.js'
import { columnsRead, type TrainedRows, trainRows } from './train-rows.js'
import { estimatorParameters } from './training-definition.js'
import type { TrainingAsked, TrainingEnded, TrainingResult, TrainingTold } from './training-messages.js'

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
  const rows = await readRows(asked)
  tell({ kind: 'rows', count: rows.rowCount })
  const read = seconds() - began
  const trained = await trainRows(rows, {
    definition: asked.definition,
    mode: asked.mode,
    threads: asked.threads,
    seconds,
    onProgress: (progress) => tell({ kind: 'progress', progress }),
    onTrial: (trial) => tell({ kind: 'trial', trial }),
    onCandidate: (candidate) => tell({ kind: 'candidate', candidate }),
  })
  const result = describeResult(asked, rows, trained, { read, train: seconds() - began - read })
  await writeFile(join(asked.folder, 'model.onnx'), trained.onnx)
  await writeFile(join(asked.folder, 'result.json'), JSON.stringify(result))
}

async function readRows({ table, definition, threads, memoryBytesMax }: TrainingAsked): Promise<Table> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(Math.max(1, threads)),
    memory_limit: `${Math.round(memoryBytesMax / 2 / 1024 / 1024)}MiB`,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    try {
      await connection.run("set TimeZone = 'UTC'")
      return await readTable(connection, table, columnsRead(definition))
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}

function describeResult(
  { mode }: TrainingAsked,
  rows: Table,
  { experiment, search, chosen }: TrainedRows,
  seconds: TrainingResult['seconds'],
): TrainingResult {
  const { task, definition, classes, pipeline, dropped, predicted, trainRows: trained, testRows, metrics } = experiment
  const importances = importancesOf(pipeline)
  return {
    task,
    estimator: definition.estimator,
    params: estimatorParameters(definition.estimator),
    pipeline: definition,
    classes,
    hasProbabilities: predicted.kind === 'classes' && predicted.probabilities !== null,
    inputs: describeInputs(rows, pipeline.inputs, trained),
    dropped,
    rows: { train: trained.length, test: testRows.length },
    metrics,
    reports: experiment.reports,
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
