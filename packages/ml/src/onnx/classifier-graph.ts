import { assertUniqueNames } from '../data/unique-names.js'
import { MlError } from '../ml-error.js'
import { encodeModel } from './encode-model.js'
import { createGraphBuilder, type GraphBuilder } from './onnx-graph.js'

/** Free dimension of every input and output: the number of rows. */
const rows = 'N'

/** Name of the output that holds the predicted class of each row. */
export const labelOutput = 'label'

/** Name of the output that holds the probability of a class, as float32. */
export function probabilityOutput(className: string): string {
  return `probability_${className}`
}

export interface ClassifierExport {
  readonly featureNames: readonly string[]
  readonly classes: readonly string[]
  /** Name of the column that the model predicts; null when it has none. */
  readonly target: string | null
  /** Further texts for the file; `fabrique.task` and `fabrique.signature` are written here. */
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * The contract of every classifier file: one float32 input [N] per feature, under its name; outputs `label`, a string
 * [N], then for each class `probability_<class>`, float32 [N]. One input per column is what MLflow's pyfunc feeds, and
 * 1-D outputs are what it can make a data frame of.
 * @param addProbabilities adds the nodes that turn the features, float32 [N, F], into probabilities, float32 [N, K]
 * @throws MlError `invalid_name`, `duplicate_name` or `reserved_name`
 */
export function encodeClassifier(
  model: ClassifierExport,
  addProbabilities: (graph: GraphBuilder, features: string) => string,
): Uint8Array {
  const { featureNames, classes, target, metadata } = model
  assertNames(model)
  const outputs = [labelOutput, ...classes.map(probabilityOutput)]
  const graph = createGraphBuilder('classifier', [...featureNames, ...outputs])
  const probabilities = addProbabilities(graph, addFeatures(graph, featureNames))
  addLabel(graph, probabilities, classes)
  addProbabilityColumns(graph, probabilities, classes)
  const signature = { features: featureNames.map((name) => ({ name, type: 'float32' })), classes, target }
  return encodeModel(graph.finish(), {
    ...metadata,
    'fabrique.task': 'classification',
    'fabrique.signature': JSON.stringify(signature),
  })
}

function assertNames({ featureNames, classes, metadata }: ClassifierExport): void {
  assertUniqueNames('feature', featureNames)
  assertUniqueNames('class', classes)
  const outputs = new Set([labelOutput, ...classes.map(probabilityOutput)])
  const taken = featureNames.find((name) => outputs.has(name))
  if (taken !== undefined) {
    throw new MlError(
      'reserved_name',
      `A feature is named ${JSON.stringify(taken)}, as an output of the model is: rename it`,
      {
        value: taken,
      },
    )
  }
  const key = ['fabrique.task', 'fabrique.signature'].find((reserved) => reserved in metadata)
  if (key === undefined) return
  throw new MlError('reserved_name', `The metadata has a key ${key}, which the export writes itself: leave it out`, {
    value: key,
  })
}

/** One input per feature, side by side as the columns of one matrix. */
function addFeatures(graph: GraphBuilder, featureNames: readonly string[]): string {
  const axes = graph.constant('column_axis', { elementType: 'int64', shape: [1], values: [1] })
  const columns = featureNames.map((name) => {
    const input = graph.input({ name, elementType: 'float32', shape: [rows] })
    return graph.node({ operator: 'Unsqueeze', inputs: [input, axes] })
  })
  return graph.node({ operator: 'Concat', inputs: columns, attributes: { axis: { kind: 'int', value: 1 } } })
}

/** The name of the most probable class, the first among equals. */
function addLabel(graph: GraphBuilder, probabilities: string, classes: readonly string[]): void {
  const code = graph.node({
    operator: 'ArgMax',
    inputs: [probabilities],
    attributes: { axis: { kind: 'int', value: 1 }, keepdims: { kind: 'int', value: 0 } },
  })
  const names = graph.constant('classes', { elementType: 'string', shape: [classes.length], values: classes })
  graph.node({ operator: 'Gather', inputs: [names, code], output: labelOutput })
  graph.output({ name: labelOutput, elementType: 'string', shape: [rows] })
}

function addProbabilityColumns(graph: GraphBuilder, probabilities: string, classes: readonly string[]): void {
  for (const [code, className] of classes.entries()) {
    // A constant without dimensions picks the column and drops its axis.
    const position = graph.constant('class_code', { elementType: 'int64', shape: [], values: [code] })
    const output = probabilityOutput(className)
    graph.node({
      operator: 'Gather',
      inputs: [probabilities, position],
      attributes: { axis: { kind: 'int', value: 1 } },
      output,
    })
    graph.output({ name: output, elementType: 'float32', shape: [rows] })
  }
}
