import { type Table, takeTableRows } from '../data/table.js'
import { abortedError } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import type { StepDefinition } from '../pipeline/pipeline.js'
import { lossOf } from '../search/trial.js'
import type { ExperimentDefinition, LearningTask } from './experiment-definition.js'
import { assertDecidable, withoutDecision } from './learn-decision.js'
import { defaultMetric, metricDirection } from './metric-direction.js'
import { assertFiniteFeatures } from './prepare-pipeline.js'
import { readTarget } from './read-target.js'
import { type Experiment, type ExperimentRun, runExperiment } from './run-experiment.js'
import { splitRows } from './split-rows.js'

/** One line of a leaderboard. */
export interface Candidate {
  readonly estimator: StepDefinition
  readonly state: 'finished' | 'failed' | 'skipped'
  /** Metrics of the validation rows. */
  readonly metrics: Readonly<Record<string, number>>
  readonly seconds: number
  /** Why it failed, or that the time was over. */
  readonly reason?: string
}

export interface ChosenModel {
  readonly metric: string
  /** Best first, then those that failed or were skipped. */
  readonly leaderboard: readonly Candidate[]
  /** The best one, fitted on all training rows and tested on rows that no candidate has seen. */
  readonly experiment: Experiment
}

export interface ChooseRun extends ExperimentRun {
  /** Seconds that trying may take; the candidate under way when they are over is stopped. */
  readonly budgetSeconds: number
  /** Seconds by a clock that never goes back. */
  readonly seconds: () => number
  readonly onCandidate?: (candidate: Candidate) => void
}

/** What is tried, quick ones first, so that a short time has an answer too. */
export const autoCandidates: { readonly [Task in LearningTask]: readonly StepDefinition[] } = {
  classification: [
    { kind: 'dummy_classifier' },
    { kind: 'logistic_regression' },
    { kind: 'gaussian_nb' },
    { kind: 'hist_gradient_boosting_classifier' },
    { kind: 'random_forest_classifier' },
    { kind: 'extra_trees_classifier' },
    { kind: 'hist_gradient_boosting_classifier', params: { learning_rate: 0.05, max_iter: 300, early_stopping: true } },
    { kind: 'mlp_classifier', params: { early_stopping: true } },
    { kind: 'k_neighbors_classifier', params: { n_neighbors: 15 } },
  ],
  regression: [
    { kind: 'dummy_regressor' },
    { kind: 'ridge' },
    { kind: 'hist_gradient_boosting_regressor' },
    { kind: 'random_forest_regressor' },
    { kind: 'extra_trees_regressor' },
    { kind: 'hist_gradient_boosting_regressor', params: { learning_rate: 0.05, max_iter: 300, early_stopping: true } },
    { kind: 'elastic_net', params: { alpha: 0.1 } },
    { kind: 'mlp_regressor', params: { early_stopping: true } },
    { kind: 'k_neighbors_regressor', params: { n_neighbors: 15 } },
  ],
}

const validationShare = 0.25

/**
 * Tries a sensible set of estimators within a time, and takes the best. Test rows are set aside first; candidates are compared on a part of
 * the training rows, and the best one alone is calibrated.
 * @param definition `estimator` is ignored
 * @throws MlError of `runExperiment`, `invalid_parameter` for a metric that there is not, `search_failed` when no candidate finished
 */
export async function chooseModel(
  rows: Table,
  definition: Omit<ExperimentDefinition, 'estimator'>,
  run: ChooseRun,
  metric?: string,
): Promise<ChosenModel> {
  const { budgetSeconds, seconds, onCandidate, onProgress, ...experimentRun } = run
  const target = readTarget(rows, definition.target, definition.task)
  const task: LearningTask = target.kind === 'classes' ? 'classification' : 'regression'
  const own = metric ?? defaultMetric(task)
  assertDecidable(definition, target)
  assertFiniteFeatures(rows, definition)
  const { trainRows } = splitRows(rows, target, definition.split, definition.seed)
  const training = takeTableRows(rows, trainRows)
  const inner = { ...withoutDecision(definition), task, split: { ...definition.split, testShare: validationShare } }
  const began = seconds()
  const leaderboard: Candidate[] = []
  for (const estimator of autoCandidates[task]) {
    if (run.estimators(estimator.kind) === undefined) continue
    const candidate = await tryOne(
      training,
      { ...inner, estimator },
      { ...experimentRun, left: began + budgetSeconds - seconds(), seconds },
    )
    assertMetric(own, candidate)
    leaderboard.push(candidate)
    onCandidate?.(candidate)
  }
  const direction = metricDirection(own)
  const loss = ({ metrics }: Candidate) => lossOf(metrics[own] ?? Number.NaN, direction)
  const finished = leaderboard.filter((candidate) => !Number.isNaN(loss(candidate))).sort((a, b) => loss(a) - loss(b))
  const [best] = finished
  if (best === undefined) {
    const reason = leaderboard.find(({ reason }) => reason !== undefined)?.reason ?? `none has ${own}`
    throw new MlError('search_failed', `No estimator could be trained: ${reason}`)
  }
  const experiment = await runExperiment(
    rows,
    { ...definition, task, estimator: best.estimator },
    { ...experimentRun, ...(onProgress === undefined ? {} : { onProgress }) },
  )
  return {
    metric: own,
    leaderboard: [...finished, ...leaderboard.filter((candidate) => !finished.includes(candidate))],
    experiment,
  }
}

/** The first candidate gives probabilities, and so each metric that there is. Throws MlError `invalid_parameter`. */
function assertMetric(metric: string, { state, metrics }: Candidate): void {
  if (state !== 'finished' || metric in metrics) return
  const known = Object.keys(metrics).join(', ')
  throw new MlError('invalid_parameter', `There is no metric ${metric}: there are ${known}`, { value: metric })
}

async function tryOne(
  training: Table,
  definition: ExperimentDefinition,
  { left, seconds, ...run }: ExperimentRun & { readonly left: number; readonly seconds: () => number },
): Promise<Candidate> {
  const { estimator } = definition
  if (left <= 0) return { estimator, state: 'skipped', metrics: {}, seconds: 0, reason: 'The time was over' }
  const began = seconds()
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), left * 1000)
  try {
    const signal = run.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, run.signal])
    const { metrics } = await runExperiment(training, definition, { ...run, signal })
    return { estimator, state: 'finished', metrics, seconds: seconds() - began }
  } catch (error) {
    if (run.signal?.aborted === true) throw abortedError(run.signal)
    const reason = stop.signal.aborted ? 'The time was over' : error instanceof Error ? error.message : String(error)
    return {
      estimator,
      state: stop.signal.aborted ? 'skipped' : 'failed',
      metrics: {},
      seconds: seconds() - began,
      reason,
    }
  } finally {
    clearTimeout(timer)
  }
}
