import {
  type ClassesPredicted,
  columnNamed,
  type Evaluation,
  type Experiment,
  type ExperimentDefinition,
  evaluate,
  labelOutput,
  predictionOutput,
  probabilityOutput,
  readTarget,
  scoreOutput,
  type Table,
  type TableColumn,
  takeTableRows,
  takeTarget,
  type ValuesPredicted,
} from '@fabrique/ml'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Reason } from './comparison.js'

type Metrics = Readonly<Record<string, number>>

/** The rows that a model file is scored on: those that a training has tested its own model on. */
export interface TestSet {
  readonly rows: Table
  readonly definition: ExperimentDefinition
  readonly experiment: Pick<Experiment, 'task' | 'classes' | 'testRows'>
  readonly threads: number
}

/** Why a file cannot be scored on these rows. */
export class UnscorableError extends Error {
  override readonly name = 'UnscorableError'
  readonly why: Reason

  constructor(why: Reason) {
    super(why.reason)
    this.why = why
  }
}

export interface FileTested extends Evaluation {
  readonly predicted: ClassesPredicted | ValuesPredicted
}

/** Rows that a file answers at once: they bound the memory that it takes. */
export const batchRows = 16_384

/**
 * The metrics of a model file on the test rows of a training, as its own model was tested. Throws `UnscorableError` where the file does
 * not take these columns, and the error of the runtime where it cannot be loaded.
 * @param file a path or the bytes
 */
export async function scoreFile(file: string | Uint8Array, set: TestSet): Promise<Metrics> {
  return (await testFile(file, set)).metrics
}

/** What a model file says of the test rows, with metrics and reports. Throws as `scoreFile`. */
export async function testFile(file: string | Uint8Array, set: TestSet): Promise<FileTested> {
  // Loaded here: most trainings have no champion to score.
  const ort = await import('onnxruntime-node')
  const options = { intraOpNumThreads: Math.max(1, set.threads), interOpNumThreads: 1, logSeverityLevel: 3 as const }
  const session = await (typeof file === 'string'
    ? ort.InferenceSession.create(file, options)
    : ort.InferenceSession.create(file, options))
  try {
    return await scoreSession(session, set, (type, data, shape) => new ort.Tensor(type as 'float32', data, shape))
  } finally {
    await session.release()
  }
}

/** Whether a file answers each of some rows: it takes them, and every number that it gives is finite. */
export async function answersOf(file: Uint8Array, rows: readonly Table[]): Promise<readonly boolean[]> {
  const ort = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 4 })
  try {
    const answered: boolean[] = []
    for (const row of rows) {
      const feeds = feedsOf(session, row, (type, data, shape) => new ort.Tensor(type as 'float32', data, shape))
      const outputs = await session.run(feeds).catch(() => undefined)
      const values = Object.values(outputs ?? {}).flatMap(({ data }) => [...data])
      answered.push(
        outputs !== undefined && values.every((value) => typeof value === 'string' || Number.isFinite(Number(value))),
      )
    }
    return answered
  } finally {
    await session.release()
  }
}

/** The type of a tensor is told with its data, which the types of the runtime want as literals. */
export type MakeTensor = (type: string, data: Float32Array, shape: readonly number[]) => Tensor

async function scoreSession(session: InferenceSession, set: TestSet, tensor: MakeTensor): Promise<FileTested> {
  const { rows, definition, experiment } = set
  const { testRows, task, classes } = experiment
  const outputs = outputsOf(session, experiment)
  const answers = new Answers(testRows.length, outputs.length, classes)
  for (let from = 0; from < testRows.length; from += batchRows) {
    const batch = testRows.subarray(from, from + batchRows)
    const result = await session.run(feedsOf(session, takeTableRows(rows, batch), tensor), outputs)
    for (const [index, name] of outputs.entries()) {
      const values = result[name]?.data
      if (values !== undefined) answers.take(index, from, values)
    }
  }
  const target = takeTarget(readTarget(rows, definition.target, task), testRows)
  const weights =
    definition.weight === undefined ? undefined : numbersOf(columnNamed(rows, definition.weight), testRows)
  const predicted = answers.predicted(outputs)
  return { predicted, ...evaluate(target, predicted, weights) }
}

/** What a file says of the test rows, batch by batch. */
export class Answers {
  /** By output; those of the classes are codes. */
  readonly #columns: readonly Float64Array[]
  readonly #codeOf: ReadonlyMap<string, number>

  constructor(rowCount: number, outputCount: number, classes: readonly string[]) {
    this.#columns = Array.from({ length: outputCount }, () => new Float64Array(rowCount))
    this.#codeOf = new Map(classes.map((name, code) => [name, code]))
  }

  take(output: number, from: number, values: Tensor['data']): void {
    const column = this.#columns[output]
    if (column === undefined) return
    for (const [index, value] of values.entries()) {
      column[from + index] = typeof value === 'string' ? (this.#codeOf.get(value) ?? -1) : Number(value)
    }
  }

  predicted(outputs: readonly string[]): ClassesPredicted | ValuesPredicted {
    const [first = new Float64Array(0), ...columns] = this.#columns
    if (outputs[0] === predictionOutput) return { kind: 'values', values: first }
    const hasProbabilities = outputs[1]?.startsWith(probabilityOutput('')) === true
    return {
      kind: 'classes',
      codes: Int32Array.from(first),
      probabilities: hasProbabilities ? columns : null,
      scores: hasProbabilities ? null : columns,
    }
  }
}

/** The outputs that are read: the number, or the class and what the runtime says of each class. */
export function outputsOf(
  session: InferenceSession,
  { task, classes }: Pick<Experiment, 'task' | 'classes'>,
): readonly string[] {
  const has = (names: readonly string[]) => names.every((name) => session.outputNames.includes(name))
  const candidates =
    task === 'regression'
      ? [[predictionOutput]]
      : [
          [labelOutput, ...classes.map(probabilityOutput)],
          [labelOutput, ...classes.map(scoreOutput)],
        ]
  const found = candidates.find(has)
  if (found !== undefined) return found
  const names = session.outputNames.join(', ')
  throw new UnscorableError({
    reason: `its file gives ${names}, and not ${candidates[0]?.join(', ')}`,
    reason_fr: `son fichier donne ${names}, et non ${candidates[0]?.join(', ')}`,
  })
}

const columnKinds: Readonly<Record<string, TableColumn['kind']>> = { float32: 'number', string: 'text', int64: 'time' }

export function feedsOf(session: InferenceSession, rows: Table, tensor: MakeTensor): Record<string, Tensor> {
  return Object.fromEntries(
    session.inputMetadata.map((input) => {
      const type = input.isTensor ? input.type : 'no tensor'
      const column = columnNamed(rows, input.name)
      if (columnKinds[type] !== column.kind) {
        throw new UnscorableError({
          reason: `its file takes ${type} for ${input.name}, which holds something else here`,
          reason_fr: `son fichier prend ${type} pour ${input.name}, qui contient autre chose ici`,
        })
      }
      // The only column of a model is a matrix of one column.
      const shape = input.isTensor && input.shape.length === 2 ? [rows.rowCount, 1] : [rows.rowCount]
      return [input.name, tensor(type, toData(column) as Float32Array, shape)]
    }),
  )
}

/** Values as the files of `exportPipeline` take them. */
function toData(column: TableColumn): Float32Array | BigInt64Array | string[] {
  if (column.kind === 'number') return Float32Array.from(column.values)
  if (column.kind === 'text') return Array.from(column.codes, (code) => column.categories[code] ?? '')
  return BigInt64Array.from(column.values, (value) => (Number.isNaN(value) ? -(2n ** 63n) : BigInt(value)))
}

function numbersOf(column: TableColumn, rows: Int32Array): Float64Array | undefined {
  if (column.kind !== 'number') return undefined
  const { values } = column
  return Float64Array.from(rows, (row) => values[row] ?? Number.NaN)
}
