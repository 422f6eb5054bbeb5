import {
  type ClassificationMetrics,
  loggedMetricNames,
  type MetricsOfTask,
  type ModelDefinition,
  type Promotion,
  type RegressionMetrics,
  type SearchDimension,
  type TrainingSplit,
} from '@fabrique/contract'
import type { ColumnReference } from './dataset.js'
import { type Estimator, type LearningTask, parameterName } from './declare-estimator.js'
import { type MissingFeatures, modelService, type ServiceReference } from './model-features.js'
import { type PredictOptions, predictOf } from './predict-options.js'

export type { ClassificationMetrics, MissingFeatures, PredictOptions, Promotion, RegressionMetrics }

/**
 * True when the candidate shall take the alias `champion`. Called only when there is a champion; both were scored on the same test rows.
 */
export type PromotionRule<Task extends LearningTask = LearningTask> = (promotion: Promotion<Task>) => boolean

/** A rule as a worker calls it: with the metrics of both tasks, of which those of the other are NaN. */
type WorkerRule = (promotion: Promotion<'classification'> & Promotion<'regression'>) => boolean

/** The name of a metric in code, as `rocAuc`. */
type MetricName<Task extends LearningTask> = keyof MetricsOfTask[Task] & string

/** What a column holds that a model of the task can learn. */
interface LabelOf {
  readonly classification: unknown
  readonly regression: number
}

/** One step of preprocessing under its name, as `one_hot_encoder`, with parameters under scikit-learn's names or in camel case. */
export interface StepOptions {
  readonly kind: string
  readonly params?: EstimatorParams
}
type EstimatorParams = Estimator['params']

/** Which rows are tested: by chance, whole groups, or the newest. */
export type SplitOptions =
  /** `stratify` draws classes in their proportions; true by default. */
  | { readonly kind: 'random'; readonly stratify?: boolean }
  | { readonly kind: 'group' | 'time'; readonly column: ColumnReference }

/** What a search may choose for one parameter: one of some values, or a number within bounds that are included. */
export type SearchRange =
  | readonly (number | boolean | string | null)[]
  | { readonly low: number; readonly high: number; readonly log?: boolean; readonly integer?: boolean }

/** A search of parameters: trials are compared on rows that train, and the winner is tested on rows that none of them has seen. */
export interface SearchOptions<Task extends LearningTask = LearningTask> {
  /** `tpe` by default. */
  readonly method?: TrainingSearchMethod
  /** Trials at most; 20 by default. */
  readonly trials?: number
  /** What is made best; accuracy or r2 by default. */
  readonly metric?: MetricName<Task>
  /** By parameter of the estimator; what the estimator proposes by default. */
  readonly space?: Readonly<Record<string, SearchRange>>
  /** Stops trials early that are worse than others. */
  readonly prune?: boolean
}
type TrainingSearchMethod = NonNullable<ModelDefinition['search']>['method']

/** A competition: several estimators are tried within a time, and the best is taken. */
export interface AutoOptions<Task extends LearningTask = LearningTask> {
  /** 60 by default. */
  readonly budgetSeconds?: number
  /** What is made best; accuracy or r2 by default. */
  readonly metric?: MetricName<Task>
}

/** A program that trains in the user's own Python. */
export interface ScriptOptions {
  /** In the folder of the project. */
  readonly path: string
  /** Given as they are, but for `{train}`, `{test}`, `{data}`, `{target}`, `{params}`, `{snapshot}` and `{run_id}`. */
  readonly args?: readonly string[]
  /** What it reads as JSON from `FABRIQUE_PARAMS`; logged as parameters of the run. */
  readonly params?: EstimatorParams
  /** The interpreter; that of the environment by default. */
  readonly python?: string
  readonly timeoutSeconds?: number
}

/** From which probability of the second of two classes a row is of it: given, or what is best on folds of the training rows. */
export type ThresholdOptions =
  /** A probability, as 0.35. */
  | number
  | { readonly goal: 'f1' | 'balancedAccuracy' | 'youden' }
  /** F of any beta, up to 100: above 1 recall counts more. */
  | { readonly goal: 'fBeta'; readonly beta: number }
  /** Least cost of false positives and false negatives. */
  | { readonly goal: 'cost'; readonly falsePositive: number; readonly falseNegative: number }
  /** Highest precision with at least this recall. */
  | { readonly goal: 'precisionAtRecall'; readonly recall: number }

/** How classes are decided; of classifiers only. */
type DecisionOptions<Task extends LearningTask> = Task extends 'classification'
  ? {
      /** Makes probabilities hold (Platt, isotonic), learnt on folds of the training rows. */
      readonly calibration?: 'sigmoid' | 'isotonic'
      /** Of two classes. */
      readonly threshold?: ThresholdOptions
    }
  : { readonly calibration?: never; readonly threshold?: never }

/** How a model is trained: one of the three. */
type LearnerOptions<Task extends LearningTask> =
  | ({ readonly estimator: Estimator<Task>; readonly search?: SearchOptions<Task> } & DecisionOptions<Task> & {
        auto?: never
        script?: never
      })
  | ({ readonly auto: AutoOptions<Task>; estimator?: never; search?: never; script?: never } & DecisionOptions<Task>)
  | ({ readonly script: ScriptOptions; estimator?: never; search?: never; auto?: never } & {
      calibration?: never
      threshold?: never
    })

interface SharedOptions<Task extends LearningTask> {
  readonly task: Task
  readonly description?: string
  /** The column to predict; numbers where the task is regression. */
  readonly label: ColumnReference<string, LabelOf[NoInfer<Task>]>
  /**
   * The columns to predict from, of the same data set; or a feature service: each training then joins its features to the labels as they were
   * at the time of those, and predictions look them up by key.
   */
  readonly features: readonly ColumnReference[] | ServiceReference
  /** With a feature service: trains on what was known then, without later corrections; false by default. */
  readonly asKnown?: boolean
  /** With a feature service: what becomes of a prediction where a feature is missing or too old; `error` by default. */
  readonly onMissing?: MissingFeatures
  /** Preprocessing by column; by default what suits columns and estimator. */
  readonly columns?: readonly { readonly columns: readonly ColumnReference[]; readonly steps: readonly StepOptions[] }[]
  /** Steps over all features together. */
  readonly featureSteps?: readonly StepOptions[]
  /** A column of the same data set with the weight of each row. */
  readonly weight?: ColumnReference<string, number>
  /** Which rows are tested; by chance and by class by default. */
  readonly split?: SplitOptions
  /** Share of the rows that is tested; 0.25 by default. */
  readonly test?: number
  /** Tests on so many folds of the training rows too. */
  readonly folds?: number
  /** Also fits on growing shares of the training rows; false by default. */
  readonly learningCurve?: boolean
  /** The same seed gives the same model, byte for byte; 1 by default. */
  readonly seed?: number
  /** When a new version replaces the champion; by default when `promoteMetric` is at least as good. */
  readonly promoteWhen?: PromotionRule<NoInfer<Task>>
  /** What is compared where there is no rule: accuracy or r2 by default. */
  readonly promoteMetric?: MetricName<NoInfer<Task>>
  /** How its predictions are given; by default as the project says. */
  readonly predict?: PredictOptions
  /** What of its predictions the log keeps; all of them by default. */
  readonly predictionLog?: PredictionLogOptions
}

export interface PredictionLogOptions {
  /** Part that is kept, 0 to 1. */
  readonly share?: number
  /** Inputs whose values are not kept. */
  readonly redact?: readonly string[]
}

export type ModelOptions<Task extends LearningTask = LearningTask> = SharedOptions<Task> & LearnerOptions<NoInfer<Task>>

/** A declared model. */
export interface Model {
  readonly kind: 'model'
  readonly definition: ModelDefinition
  readonly promoteWhen: WorkerRule | undefined
}

/** Declares a model: what it predicts, from which columns, how it is trained and when it is promoted. */
export function model<Task extends LearningTask>(name: string, options: ModelOptions<Task>): Model {
  const { task, label, description, weight, folds, promoteWhen, promoteMetric } = options
  return {
    kind: 'model',
    definition: {
      name,
      ...(description === undefined ? {} : { description }),
      task,
      dataset: label.dataset,
      label: label.name,
      ...featuresOf(options),
      ...learnerOf(options),
      ...(options.columns === undefined ? {} : { columns: options.columns.map(toColumns) }),
      ...(options.featureSteps === undefined ? {} : { feature_steps: options.featureSteps.map(toStep) }),
      ...(weight === undefined ? {} : { weight: weight.name }),
      split: splitOf(options),
      ...(folds === undefined ? {} : { folds }),
      learning_curve: options.learningCurve ?? false,
      seed: options.seed ?? 1,
      promotion_rule: promoteWhen !== undefined,
      ...(promoteMetric === undefined ? {} : { promote_metric: loggedName(promoteMetric) }),
      ...predictOf(options.predict),
      ...logOf(options.predictionLog),
    },
    promoteWhen: promoteWhen === undefined ? undefined : asWorkerRule(promoteWhen),
  }
}

function logOf(options: PredictionLogOptions | undefined): Pick<ModelDefinition, 'prediction_log'> {
  if (options === undefined) return {}
  return { prediction_log: { share: options.share ?? 1, redact: [...(options.redact ?? [])] } }
}

/** A worker calls a rule with the metrics of both tasks, and so with those of its own. */
function asWorkerRule<Task extends LearningTask>(rule: PromotionRule<Task>): WorkerRule {
  return rule as WorkerRule
}

/** The columns of a service are those of its views, which the project knows. */
function featuresOf(
  options: Pick<SharedOptions<LearningTask>, 'features' | 'asKnown' | 'onMissing'>,
): Pick<ModelDefinition, 'features' | 'feature_service'> {
  const { features } = options
  if (!('kind' in features)) return { features: namesOf(features) }
  return { features: [], feature_service: modelService({ ...options, features }) }
}

function namesOf(columns: readonly ColumnReference[]): string[] {
  return columns.map(({ name }) => name)
}

function toColumns({ columns, steps }: NonNullable<SharedOptions<LearningTask>['columns']>[number]) {
  return { columns: namesOf(columns), steps: steps.map(toStep) }
}

function toStep({ kind, params = {} }: StepOptions) {
  return { kind, params: { ...params } }
}

/** A metric under the name that it is logged with; a name that is none is left for the check of the project. */
function loggedName(metric: string): string {
  const names: Readonly<Record<string, string>> = {
    ...loggedMetricNames.classification,
    ...loggedMetricNames.regression,
  }
  return names[metric] ?? metric
}

type Learner = Pick<ModelDefinition, 'estimator' | 'auto' | 'script' | 'search' | 'calibration' | 'threshold'>

/** The options of any task: a metric is any name. */
interface AnyLearner {
  readonly task: LearningTask
  readonly estimator?: AnyEstimator
  readonly search?: AnySearch
  readonly auto?: Pick<AutoOptions, 'budgetSeconds'> & { readonly metric?: string }
  readonly script?: ScriptOptions
  readonly calibration?: 'sigmoid' | 'isotonic'
  readonly threshold?: ThresholdOptions
}
interface AnyEstimator {
  readonly kinds: { readonly [Task in LearningTask]?: string }
  readonly params: EstimatorParams
}
type AnySearch = Omit<SearchOptions, 'metric'> & { readonly metric?: string }

function learnerOf({ task, estimator, search, auto, script, calibration, threshold }: AnyLearner): Learner {
  return {
    ...(estimator === undefined
      ? {}
      : { estimator: { kind: kindOf(estimator, task), params: { ...estimator.params } } }),
    ...(search === undefined ? {} : { search: searchOf(search) }),
    ...(auto === undefined ? {} : { auto: { budget_seconds: auto.budgetSeconds ?? 60, ...metricOf(auto.metric) } }),
    ...(script === undefined ? {} : { script: scriptOf(script) }),
    ...(calibration === undefined ? {} : { calibration }),
    ...(threshold === undefined ? {} : { threshold: thresholdOf(threshold) }),
  }
}

function thresholdOf(threshold: ThresholdOptions): Learner['threshold'] {
  if (typeof threshold === 'number') return { goal: 'fixed', value: threshold }
  switch (threshold.goal) {
    case 'balancedAccuracy':
      return { goal: 'balanced_accuracy' }
    case 'fBeta':
      return { goal: 'f_beta', beta: threshold.beta }
    case 'cost':
      return { goal: 'cost', false_positive: threshold.falsePositive, false_negative: threshold.falseNegative }
    case 'precisionAtRecall':
      return { goal: 'precision_at_recall', recall: threshold.recall }
    default:
      return { goal: threshold.goal }
  }
}

/** Where types were not checked, an estimator of the other task is named, and refused with the project. */
function kindOf({ kinds }: AnyEstimator, task: LearningTask): string {
  return kinds[task] ?? kinds.classification ?? kinds.regression ?? ''
}

function metricOf(metric: string | undefined): { metric?: string } {
  return metric === undefined ? {} : { metric: loggedName(metric) }
}

function searchOf({ method = 'tpe', trials = 20, metric, space, prune = false }: AnySearch): Learner['search'] {
  const dimensions = Object.entries(space ?? {}).map(([name, range]) => [parameterName(name), dimensionOf(range)])
  return {
    method,
    trials,
    ...metricOf(metric),
    ...(space === undefined ? {} : { space: Object.fromEntries(dimensions) }),
    prune,
  }
}

function dimensionOf(range: SearchRange): SearchDimension {
  if (!('low' in range)) return { kind: 'choice', values: [...range] }
  const { low, high, log = false, integer = false } = range
  return { kind: 'number', low, high, is_log: log, is_integer: integer }
}

function scriptOf({ path, args = [], params = {}, python, timeoutSeconds }: ScriptOptions): Learner['script'] {
  return {
    path,
    args: [...args],
    params: { ...params },
    ...(python === undefined ? {} : { python }),
    ...(timeoutSeconds === undefined ? {} : { timeout_seconds: timeoutSeconds }),
  }
}

function splitOf({ split, test = 0.25 }: Pick<SharedOptions<LearningTask>, 'split' | 'test'>): TrainingSplit {
  if (split === undefined || split.kind === 'random') {
    return { kind: 'random', test_share: test, stratify: split?.stratify ?? true }
  }
  return { kind: split.kind, column: split.column.name, test_share: test }
}
