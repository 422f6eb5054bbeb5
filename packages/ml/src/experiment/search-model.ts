import { int32At } from '../data/element.js'
import { type Table, takeTableRows } from '../data/table.js'
import { MlError } from '../ml-error.js'
import { parameterSpecs } from '../parameters/parameter-spec.js'
import { estimatorOf } from '../pipeline/fit-pipeline.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { runSearch, type SearchMethod } from '../search/run-search.js'
import { defaultSpace, type SearchParameters, type SearchSpace } from '../search/search-space.js'
import type { Trial } from '../search/trial.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { assertDecidable, withoutDecision } from './learn-decision.js'
import { metricDirection } from './metric-direction.js'
import { assertFiniteFeatures } from './prepare-pipeline.js'
import { readTarget } from './read-target.js'
import { type Experiment, type ExperimentRun, runExperiment } from './run-experiment.js'
import { splitRows } from './split-rows.js'

export interface ModelSearchDefinition {
  readonly method: SearchMethod
  /** Trials at most. */
  readonly trials: number
  /** Metric of the validation rows that is made best; with folds, its mean over them. */
  readonly metric: string
  /** Parameters of the estimator by scikit-learn's names; by default what its table proposes. */
  readonly space?: SearchSpace
  /** Trials at once; 1 by default. */
  readonly parallel?: number
  /** Stops trials whose fit is worse than the median of others at the same iteration. */
  readonly prune?: boolean
}

export interface ModelSearchRun extends ExperimentRun {
  /** Trials of an interrupted search. */
  readonly earlier?: readonly Trial[]
  readonly onTrial?: (trial: Trial) => void | Promise<void>
}

export interface ModelSearch {
  readonly trials: readonly Trial[]
  readonly best: Trial
  /** The best parameters, fitted on all training rows and tested on rows that no trial has seen. */
  readonly experiment: Experiment
}

/** Share of the training rows that trials are compared on. */
const validationShare = 0.25

/** Fewest rows that a trial with little of the resource trains on. */
const rowsMin = 50

/**
 * Looks for the best parameters of an estimator. Test rows are set aside first; trials are compared on a part of the training rows (or on
 * folds of them), and the winner is fitted on all of those, and calibrated where that is asked for. `halving` and `hyperband` give first trials a part of the rows.
 * @throws MlError of `runExperiment` and `runSearch`
 */
export async function searchModel(
  rows: Table,
  definition: ExperimentDefinition,
  search: ModelSearchDefinition,
  run: ModelSearchRun,
): Promise<ModelSearch> {
  const { earlier, onTrial, onProgress, ...experimentRun } = run
  const estimator = estimatorOf(definition.estimator.kind, run.estimators)
  const space = search.space ?? defaultSpace(parameterSpecs({ ...estimator.parameters }))
  if (Object.keys(space).length === 0) {
    throw new MlError('invalid_space', `${estimator.kind} proposes no parameters to search: name some`, {
      value: estimator.kind,
    })
  }
  const target = readTarget(rows, definition.target, definition.task)
  assertDecidable(definition, target)
  assertFiniteFeatures(rows, definition)
  const { trainRows } = splitRows(rows, target, definition.split, definition.seed)
  const withParameters = (parameters: SearchParameters): ExperimentDefinition => ({
    ...definition,
    task: target.kind === 'classes' ? 'classification' : 'regression',
    estimator: { kind: estimator.kind, params: { ...definition.estimator.params, ...parameters } },
  })
  const metric = definition.folds === undefined ? search.metric : `cv_${search.metric}_mean`
  const inner = { ...definition.split, testShare: validationShare }
  const direction = metricDirection(search.metric)
  const { trials, best } = await runSearch({
    space,
    method: search.method,
    direction,
    trials: search.trials,
    seed: deriveSeed(definition.seed, 7),
    ...(search.parallel === undefined ? {} : { parallel: search.parallel }),
    prune: search.prune ?? false,
    ...(earlier === undefined ? {} : { earlier }),
    ...(run.signal === undefined ? {} : { signal: run.signal }),
    ...(onTrial === undefined ? {} : { onTrial }),
    async evaluate({ parameters, resource, report }) {
      const part = takeTableRows(rows, someRows(trainRows, resource, definition.seed))
      const stop = new AbortController()
      const signals = run.signal === undefined ? [stop.signal] : [stop.signal, run.signal]
      const found = await runExperiment(
        part,
        { ...withoutDecision(withParameters(parameters)), split: inner },
        {
          ...experimentRun,
          signal: AbortSignal.any(signals),
          onProgress({ stage, done, metrics }) {
            const loss = metrics?.validation_loss ?? metrics?.training_loss
            if (stage !== 'fit' || loss === undefined || search.prune !== true) return
            // Losses fall while the metric may rise: a report is as good as the metric's direction says.
            if (report({ step: done, value: direction === 'minimise' ? loss : -loss })) stop.abort()
          },
        },
      )
      const value = found.metrics[metric]
      if (value !== undefined) return value
      throw new MlError(
        'invalid_parameter',
        `There is no metric ${metric}: there are ${Object.keys(found.metrics).join(', ')}`,
        {
          value: search.metric,
        },
      )
    },
  })
  const experiment = await runExperiment(rows, withParameters(best.parameters), {
    ...experimentRun,
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  return { trials, best, experiment }
}

/** A share of the rows, always the same for a seed; more of the resource holds what less of it had. */
function someRows(rows: Int32Array, resource: number, seed: number): Int32Array {
  if (resource >= 1) return rows
  const order = Int32Array.from(rows.keys())
  createRandom(deriveSeed(seed, 8)).shuffle(order)
  const count = Math.min(rows.length, Math.max(rowsMin, Math.ceil(resource * rows.length)))
  return order
    .slice(0, count)
    .sort()
    .map((index) => int32At(rows, index))
}
