import { FabriqueError } from '@fabrique/contract'
import {
  type Candidate,
  type ChosenModel,
  chooseModel,
  type Experiment,
  type ExperimentDefinition,
  type ExperimentProgress,
  estimatorNamed,
  estimators,
  exportExperiment,
  MlError,
  type ModelSearch,
  type ModelSearchDefinition,
  runExperiment,
  searchModel,
  type Trial,
} from '@fabrique/ml'
import { type FileEngine, openFileEngine } from '../datasets/index.js'
import { readTable } from './read-table.js'

/** How a file is learnt from: one estimator, a search of its parameters, or whatever does best. */
export type TrainMode =
  | { readonly kind: 'one' }
  | { readonly kind: 'search'; readonly search: ModelSearchDefinition }
  | { readonly kind: 'auto'; readonly budgetSeconds: number; readonly metric?: string }

export interface TrainFileInput {
  readonly path: string
  readonly definition: ExperimentDefinition
  readonly mode: TrainMode
  readonly threads: number
  /** Seconds by a clock that never goes back. */
  readonly seconds: () => number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ExperimentProgress) => void
  readonly onTrial?: (trial: Trial) => void
  readonly onCandidate?: (candidate: Candidate) => void
}

export interface TrainedFile {
  readonly experiment: Experiment
  /** The model, preprocessing included. */
  readonly onnx: Uint8Array
  readonly search?: ModelSearch
  readonly chosen?: ChosenModel
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
  const { path, definition, threads, signal, seconds } = input
  const began = seconds()
  const { target, features, weight, split } = definition
  const named =
    features === undefined
      ? undefined
      : [...new Set([target, ...features, ...(weight === undefined ? [] : [weight]), ...columnOf(split)])]
  const rows = await engine.use(path, (connection, file) => readTable(connection, file.table, named), signal)
  const read = seconds() - began
  const run = {
    estimators: estimatorNamed,
    threads,
    ...(signal === undefined ? {} : { signal }),
    ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }),
  }
  const done = (experiment: Experiment) => ({
    experiment,
    onnx: exportExperiment(experiment, estimatorNamed, { target }),
    seconds: { read, train: seconds() - began - read },
  })
  switch (input.mode.kind) {
    case 'one':
      return done(await runExperiment(rows, definition, run))
    case 'search': {
      const told = input.onTrial === undefined ? {} : { onTrial: input.onTrial }
      const search = await searchModel(rows, definition, input.mode.search, { ...run, ...told })
      return { ...done(search.experiment), search }
    }
    case 'auto': {
      const { budgetSeconds, metric } = input.mode
      const told = input.onCandidate === undefined ? {} : { onCandidate: input.onCandidate }
      const chosen = await chooseModel(rows, definition, { ...run, budgetSeconds, seconds, ...told }, metric)
      return { ...done(chosen.experiment), chosen }
    }
  }
}

function columnOf(split: ExperimentDefinition['split']): string[] {
  return split.kind === 'random' ? [] : [split.column]
}

/** A refusal of the numerics as an error of the product. */
export function refusalOf(error: MlError, estimator: string): FabriqueError {
  const { code, message } = error
  if (code === 'unknown_parameter' || code === 'invalid_parameter') {
    const param = /^(?:There is no parameter )?"?(\w+)/.exec(message)?.[1] ?? ''
    return new FabriqueError('estimator_param_invalid', { estimator, param, reason: message }, { cause: error })
  }
  return new FabriqueError('training_refused', { code, reason: message }, { cause: error })
}
