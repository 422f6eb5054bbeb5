import { FabriqueError, loggedMetricNames, type SnapshotColumn, type TrainingRequest } from '@fabrique/contract'
import {
  assertDecidable,
  checkSpace,
  defaultMetric,
  type Estimator,
  type ExperimentDefinition,
  estimatorNamed,
  MlError,
  type ParameterTable,
  parameterSpecs,
  resolveParameters,
  type SearchSpace,
  thresholdChoice,
  transformerOf,
} from '@fabrique/ml'
import { limit } from '../../kernel/index.js'
import { requireEstimator, tableOf } from './estimator-parameters.js'
import { refusalOf } from './refusal-of.js'
import { trainingRefused } from './refusal-words.js'
import { columnsRead, type TrainMode } from './train-rows.js'

/** What is learnt by which method when nobody names one; never fitted. */
const anyEstimator = 'dummy_classifier'

/** A request in the words of the numerics. */
export function definitionOf(request: TrainingRequest): ExperimentDefinition {
  const { target, task, features, columns, weight, folds, seed, calibration, threshold } = request
  return {
    target,
    estimator: request.estimator ?? { kind: anyEstimator },
    split: splitOf(request.split),
    seed,
    ...(task === undefined ? {} : { task }),
    ...(features === undefined ? {} : { features }),
    ...(columns === undefined ? {} : { columns }),
    ...(request.feature_steps === undefined ? {} : { featureSteps: request.feature_steps }),
    ...(weight === undefined ? {} : { weight }),
    ...(folds === undefined ? {} : { folds }),
    ...(calibration === undefined ? {} : { calibration }),
    ...(threshold === undefined ? {} : { threshold: thresholdChoice(threshold) }),
  }
}

function splitOf(split: TrainingRequest['split']): ExperimentDefinition['split'] {
  const testShare = split.test_share
  if (split.kind === 'random') return { kind: 'random', testShare, isStratified: split.stratify }
  return { kind: split.kind, column: split.column, testShare }
}

/** How a request is carried out. */
export function modeOf({ auto, search, estimator }: TrainingRequest): TrainMode {
  if (auto !== undefined) {
    return {
      kind: 'auto',
      budgetSeconds: auto.budget_seconds,
      ...(auto.metric === undefined ? {} : { metric: auto.metric }),
    }
  }
  if (search === undefined) return { kind: 'one' }
  const task = estimatorNamed(estimator?.kind ?? '')?.task
  const space = search.space === undefined ? undefined : spaceOf(search.space)
  return {
    kind: 'search',
    search: {
      method: search.method,
      trials: search.trials,
      metric: search.metric ?? defaultMetric(task === 'regression' ? 'regression' : 'classification'),
      prune: search.prune,
      ...(space === undefined ? {} : { space }),
    },
  }
}

function spaceOf(space: NonNullable<NonNullable<TrainingRequest['search']>['space']>): SearchSpace {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension]) => [
      name,
      dimension.kind === 'choice'
        ? dimension
        : {
            kind: 'number' as const,
            low: dimension.low,
            high: dimension.high,
            isLog: dimension.is_log,
            isInteger: dimension.is_integer,
          },
    ]),
  )
}

/**
 * Refuses what can be known to fail before a row is read. Throws `invalid_request`, `estimator_unknown`, `estimator_param_invalid`,
 * `calibration_needs_classifier`, `threshold_needs_two_classes`, `training_refused`.
 */
export function checkTraining(request: TrainingRequest, columns: readonly SnapshotColumn[]): void {
  checkRequest(request)
  const definition = definitionOf(request)
  const named = columnsRead({ ...definition, features: definition.features ?? [] }) ?? []
  const twice = request.features?.find((name, index, all) => all.indexOf(name) !== index)
  if (twice !== undefined) refuse('features', `${JSON.stringify(twice)} is named twice`)
  const missing = named.filter((name) => !columns.some((column) => column.name === name))
  if (missing.length === 0) return
  const known = columns.map(({ name }) => JSON.stringify(name)).join(', ')
  const reason = `the snapshot has no column ${missing.map((name) => JSON.stringify(name)).join(', ')}; it has ${known}`
  throw trainingRefused('missing_feature', reason)
}

/** What a regression predicts: whatever the numbers are, they are no classes. */
const noClasses = { kind: 'values', values: new Float64Array(0) } as const

/** As `checkTraining`, without the columns of a snapshot. */
export function checkRequest(request: TrainingRequest): void {
  checkMode(request)
  checkPromotion(request)
  checkThreshold(request)
  checkName(request)
  checkSteps(request)
  const kind = request.estimator?.kind ?? anyEstimator
  try {
    const found = request.auto === undefined ? requireEstimator(kind) : undefined
    if (found !== undefined) checkEstimator(request, found)
    if ((request.task ?? found?.task) === 'regression') assertDecidable(definitionOf(request), noClasses)
  } catch (error) {
    throw error instanceof MlError ? refusalOf(error, kind) : error
  }
}

function refuse(field: string, reason: string): never {
  throw new FabriqueError('invalid_request', { field, reason }, { field })
}

function checkPromotion({ promote, promote_metric, register, task, estimator }: TrainingRequest): void {
  if (promote !== 'never' && register === undefined) refuse('promote', 'it needs register, the name of a model')
  if (promote_metric === undefined) return
  const own = task ?? estimatorNamed(estimator?.kind ?? '')?.task
  const { classification, regression } = loggedMetricNames
  const known: readonly string[] = [
    ...(own === 'regression' ? [] : Object.values(classification)),
    ...(own === 'classification' ? [] : Object.values(regression)),
  ]
  if (!known.includes(promote_metric)) refuse('promote_metric', `must be one of ${known.join(', ')}`)
}

/** The name of a model, as the registry takes it. Throws `invalid_request` or `model_name_invalid`. */
function checkName({ register }: TrainingRequest): void {
  if (register === undefined) return
  if (register.trim() === '') refuse('register', 'name the model')
  if (/[/:]/.test(register)) throw new FabriqueError('model_name_invalid', { name: register }, { field: 'register' })
}

/** Steps of preprocessing that there are, with parameters that they take. Throws `training_refused` or `estimator_param_invalid`. */
function checkSteps({ columns = [], feature_steps = [] }: TrainingRequest): void {
  for (const { kind, params } of [...columns.flatMap(({ steps }) => steps), ...feature_steps]) {
    try {
      resolveParameters<object>(stepParameters(kind), params)
    } catch (error) {
      throw error instanceof MlError ? refusalOf(error, kind) : error
    }
  }
}

/** The parameters of a transformer or, as a step too, of a decomposition. Throws MlError `invalid_pipeline`. */
function stepParameters(kind: string): ParameterTable<object> {
  const transformer = transformerOf(kind)
  if (transformer !== undefined) return transformer.parameters
  const estimator = estimatorNamed(kind)
  if (estimator?.task === 'decomposition') return tableOf(estimator)
  throw new MlError('invalid_pipeline', `There is no step ${JSON.stringify(kind)}: name a transformer`, { value: kind })
}

function checkThreshold({ threshold }: TrainingRequest): void {
  if (threshold?.goal !== 'cost' || threshold.false_positive > 0 || threshold.false_negative > 0) return
  refuse('threshold', 'one of false_positive and false_negative must be above 0')
}

function checkMode({ auto, search, estimator }: TrainingRequest): void {
  if (auto === undefined && estimator === undefined) refuse('estimator', 'name one, or give auto to try several')
  if (auto !== undefined && estimator !== undefined) refuse('auto', 'give it or an estimator, not both')
  if (auto !== undefined && search !== undefined) refuse('auto', 'give it or a search, not both')
  if (search !== undefined && search.trials > limit('training.trials_max')) {
    refuse('search.trials', `at most ${limit('training.trials_max')}`)
  }
  if (auto !== undefined && auto.budget_seconds > limit('training.auto_seconds_max')) {
    refuse('auto.budget_seconds', `at most ${limit('training.auto_seconds_max')}`)
  }
}

function checkEstimator({ estimator, search, task }: TrainingRequest, found: Estimator): void {
  const isLearner = found.task === 'classification' || found.task === 'regression'
  if (!isLearner || (task !== undefined && task !== found.task)) {
    const asked = task ?? 'classification or regression'
    throw new MlError('invalid_pipeline', `${found.kind} does ${found.task}, and a training is ${asked}`)
  }
  resolveParameters<object>(tableOf(found), estimator?.params ?? {})
  if (search?.space === undefined) return
  checkSpace(spaceOf(search.space))
  const known = parameterSpecs({ ...found.parameters })
  for (const name of Object.keys(search.space)) {
    if (known.some((spec) => spec.name === name || spec.sklearnName === name)) continue
    const names = known.map(({ sklearnName }) => sklearnName).join(', ')
    throw new MlError('unknown_parameter', `There is no parameter ${JSON.stringify(name)}: known are ${names}`)
  }
}
