import {
  type Candidate,
  type ChosenModel,
  chooseModel,
  type Experiment,
  type ExperimentDefinition,
  type ExperimentProgress,
  estimatorNamed,
  exportExperiment,
  type LearningCurveReport,
  learnCurve,
  type ModelSearch,
  type ModelSearchDefinition,
  runExperiment,
  searchModel,
  type Table,
  type Trial,
} from '@fabrique/ml'
import type { TableColumnsWanted } from './read-table.js'

/** How rows are learnt from: one estimator, a search of its parameters, or whatever does best. */
export type TrainMode =
  | { readonly kind: 'one' }
  | {
      readonly kind: 'search'
      readonly search: ModelSearchDefinition
      /** Trials of a search that was interrupted: they are not done again. */
      readonly earlier?: readonly Trial[]
    }
  | { readonly kind: 'auto'; readonly budgetSeconds: number; readonly metric?: string }

export interface TrainRowsInput {
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

export interface TrainedRows {
  readonly experiment: Experiment
  /** The model, preprocessing included. */
  readonly onnx: Uint8Array
  readonly search?: ModelSearch
  readonly chosen?: ChosenModel
}

/** Trains on rows in memory as its mode says. Throws MlError. */
export async function trainRows(rows: Table, input: TrainRowsInput): Promise<TrainedRows> {
  const { definition, threads, signal, seconds } = input
  const run = {
    estimators: estimatorNamed,
    threads,
    ...(signal === undefined ? {} : { signal }),
    ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }),
  }
  const done = (experiment: Experiment) => ({
    experiment,
    onnx: exportExperiment(experiment, estimatorNamed, { target: definition.target }),
  })
  switch (input.mode.kind) {
    case 'one':
      return done(await runExperiment(rows, definition, run))
    case 'search': {
      const { search: wanted, earlier } = input.mode
      const told = input.onTrial === undefined ? {} : { onTrial: input.onTrial }
      const known = earlier === undefined ? {} : { earlier }
      const search = await searchModel(rows, definition, wanted, { ...run, ...told, ...known })
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

/** How good the method that was chosen is with fewer rows; the metric is the one that models were compared by. Throws MlError. */
export function learningCurveOf(
  rows: Table,
  { definition, mode, threads, signal, onProgress }: Omit<TrainRowsInput, 'seconds'>,
  { experiment, chosen }: TrainedRows,
): Promise<LearningCurveReport> {
  const metric = mode.kind === 'search' ? mode.search.metric : chosen?.metric
  const run = {
    estimators: estimatorNamed,
    threads,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  }
  return learnCurve(rows, definition, experiment, run, metric === undefined ? {} : { metric })
}

/** What a training reads, and how: a target of truth values is classes of their names. */
export function columnsOf(definition: ExperimentDefinition): TableColumnsWanted {
  const names = columnsRead(definition)
  const classes = definition.task === 'regression' ? undefined : definition.target
  return { ...(names === undefined ? {} : { names }), ...(classes === undefined ? {} : { classes }) }
}

/** The columns that a training reads; undefined where it takes all that there are. */
export function columnsRead(definition: ExperimentDefinition): readonly string[] | undefined {
  const { target, weight, split, columns } = definition
  const features = definition.features ?? columns?.flatMap((group) => group.columns)
  if (features === undefined) return undefined
  const named = [target, ...features, ...(columns ?? []).flatMap((group) => group.columns)]
  if (weight !== undefined) named.push(weight)
  if (split.kind !== 'random') named.push(split.column)
  return [...new Set(named)]
}
