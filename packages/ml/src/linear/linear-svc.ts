import { float64At } from '../data/element.js'
import { entryCount, type FeatureRows, featureRows } from '../data/feature-rows.js'
import {
  checkClassTarget,
  checkFeatures,
  checkSampleWeights,
  featureCount,
  featureNames,
} from '../estimators/check-input.js'
import type { Estimator, FitInput } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { type ClassWeight, classWeights, total } from '../estimators/row-weights.js'
import { MlError } from '../ml-error.js'
import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { addLinearClassifierToGraph } from './add-linear-to-graph.js'
import { descendDual } from './dual-descent.js'
import { type FittedOutputs, fitLoss } from './fit-loss.js'
import { linearAcceptance } from './linear-acceptance.js'
import { linearDecision } from './linear-decision.js'
import { coefficientSizes, type LinearClassifier } from './linear-model.js'
import {
  classWeightParameter,
  interceptParameter,
  interceptScalingParameter,
  inverseStrengthParameter,
  iterationsParameter,
  toleranceParameter,
} from './linear-parameters.js'
import { usefulThreads } from './loss-objective.js'
import { occurringClasses, spreadOutputs } from './occurring-classes.js'
import { binaryTasks, joinOutputs, type OneAgainstRest } from './one-against-rest.js'
import { predictLinearClassifier } from './predict-linear.js'

/** Parameters of a linear support vector classifier, with the meaning they have in scikit-learn. */
export interface LinearSvcParameters {
  readonly C: number
  readonly loss: 'hinge' | 'squared_hinge'
  readonly penalty: 'l1' | 'l2'
  readonly fitIntercept: boolean
  readonly interceptScaling: number
  readonly classWeight: ClassWeight
  readonly tol: number
  readonly maxIter: number
  readonly seed: number
}

export const linearSvcParameters: ParameterTable<LinearSvcParameters> = {
  C: inverseStrengthParameter,
  loss: parameter('choice', {
    name: 'loss',
    sklearnName: 'loss',
    default: 'squared_hinge',
    choices: ['hinge', 'squared_hinge'],
    description: {
      en: 'What a row costs that lies within the margin: its distance, or the square of it',
      fr: 'Coût d’une ligne dans la marge : sa distance, ou le carré de celle-ci',
    },
  }),
  penalty: parameter('choice', {
    name: 'penalty',
    sklearnName: 'penalty',
    default: 'l2',
    choices: ['l1', 'l2'],
    description: {
      en: 'Penalty on coefficients: absolute values (with squared_hinge only) or squares',
      fr: 'Pénalité des coefficients : valeurs absolues (avec squared_hinge seulement) ou carrés',
    },
  }),
  fitIntercept: interceptParameter,
  interceptScaling: interceptScalingParameter,
  classWeight: classWeightParameter,
  tol: toleranceParameter(1e-4, {
    en: 'How far from its minimum the fit may stop, as a slope',
    fr: 'Écart au minimum auquel l’ajustement peut s’arrêter, en pente',
  }),
  maxIter: iterationsParameter(1000),
  seed: seedParameter,
}

/** Linear support vector classifier, one class against the rest; it has scores and no probabilities. */
export const linearSvc: Estimator<'classification', LinearClassifier, LinearSvcParameters> = {
  kind: 'linear_svc',
  task: 'classification',
  sklearnName: 'LinearSVC',
  parameters: linearSvcParameters,
  accepts: linearAcceptance,
  fit: fitLinearSvc,
  predict: predictLinearClassifier,
  addToGraph: addLinearClassifierToGraph,
  decision: linearDecision,
  importances: coefficientSizes,
}

async function fitLinearSvc(input: FitInput<'classification'>): Promise<LinearClassifier> {
  const { features, target, sampleWeights } = input
  const parameters = resolveParameters<LinearSvcParameters>(linearSvcParameters, input.parameters ?? {})
  if (parameters.penalty === 'l1' && parameters.loss === 'hinge') {
    throw new MlError('invalid_parameter', 'penalty is "l1" with loss "hinge": take "squared_hinge"', { value: 'l1' })
  }
  checkFeatures(features, linearAcceptance)
  checkClassTarget(features, target)
  checkSampleWeights(features, sampleWeights, linearAcceptance)
  const { labels } = target
  const occurring = occurringClasses(labels)
  const tasks = binaryTasks(occurring, {
    // As in LIBLINEAR, the weight of a class counts where it stands against the rest, and the rest weighs 1.
    classWeights: classWeights(labels, parameters.classWeight, sampleWeights),
    sampleWeights,
  })
  const threadCount = usefulThreads(entryCount(features), 1, input)
  const rows = featureRows(features, threadCount > 0)
  const fitted: FittedOutputs[] = []
  for (const [index, task] of tasks.entries()) {
    fitted.push(await fitTask({ rows, task, index, parameters, input, taskCount: tasks.length, threadCount }))
  }
  const joined = joinOutputs(fitted)
  const spread = spreadOutputs(joined, occurring, { classCount: labels.classes.length, link: 'none' })
  return Object.freeze({
    kind: 'linear_svc',
    featureNames: featureNames(features),
    featureCount: featureCount(features),
    classes: labels.classes,
    link: 'none',
    ...joined,
    ...spread,
  })
}

interface TaskFit {
  readonly rows: FeatureRows
  readonly task: OneAgainstRest
  readonly index: number
  readonly taskCount: number
  readonly parameters: LinearSvcParameters
  readonly input: FitInput<'classification'>
  readonly threadCount: number
}

function fitTask(fit: TaskFit): Promise<FittedOutputs> {
  return fit.parameters.loss === 'hinge' ? fitHinge(fit) : fitSquaredHinge(fit)
}

function progressOf({ input, index, taskCount, parameters: { maxIter } }: TaskFit, name: string) {
  return (done: number, value: number) =>
    input.onProgress?.({ done: index * maxIter + done, total: taskCount * maxIter, metrics: { [name]: value } })
}

function fitSquaredHinge(fit: TaskFit): Promise<FittedOutputs> {
  const { rows, task, parameters, threadCount } = fit
  const { C, penalty, fitIntercept, interceptScaling } = parameters
  const scale = 1 / total(task.weights)
  const [l1, l2] = penalty === 'l1' ? [scale / C, 0] : [0, scale / C]
  const progress = progressOf(fit, 'training_loss')
  return fitLoss({
    rows,
    outputCount: 1,
    loss: 'squared_hinge',
    targets: task.targets,
    weights: task.weights,
    scale,
    l1,
    l2,
    intercept: fitIntercept ? { l1: l1 / interceptScaling, l2: l2 / interceptScaling ** 2 } : null,
    bend: 2,
    tolerance: parameters.tol,
    maxIterations: parameters.maxIter,
    threadCount,
    run: {
      ...fit.input,
      onProgress: ({ done, metrics }) => progress(done, metrics?.training_loss ?? 0),
    },
  })
}

async function fitHinge(fit: TaskFit): Promise<FittedOutputs> {
  const { rows, task, parameters, input } = fit
  const costs = task.weights.map((weight) => parameters.C * weight)
  const solution = await descendDual(
    {
      rows,
      targets: task.targets,
      low: costs.map((cost, row) => (float64At(task.targets, row) > 0 ? 0 : -cost)),
      high: costs.map((cost, row) => (float64At(task.targets, row) > 0 ? cost : 0)),
      epsilon: 0,
      interceptScaling: parameters.fitIntercept ? parameters.interceptScaling : 0,
      random: createRandom(deriveSeed(parameters.seed, fit.index)),
      tolerance: parameters.tol,
      maxIterations: parameters.maxIter,
      onIteration: progressOf(fit, 'violation'),
    },
    createPace(input.signal),
  )
  return { ...solution, intercepts: Float64Array.of(solution.intercept) }
}
