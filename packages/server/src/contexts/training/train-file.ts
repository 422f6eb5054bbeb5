import { FabriqueError } from '@fabrique/contract'
import type { LearningCurveReport, TextAsNumbers } from '@fabrique/ml'
import { MlError } from '@fabrique/ml/errors'
import { type FileEngine, openFileEngine } from '../../platform/plain-files/index.js'
import { refusalOf } from './refusal-of.js'
import type { TrainedRows, TrainRowsInput } from './train-rows.js'

export interface TrainFileInput extends TrainRowsInput {
  readonly path: string
  /** Also fits on growing parts of the training rows. */
  readonly learningCurve?: boolean
}

export interface TrainedFile extends TrainedRows {
  /** Texts of the file that are numbers but for blanks. */
  readonly readAsNumbers: readonly TextAsNumbers[]
  readonly learningCurve?: LearningCurveReport
  /** Of reading, and of everything after it. */
  readonly seconds: { readonly read: number; readonly train: number }
}

/**
 * Trains on a CSV, Parquet, JSON or NDJSON file, without a server. Errors: `estimator_unknown`, `estimator_param_invalid`,
 * `training_refused`, `file_not_found`, `file_unreadable`, `file_format_unknown`.
 */
export async function trainFile(input: TrainFileInput): Promise<TrainedFile> {
  // The server, which never does this, need not load it.
  const { estimatorNamed, estimators } = await import('@fabrique/ml')
  const { kind } = input.definition.estimator
  if (input.mode.kind !== 'auto' && estimatorNamed(kind) === undefined) {
    const known = estimators.map((estimator) => estimator.kind).join(', ')
    throw new FabriqueError('estimator_unknown', { estimator: kind, known })
  }
  const engine = await openFileEngine({ threads: input.threads })
  try {
    return await trainWith(engine, input)
  } catch (error) {
    throw error instanceof MlError ? refusalOf(error, kind) : error
  } finally {
    await engine.close()
  }
}

async function trainWith(engine: FileEngine, input: TrainFileInput): Promise<TrainedFile> {
  const [{ estimatorNamed, textsAsNumbers }, { readTable }, { columnsOf, learningCurveOf, trainRows }] =
    await Promise.all([import('@fabrique/ml'), import('./read-table.js'), import('./train-rows.js')])
  const { path, signal, seconds } = input
  const wanted = columnsOf(input.definition)
  const began = seconds()
  const asWritten = await engine.use(path, (connection, file) => readTable(connection, file.table, wanted), signal)
  const { table: rows, read: readAsNumbers } = textsAsNumbers(asWritten, input.definition, {
    estimators: estimatorNamed,
  })
  const read = seconds() - began
  const trained = await trainRows(rows, input)
  const learningCurve = input.learningCurve === true ? await learningCurveOf(rows, input, trained) : undefined
  return {
    ...trained,
    readAsNumbers,
    ...(learningCurve === undefined ? {} : { learningCurve }),
    seconds: { read, train: seconds() - began - read },
  }
}
