import { assertUniqueNames } from '../data/unique-names.js'
import type { Estimator, EstimatorTask, FittedModel } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { addColumnInput } from './column-input.js'
import { encodeModel } from './encode-model.js'
import { featuresKey } from './feature-source-runs.js'
import { createGraphBuilder, type GraphBuilder } from './onnx-graph.js'
import { addPredictionOutputs, outputNames } from './prediction-outputs.js'

export interface ExportEstimatorOptions {
  /** Names of the inputs, in the order of the model's features; its own names by default. */
  readonly featureNames?: readonly string[]
  /** Names of the classes, in the order of their codes; the model's own by default. */
  readonly classes?: readonly string[]
  /** Name of the column that the model predicts, for the signature. */
  readonly target?: string
  /** Texts to keep in the file, such as the run that it comes from. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Writes a fitted model as an ONNX file of its own: one float32 input [N] per feature, under its name, and the outputs of its task,
 * each [N] (`prediction-outputs.ts`); an only feature is [N, 1] (`column-input.ts`). One input per column is what MLflow's pyfunc feeds, and 1-D outputs are what it can make a data
 * frame of. A model with preprocessing is exported as a pipeline instead.
 * @throws MlError `length_mismatch`, `invalid_name`, `duplicate_name`, `reserved_name` or `model_too_large`
 */
export function exportEstimator<Task extends EstimatorTask, Model extends FittedModel>(
  estimator: Pick<Estimator<Task, Model, never>, 'task' | 'addToGraph'>,
  model: Model & { readonly componentCount?: number },
  options: ExportEstimatorOptions = {},
): Uint8Array {
  const {
    featureNames = model.featureNames ?? [],
    classes = model.classes ?? [],
    target = null,
    metadata = {},
  } = options
  assertCount('features', featureNames, model.featureNames ?? featureNames)
  assertCount('classes', classes, model.classes ?? [])
  const outputs = outputNames(estimator.task, classes, model.componentCount ?? 0)
  assertFileNames({ inputs: featureNames, classes, outputs, metadata })
  const graph = createGraphBuilder(estimator.task, [...featureNames, ...outputs])
  const prediction = estimator.addToGraph(model, graph, addFeatures(graph, featureNames))
  addPredictionOutputs<Task>(graph, prediction, { classes, componentCount: model.componentCount ?? 0 })
  const signature = { features: featureNames.map((name) => ({ name, type: 'float32' })), classes, target }
  return encodeModel(graph.finish(), {
    ...metadata,
    'fabrique.task': estimator.task,
    'fabrique.signature': JSON.stringify(signature),
  })
}

/** Refuses names that a file cannot have. */
export function assertFileNames(file: {
  readonly inputs: readonly string[]
  readonly classes: readonly string[]
  readonly outputs: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
}): void {
  const { inputs, classes, outputs, metadata } = file
  assertUniqueNames('feature', inputs)
  assertUniqueNames('class', classes)
  const taken = inputs.find((name) => outputs.includes(name))
  if (taken !== undefined) {
    throw new MlError(
      'reserved_name',
      `A feature is named ${JSON.stringify(taken)}, as an output of the model is: rename it`,
      { value: taken },
    )
  }
  const key = ['fabrique.task', 'fabrique.signature', featuresKey].find((reserved) => reserved in metadata)
  if (key === undefined) return
  throw new MlError('reserved_name', `The metadata has a key ${key}, which the export writes itself: leave it out`, {
    value: key,
  })
}

/** One input per feature, side by side as the columns of one matrix. */
function addFeatures(graph: GraphBuilder, featureNames: readonly string[]): string {
  const axes = graph.constant('column_axis', { elementType: 'int64', shape: [1], values: [1] })
  const columns = featureNames.map((name) => {
    const input = addColumnInput(graph, { name, elementType: 'float32' }, featureNames.length)
    return graph.node({ operator: 'Unsqueeze', inputs: [input, axes] })
  })
  return graph.node({ operator: 'Concat', inputs: columns, attributes: { axis: { kind: 'int', value: 1 } } })
}

function assertCount(what: string, given: readonly string[], own: readonly string[]): void {
  if (given.length === own.length) return
  throw new MlError(
    'length_mismatch',
    `${given.length} ${what} are named, but the model has ${own.length}: name each once`,
    { value: given.length },
  )
}
