import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FabriqueError } from '@fabrique/contract/errors'
import {
  adoptModel,
  type ClassesPredicted,
  columnNamed,
  type ExperimentDefinition,
  type LearningTask,
  MlError,
  metricIntervals,
  readForeignModel,
  readTarget,
  splitRows,
  type Table,
  type TrainTestSplit,
  takeTableRows,
} from '@fabrique/ml'
import { answersOfTest } from './answers-of-test.js'
import { compareWithChampion, scoreChampion } from './compare-with-champion.js'
import { describeInputs } from './describe-inputs.js'
import { probeFile } from './probe-file.js'
import { type FileTested, type TestSet, testFile } from './score-file.js'
import type { ScriptAsked, TrainingAsked, TrainingResult } from './training-messages.js'
import { withEngine } from './with-engine.js'

/** What a training of a script calls itself where an estimator has its kind. */
export const scriptKind = 'script'

/** Does one part of a training by script in its process: writes its files, or takes its model over. */
export async function answerScript(asked: TrainingAsked, script: ScriptAsked, rows: Table): Promise<void> {
  const { definition } = asked
  const target = readTarget(rows, definition.target, definition.task)
  if (script.stage === 'score') {
    await writeScores(asked, rows)
    return
  }
  const split = splitRows(rows, target, definition.split, definition.seed)
  if (script.stage === 'split') {
    await writeSplit(asked, split)
    return
  }
  const task: LearningTask = target.kind === 'classes' ? 'classification' : 'regression'
  const classes = target.kind === 'classes' ? target.labels.classes : []
  const set: TestSet = {
    rows,
    definition,
    experiment: { task, classes, testRows: split.testRows },
    threads: asked.threads,
  }
  const { onnx, columns, tested } = await refusedAsUnfit(script.model, () => adopt(script.model, set))
  const training = takeTableRows(rows, split.trainRows)
  const described = describeInputs(
    rows,
    columns.map(({ name, kind }) => ({ name, column: kind })),
    split.trainRows,
  )
  const { champion } = asked
  const scores = champion === undefined ? undefined : await compareWithChampion(champion, onnx, set)
  const experiment = { task, predicted: tested.predicted, testRows: split.testRows }
  const intervals = metricIntervals(rows, definition, experiment)
  const answers = answersOfTest(tested.predicted, classes)
  const result: TrainingResult = {
    task,
    estimator: { kind: scriptKind },
    params: {},
    classes,
    hasProbabilities: hasProbabilities(tested),
    inputs: await probeFile(onnx, described, training),
    dropped: [],
    rows: { train: split.trainRows.length, test: split.testRows.length },
    metrics: tested.metrics,
    reports: tested.reports,
    ...(intervals === undefined ? {} : { intervals }),
    ...(answers === undefined ? {} : { answers }),
    seconds: { read: 0, train: script.seconds },
    ...(scores === undefined ? {} : { scores }),
  }
  await writeFile(join(asked.folder, 'model.onnx'), onnx)
  await writeFile(join(asked.folder, 'result.json'), JSON.stringify(result))
}

/** The metrics of a model that is there, on all rows. */
async function writeScores({ definition, champion, threads, folder }: TrainingAsked, rows: Table): Promise<void> {
  if (champion === undefined) throw new Error('There is no model to score')
  const target = readTarget(rows, definition.target, champion.task)
  const classes = target.kind === 'classes' ? target.labels.classes : []
  const testRows = Int32Array.from({ length: rows.rowCount }, (_, row) => row)
  const set: TestSet = { rows, definition, experiment: { task: champion.task, classes, testRows }, threads }
  const scores = await scoreChampion(champion, set)
  await writeFile(join(folder, 'result.json'), JSON.stringify(scores))
}

function hasProbabilities({ predicted }: FileTested): boolean {
  return predicted.kind === 'classes' && predicted.probabilities !== null
}

/** The rows that train and those that are tested, all columns of the snapshot, as two files of a folder. */
async function writeSplit(asked: TrainingAsked, split: TrainTestSplit): Promise<void> {
  await withEngine(asked, async (connection) => {
    await connection.run('create temp table chosen (position bigint, is_test boolean)')
    const appender = await connection.createAppender('chosen')
    const sides = [
      { positions: split.trainRows, isTest: false },
      { positions: split.testRows, isTest: true },
    ]
    for (const { positions, isTest } of sides) {
      for (const position of positions) {
        appender.appendBigInt(BigInt(position))
        appender.appendBoolean(isTest)
        appender.endRow()
      }
    }
    appender.closeSync()
    for (const { name, isTest } of [
      { name: 'train', isTest: false },
      { name: 'test', isTest: true },
    ]) {
      const file = join(asked.folder, 'data', `${name}.parquet`).replaceAll("'", "''")
      const numbered = `select *, row_number() over () - 1 as "fabrique position" from ${asked.table}`
      const taken = `select position from chosen where is_test = ${isTest}`
      await connection.run(
        `copy (select * exclude "fabrique position" from (${numbered}) where "fabrique position" in (${taken})) to '${file}' (format parquet)`,
      )
    }
  })
}

async function refusedAsUnfit<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MlError && error.code !== 'invalid_file' && error.code !== 'reserved_name') throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('script_model_unfit', { path: basename(path), reason }, { cause: error })
  }
}

/** The model of a script in our form, tried on the test rows. */
async function adopt(path: string, set: TestSet) {
  const { definition, experiment, rows } = set
  const file = await readFile(path)
  const files = new Map<string, Uint8Array>()
  for (const name of readForeignModel(file).externalFiles) {
    if (name !== basename(name)) throw new MlError('invalid_file', `It keeps tensors in another folder: ${name}`)
    files.set(name, await readFile(join(dirname(path), name)))
  }
  const columns = featuresOf(rows, definition).map((name) => ({ name, kind: columnNamed(rows, name).kind }))
  const options = {
    task: experiment.task,
    columns,
    classes: experiment.classes,
    files,
    ...(isTruth(experiment.classes) ? { classOfCode: experiment.classes } : {}),
  }
  // As they are: whether they are probabilities is seen in the answers.
  const raw = adoptModel(file, { ...options, says: 'scores' })
  const seen = await testFile(raw.onnx, set)
  assertFinite(seen)
  if (seen.predicted.kind === 'values') return { ...raw, tested: seen }
  if (!areProbabilities(seen.predicted, raw.tellsOnlySecond)) {
    assertOrder(seen.predicted)
    return { ...raw, tested: seen }
  }
  const adopted = adoptModel(file, { ...options, says: 'probabilities' })
  const tested = await testFile(adopted.onnx, set)
  if (tested.predicted.kind === 'classes') assertOrder(tested.predicted)
  return { ...adopted, tested }
}

/** Columns of truth values are read as these classes, and models give 0 and 1 for them. */
function isTruth(classes: readonly string[]): boolean {
  return classes.length === 2 && classes[0] === 'false' && classes[1] === 'true'
}

function featuresOf(rows: Table, { features, target }: ExperimentDefinition): readonly string[] {
  return features ?? rows.columns.map(({ name }) => name).filter((name) => name !== target)
}

function saidOf({ probabilities, scores }: ClassesPredicted): readonly ArrayLike<number>[] {
  return probabilities ?? scores ?? []
}

/** A model without an answer for some of the rows that it was made for does not know them. */
function assertFinite({ predicted }: FileTested): void {
  const columns = predicted.kind === 'values' ? [predicted.values] : saidOf(predicted)
  const rowCount = columns[0]?.length ?? 0
  for (let row = 0; row < rowCount; row += 1) {
    if (columns.every((column) => Number.isFinite(column[row]))) continue
    throw new MlError('invalid_file', `Its answer to test row ${row} is not a finite number`)
  }
  if (predicted.kind === 'values') return
  const unknown = predicted.codes.findIndex((code) => code < 0)
  if (unknown >= 0) throw new MlError('invalid_file', `Its class for test row ${unknown} is none of the column`)
}

/** Single precision: sums of many probabilities are a little off. */
const probabilityTolerance = 1e-3

/** @param isSecond whether the second column is all that the model says */
function areProbabilities(predicted: ClassesPredicted, isSecond: boolean): boolean {
  const columns = isSecond ? saidOf(predicted).slice(1) : saidOf(predicted)
  return predicted.codes.every((_, row) => {
    const values = columns.map((column) => column[row] ?? Number.NaN)
    const sum = values.reduce((total, value) => total + value, 0)
    const isWithin = values.every((value) => value > -probabilityTolerance && value < 1 + probabilityTolerance)
    return isWithin && (isSecond || Math.abs(sum - 1) < probabilityTolerance)
  })
}

/** The greatest of the columns is mostly the class that was said; otherwise their order is not that of the classes. */
function assertOrder(predicted: ClassesPredicted): void {
  const columns = saidOf(predicted)
  let same = 0
  for (const [row, code] of predicted.codes.entries()) {
    const values = columns.map((column) => column[row] ?? Number.NaN)
    if (values[code] === Math.max(...values)) same += 1
  }
  if (same * 2 >= predicted.codes.length) return
  throw new MlError(
    'invalid_file',
    'The order of its classes is not that of their names, so its probabilities cannot be told',
  )
}
