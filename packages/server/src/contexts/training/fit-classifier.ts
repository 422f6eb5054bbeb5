import { FabriqueError, type Json, type ModelDefinition, type ModelSignature } from '@fabrique/contract'
import {
  classificationScores,
  exportForestClassifier,
  type ForestParameters,
  forestParameters,
  loggedParameters,
  logLoss,
  MlError,
  predictForestClassifier,
  resolveParameters,
  stratifiedSplit,
  takeLabels,
  takeRows,
  trainRandomForestClassifier,
} from '@fabrique/ml'
import { present } from '../../kernel/index.js'
import type { TrainingSet } from './load-training-set.js'

export interface FittedClassifier {
  readonly signature: ModelSignature
  /** The ONNX file: preprocessing and model. */
  readonly onnx: Uint8Array
  /** Metrics on the test rows under the names they are logged with. */
  readonly metrics: Readonly<Record<string, number>>
  /** Documents logged beside the model, by file name. */
  readonly reports: Readonly<Record<string, Json>>
  readonly trainRows: number
  readonly testRows: number
}

/** Every parameter of a model's estimator as it is logged, defaults included. Throws `estimator_param_invalid`. */
export function estimatorParams(model: ModelDefinition): Record<string, string> {
  return loggedParameters(forestParameters, resolveForest(model))
}

function resolveForest(model: ModelDefinition): ForestParameters {
  try {
    return resolveParameters<ForestParameters>(forestParameters, { ...model.estimator.params, seed: model.seed })
  } catch (error) {
    if (!(error instanceof MlError)) throw error
    const param = /^(?:There is no parameter )?"?(\w+)/.exec(error.message)?.[1] ?? ''
    throw new FabriqueError(
      'estimator_param_invalid',
      { estimator: model.estimator.kind, param, reason: error.message },
      { cause: error },
    )
  }
}

/** Splits, trains, evaluates on the test rows and exports. Throws `MlError` for data it cannot take. */
export async function fitClassifier(
  model: ModelDefinition,
  set: TrainingSet,
  options: { readonly threads: number; readonly signal?: AbortSignal },
): Promise<FittedClassifier> {
  const split = stratifiedSplit(set.labels, { testShare: model.test_share, seed: model.seed })
  const forest = await trainRandomForestClassifier({
    matrix: takeRows(set.matrix, split.trainRows),
    labels: takeLabels(set.labels, split.trainRows),
    parameters: resolveForest(model),
    threads: options.threads,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const truth = takeLabels(set.labels, split.testRows).codes
  const predicted = predictForestClassifier(forest, takeRows(set.matrix, split.testRows))
  const scores = classificationScores(truth, predicted.codes, forest.classes.length)
  const signature = describeSignature(model, set, forest.classes)
  return {
    signature,
    onnx: exportForestClassifier(forest, {
      target: model.label,
      metadata: { 'fabrique.model': model.name },
    }),
    metrics: {
      accuracy: scores.accuracy,
      f1_macro: scores.macro.f1,
      precision_macro: scores.macro.precision,
      recall_macro: scores.macro.recall,
      log_loss: logLoss(truth, predicted.probabilities),
    },
    reports: {
      'confusion_matrix.json': {
        classes: [...forest.classes],
        rows_are: 'true class',
        counts: scores.confusion.map((row) => Array.from(row)),
      },
      'classification_report.json': Object.fromEntries(
        forest.classes.map((name, index) => {
          const { precision, recall, f1, support } = present(scores.perClass[index], name)
          return [name, { precision, recall, f1, support }]
        }),
      ),
      'feature_importances.json': Object.fromEntries(
        forest.featureNames.map((name, index) => [name, forest.featureImportances[index] ?? 0]),
      ),
    },
    trainRows: split.trainRows.length,
    testRows: split.testRows.length,
  }
}

function describeSignature(model: ModelDefinition, set: TrainingSet, classes: readonly string[]): ModelSignature {
  const example = Object.fromEntries(
    set.matrix.columns.map(({ name, values }) => [name, Number((values[0] ?? 0).toPrecision(7))]),
  )
  return {
    task: 'classification',
    features: [...set.features],
    target: { name: model.label, classes: [...classes] },
    example,
  }
}
