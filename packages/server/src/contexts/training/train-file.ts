import { FabriqueError } from '@fabrique/contract'
import { estimatorNamed, estimators, MlError } from '@fabrique/ml'
import { type FileEngine, openFileEngine } from '../datasets/index.js'
import { readTable } from './read-table.js'
import { refusalOf } from './refusal-of.js'
import { columnsRead, type TrainedRows, type TrainRowsInput, trainRows } from './train-rows.js'

export interface TrainFileInput extends TrainRowsInput {
  readonly path: string
}

export interface TrainedFile extends TrainedRows {
  /** Of reading, and of everything after it. */
  readonly seconds: { readonly read: number; readonly train: number }
}

/**
 * Trains on a CSV, Parquet, JSON or NDJSON file, without a server. Errors: `estimator_unknown`, `estimator_param_invalid`,
 * `training_refused`, `file_not_found`, `file_unreadable`, `file_format_unknown`.
 */
export async function trainFile(input: TrainFileInput): Promise<TrainedFile> {
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
  const { path, signal, seconds } = input
  const began = seconds()
  const named = columnsRead(input.definition)
  const rows = await engine.use(path, (connection, file) => readTable(connection, file.table, named), signal)
  const read = seconds() - began
  const trained = await trainRows(rows, input)
  return { ...trained, seconds: { read, train: seconds() - began - read } }
}
