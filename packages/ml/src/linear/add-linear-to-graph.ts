import { float64At } from '../data/element.js'
import type { GraphPrediction } from '../estimators/estimator.js'
import { elementTypes, type GraphBuilder } from '../onnx/onnx-graph.js'
import type { LinearClassifier, LinearFunction, LinearRegressor, ScoreLink } from './linear-model.js'
import { leastShare } from './predict-linear.js'

/**
 * Up to so many coefficients a file computes in float64, as `predict…` does: float32 sums would lose the digits of features of unlike
 * scale. Larger models (of text, whose features have one scale) stay in float32, which halves the file and the memory.
 */
const float64CoefficientsMax = 32_768

/** Adds the nodes of a linear regressor. */
export function addLinearRegressorToGraph(
  model: LinearRegressor,
  graph: GraphBuilder,
  features: string,
): GraphPrediction['regression'] {
  const axis = graph.constant('column_axis', { elementType: 'int64', shape: [1], values: [1] })
  const scores = addScores(model, graph, features)
  return { values: toFloat32(graph, graph.node({ operator: 'Squeeze', inputs: [scores, axis] })) }
}

/** Adds the nodes of a linear classifier; scores of two classes are -s and s. */
export function addLinearClassifierToGraph(
  model: LinearClassifier,
  graph: GraphBuilder,
  features: string,
): GraphPrediction['classification'] {
  const scores = addClassScores(model, graph, features)
  if (model.link === 'none') return { scores: toFloat32(graph, scores) }
  return { probabilities: toFloat32(graph, addLinkToGraph(graph, scores, { link: model.link, type: typeOf(model) })) }
}

/** Adds the nodes of the scores alone, whatever the link: float32 by row and class. */
export function addLinearDecisionToGraph(model: LinearClassifier, graph: GraphBuilder, features: string): string {
  return toFloat32(graph, addClassScores(model, graph, features))
}

function addClassScores(model: LinearClassifier, graph: GraphBuilder, features: string): string {
  const outputs = addScores(model, graph, features)
  return model.classes.length === 2 ? addMirrored(graph, outputs) : outputs
}

type FloatType = 'float32' | 'float64'

function typeOf({ coefficients }: LinearFunction): FloatType {
  return coefficients.length <= float64CoefficientsMax ? 'float64' : 'float32'
}

/** Scores by row and output, of the type of the model. */
function addScores(model: LinearFunction, graph: GraphBuilder, features: string): string {
  const { coefficients, intercepts, featureCount } = model
  const elementType = typeOf(model)
  const outputCount = intercepts.length
  const byFeature = new Float64Array(coefficients.length)
  for (let index = 0; index < coefficients.length; index++) {
    const output = Math.floor(index / featureCount)
    byFeature[(index % featureCount) * outputCount + output] = float64At(coefficients, index)
  }
  const weights = graph.constant('coefficients', { elementType, shape: [featureCount, outputCount], values: byFeature })
  const offsets = graph.constant('intercepts', { elementType, shape: [1, outputCount], values: intercepts })
  const rows = elementType === 'float64' ? cast(graph, features, elementType) : features
  const products = graph.node({ operator: 'MatMul', inputs: [rows, weights] })
  return graph.node({ operator: 'Add', inputs: [products, offsets] })
}

function addMirrored(graph: GraphBuilder, scores: string): string {
  const negative = graph.node({ operator: 'Neg', inputs: [scores] })
  return graph.node({ operator: 'Concat', inputs: [negative, scores], attributes: { axis: { kind: 'int', value: 1 } } })
}

function addLinkToGraph(
  graph: GraphBuilder,
  scores: string,
  { link, type }: { readonly link: Exclude<ScoreLink, 'none'>; readonly type: FloatType },
): string {
  if (link === 'softmax') {
    return graph.node({ operator: 'Softmax', inputs: [scores], attributes: { axis: { kind: 'int', value: 1 } } })
  }
  const number = (hint: string, value: number) =>
    graph.constant(hint, { elementType: type, shape: [], values: [value] })
  if (link === 'clipped') return addClipped(graph, scores, number)
  const logistic = graph.node({ operator: 'Sigmoid', inputs: [scores] })
  if (link === 'logistic') return logistic
  const least = number('least_share', type === 'float64' ? leastShare : 1e-30)
  const shares = graph.node({ operator: 'Add', inputs: [logistic, least] })
  const axes = graph.constant('class_axis', { elementType: 'int64', shape: [1], values: [1] })
  const sum = graph.node({ operator: 'ReduceSum', inputs: [shares, axes] })
  return graph.node({ operator: 'Div', inputs: [shares, sum] })
}

function addClipped(graph: GraphBuilder, scores: string, number: (hint: string, value: number) => string): string {
  const raised = graph.node({ operator: 'Add', inputs: [scores, number('one', 1)] })
  const halved = graph.node({ operator: 'Div', inputs: [raised, number('two', 2)] })
  return graph.node({ operator: 'Clip', inputs: [halved, number('zero', 0), number('one', 1)] })
}

function toFloat32(graph: GraphBuilder, value: string): string {
  return cast(graph, value, 'float32')
}

function cast(graph: GraphBuilder, value: string, type: FloatType): string {
  return graph.node({
    operator: 'Cast',
    inputs: [value],
    attributes: { to: { kind: 'int', value: elementTypes[type] } },
  })
}
