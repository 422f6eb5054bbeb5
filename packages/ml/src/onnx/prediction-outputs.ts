import type { EstimatorTask, GraphPrediction } from '../estimators/estimator.js'
import { binary, castTo, columnAt, scalar, squeezeColumn } from './graph-steps.js'
import type { GraphBuilder } from './onnx-graph.js'

/** Free dimension of every input and output: the number of rows. */
export const rows = 'N'

/** Name of the output that holds the predicted class of each row. */
export const labelOutput = 'label'

/** Name of the output that holds the predicted number of each row. */
export const predictionOutput = 'prediction'

/** Name of the output that holds the cluster of each row. */
export const clusterOutput = 'cluster'

/** Name of the output that says how ordinary a row is: below zero is an outlier. */
export const anomalyOutput = 'anomaly_score'

/** Name of the output that holds the probability of a class, as float32. */
export function probabilityOutput(className: string): string {
  return `probability_${className}`
}

/** Name of the output that holds the score of a class, as float32, of a classifier without probabilities. */
export function scoreOutput(className: string): string {
  return `score_${className}`
}

/** Name of the output that holds a new coordinate, counted from 1. */
export function componentOutput(position: number): string {
  return `component_${position}`
}

/** Every name that an output of such a model may have; features must not have one of them. */
export function outputNames(task: EstimatorTask, classes: readonly string[], componentCount: number): string[] {
  switch (task) {
    case 'classification':
      return [labelOutput, ...classes.map(probabilityOutput), ...classes.map(scoreOutput)]
    case 'regression':
      return [predictionOutput]
    case 'clustering':
      return [clusterOutput]
    case 'anomaly':
      return [anomalyOutput]
    case 'decomposition':
      return Array.from({ length: componentCount }, (_, index) => componentOutput(index + 1))
  }
}

/** How many outputs of which names a prediction has. */
export interface PredictionShape {
  readonly classes: readonly string[]
  readonly componentCount: number
  /** From which probability of the second of two classes a row is of it; the class of the greatest without. */
  readonly threshold?: number
}

/** Declares the outputs of a model and adds the nodes that they come from. Every output is one-dimensional, [N]. */
export function addPredictionOutputs<Task extends EstimatorTask>(
  graph: GraphBuilder,
  prediction: GraphPrediction[Task],
  shape: PredictionShape,
): void {
  if ('probabilities' in prediction || ('scores' in prediction && shape.classes.length > 0)) {
    const hasProbabilities = 'probabilities' in prediction
    const values = hasProbabilities ? prediction.probabilities : prediction.scores
    addLabel(graph, values, shape)
    addColumns(graph, values, shape.classes.map(hasProbabilities ? probabilityOutput : scoreOutput))
  } else if ('scores' in prediction) addSame(graph, prediction.scores, anomalyOutput, 'float32')
  else if ('values' in prediction) addSame(graph, prediction.values, predictionOutput, 'float32')
  else if ('codes' in prediction) addSame(graph, prediction.codes, clusterOutput, 'int64')
  else {
    const names = Array.from({ length: shape.componentCount }, (_, index) => componentOutput(index + 1))
    addColumns(graph, prediction.components, names)
  }
}

/** The name of the class of greatest probability or score, the first among equals; or of the second where it reaches the threshold. */
function addLabel(graph: GraphBuilder, values: string, { classes, threshold }: PredictionShape): void {
  const code =
    threshold === undefined
      ? graph.node({
          operator: 'ArgMax',
          inputs: [values],
          attributes: { axis: { kind: 'int', value: 1 }, keepdims: { kind: 'int', value: 0 } },
        })
      : addIsAtLeast(graph, squeezeColumn(graph, columnAt(graph, values, 1)), threshold)
  const names = graph.constant('classes', { elementType: 'string', shape: [classes.length], values: classes })
  graph.node({ operator: 'Gather', inputs: [names, code], output: labelOutput })
  graph.output({ name: labelOutput, elementType: 'string', shape: [rows] })
}

/** 1 where the value, float32 [N], is at least the threshold as float32; else 0. */
function addIsAtLeast(graph: GraphBuilder, value: string, threshold: number): string {
  return castTo(
    graph,
    binary(graph, 'GreaterOrEqual', value, scalar(graph, 'threshold', threshold, 'float32')),
    'int64',
  )
}

/** The columns of a float32 [N, K] as outputs of their own. */
function addColumns(graph: GraphBuilder, values: string, names: readonly string[]): void {
  for (const [code, output] of names.entries()) {
    // A constant without dimensions picks the column and drops its axis.
    const position = graph.constant('class_code', { elementType: 'int64', shape: [], values: [code] })
    graph.node({
      operator: 'Gather',
      inputs: [values, position],
      attributes: { axis: { kind: 'int', value: 1 } },
      output,
    })
    graph.output({ name: output, elementType: 'float32', shape: [rows] })
  }
}

function addSame(graph: GraphBuilder, value: string, output: string, elementType: 'float32' | 'int64'): void {
  graph.node({ operator: 'Identity', inputs: [value], output })
  graph.output({ name: output, elementType, shape: [rows] })
}
