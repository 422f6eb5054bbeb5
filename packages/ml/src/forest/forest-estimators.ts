import type { DesignMatrix } from '../data/design-matrix.js'
import { checkClassTarget, checkFeatures, checkSampleWeights, checkValueTarget } from '../estimators/check-input.js'
import type { Acceptance, Estimator, Features, FitInput } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { addForestClassifier } from '../onnx/export-forest-classifier.js'
import { addForestRegressor } from '../onnx/export-forest-regressor.js'
import type { ParameterTable } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { fitForestClassifier } from './fit-forest-classifier.js'
import { fitForestRegressor } from './fit-forest-regressor.js'
import type { ForestClassifier, ForestClassifierKind } from './forest-classifier.js'
import {
  extraTreesClassifierParameters,
  extraTreesRegressorParameters,
  type ForestParameters,
  type ForestRegressorParameters,
  forestParameters,
  forestRegressorParameters,
  type TreeClassifierParameters,
  type TreeRegressorParameters,
  treeClassifierParameters,
  treeRegressorParameters,
} from './forest-parameters.js'
import type { ForestRegressor, ForestRegressorKind } from './forest-regressor.js'
import { predictForestClassifier } from './predict-forest-classifier.js'
import { predictForestRegressor } from './predict-forest-regressor.js'

/** Trees take rows that lack values as scikit-learn's do: at each split they go to the side where they do better. */
export const treeAcceptance: Acceptance = {
  sparse: false,
  missing: true,
  categories: false,
  sampleWeights: true,
  wantsScaling: false,
  nonNegative: false,
}

/** A single tree is a forest of one that sees all rows. */
const single = { nEstimators: 1, bootstrap: false, maxSamples: null, oobScore: false } as const

interface Plan<Parameters> {
  readonly sklearnName: string
  readonly table: ParameterTable<Parameters>
  /** The parameters of a forest that these stand for. */
  toForest(parameters: Parameters): Omit<ForestParameters, 'criterion' | 'classWeight'>
  isRandom(parameters: Parameters): boolean
}

export const randomForestClassifier = classifier<ForestParameters>('random_forest_classifier', {
  sklearnName: 'RandomForestClassifier',
  table: forestParameters,
  toForest: (parameters) => parameters,
  isRandom: () => false,
})

/** Thresholds are drawn at random and each tree sees all rows. */
export const extraTreesClassifier = classifier<ForestParameters>('extra_trees_classifier', {
  sklearnName: 'ExtraTreesClassifier',
  table: extraTreesClassifierParameters,
  toForest: (parameters) => parameters,
  isRandom: () => true,
})

export const decisionTreeClassifier = classifier<TreeClassifierParameters>('decision_tree_classifier', {
  sklearnName: 'DecisionTreeClassifier',
  table: treeClassifierParameters,
  toForest: (parameters) => ({ ...parameters, ...single }),
  isRandom: ({ splitter }) => splitter === 'random',
})

export const randomForestRegressor = regressor<ForestRegressorParameters>('random_forest_regressor', {
  sklearnName: 'RandomForestRegressor',
  table: forestRegressorParameters,
  toForest: (parameters) => parameters,
  isRandom: () => false,
})

/** Thresholds are drawn at random and each tree sees all rows. */
export const extraTreesRegressor = regressor<ForestRegressorParameters>('extra_trees_regressor', {
  sklearnName: 'ExtraTreesRegressor',
  table: extraTreesRegressorParameters,
  toForest: (parameters) => parameters,
  isRandom: () => true,
})

export const decisionTreeRegressor = regressor<TreeRegressorParameters>('decision_tree_regressor', {
  sklearnName: 'DecisionTreeRegressor',
  table: treeRegressorParameters,
  toForest: (parameters) => ({ ...parameters, ...single }),
  isRandom: ({ splitter }) => splitter === 'random',
})

function classifier<Parameters extends ForestParameters | TreeClassifierParameters>(
  kind: ForestClassifierKind,
  { sklearnName, table, toForest, isRandom }: Plan<Parameters>,
): Estimator<'classification', ForestClassifier, Parameters> {
  return {
    kind,
    task: 'classification',
    sklearnName,
    parameters: table,
    accepts: treeAcceptance,
    async fit(input) {
      const parameters = resolveParameters<Parameters>(table, input.parameters ?? {})
      const { target, features, sampleWeights } = input
      const matrix = checkedMatrix(input)
      checkClassTarget(features, target)
      const { criterion, classWeight } = parameters
      return fitForestClassifier({
        ...runOf(input),
        matrix,
        labels: target.labels,
        sampleWeights,
        parameters: { ...toForest(parameters), criterion, classWeight },
        randomSplits: isRandom(parameters),
        frame: { kind, parameters },
      })
    },
    predict: predictForestClassifier,
    addToGraph: addForestClassifier,
    importances: ({ featureImportances }) => featureImportances,
  }
}

function regressor<Parameters extends ForestRegressorParameters | TreeRegressorParameters>(
  kind: ForestRegressorKind,
  { sklearnName, table, toForest, isRandom }: Plan<Parameters>,
): Estimator<'regression', ForestRegressor, Parameters> {
  return {
    kind,
    task: 'regression',
    sklearnName,
    parameters: table,
    accepts: treeAcceptance,
    async fit(input) {
      const parameters = resolveParameters<Parameters>(table, input.parameters ?? {})
      const { target, features, sampleWeights } = input
      const matrix = checkedMatrix(input)
      checkValueTarget(features, target)
      return fitForestRegressor({
        ...runOf(input),
        matrix,
        values: target.values,
        sampleWeights,
        parameters: { ...toForest(parameters), criterion: parameters.criterion },
        randomSplits: isRandom(parameters),
        frame: { kind, parameters },
      })
    },
    predict: predictForestRegressor,
    addToGraph: addForestRegressor,
    importances: ({ featureImportances }) => featureImportances,
  }
}

/** Refuses features and weights that trees cannot take. */
function checkedMatrix({ features, sampleWeights }: FitInput<'classification' | 'regression'>): DesignMatrix {
  checkFeatures(features, treeAcceptance)
  checkSampleWeights(features, sampleWeights, treeAcceptance)
  return denseMatrix(features)
}

/** The acceptance above refuses sparse features, which the type of a feature set cannot express. */
function denseMatrix(features: Features): DesignMatrix {
  if ('columns' in features) return features
  throw new MlError('sparse_unsupported', 'This estimator takes no sparse features: reduce them, as by truncated SVD')
}

function runOf({ threads, signal, onProgress }: FitInput<'classification' | 'regression'>) {
  return {
    ...(threads === undefined ? {} : { threads }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  }
}
