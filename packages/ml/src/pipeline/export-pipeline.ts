import { addCalibrationToGraph } from '../calibration/add-calibration-to-graph.js'
import type { Calibration } from '../calibration/calibrate-classifier.js'
import type { TableColumnKind } from '../data/table.js'
import type { Estimator, EstimatorTask, FittedModel, GraphPrediction } from '../estimators/estimator.js'
import { addColumnInput } from '../onnx/column-input.js'
import { encodeModel } from '../onnx/encode-model.js'
import { assertFileNames, type ExportEstimatorOptions } from '../onnx/export-estimator.js'
import { encodeFeatureSources, featuresKey } from '../onnx/feature-source-runs.js'
import { createGraphBuilder, type ElementType, type GraphBuilder } from '../onnx/onnx-graph.js'
import { addPredictionOutputs, outputNames } from '../onnx/prediction-outputs.js'
import { featureSources } from './feature-sources.js'
import { estimatorOf } from './fit-pipeline.js'
import { denseGraph, sideBySide } from './graph-flow.js'
import type { EstimatorLookup, FittedPipeline, FittedTransformer, GraphColumn, GraphFlow } from './pipeline.js'
import { stepTransformer } from './run-steps.js'

const inputTypes: { readonly [Kind in TableColumnKind]: ElementType } = {
  number: 'float32',
  text: 'string',
  time: 'int64',
}

/**
 * Writes a fitted pipeline, preprocessing included, as one ONNX file: an input [N] per column under its name (float32 of numbers, NaN
 * missing; string of texts, "" missing; int64 of milliseconds since 1970, the lowest int64 missing), the outputs of `prediction-outputs.ts`.
 * The input of an only column is [N, 1] (`column-input.ts`).
 * @throws MlError `invalid_name`, `duplicate_name`, `reserved_name` or `model_too_large`
 */
export function exportPipeline<Task extends EstimatorTask>(
  pipeline: FittedPipeline<Task>,
  estimators: EstimatorLookup,
  options: Pick<ExportEstimatorOptions, 'target' | 'metadata'> = {},
): Uint8Array {
  const { target = null, metadata = {} } = options
  const model: FittedPipeline['model'] & { readonly componentCount?: number } = pipeline.model
  const { classes = [], componentCount = 0 } = model
  const estimator = estimatorOf<Task>(model.kind, estimators)
  const names = pipeline.inputs.map(({ name }) => name)
  const outputs = outputNames(estimator.task, classes, componentCount)
  assertFileNames({ inputs: names, classes, outputs, metadata })
  const graph = createGraphBuilder(estimator.task, [...names, ...outputs])
  const features = addPreprocessing(pipeline, graph, estimators)
  const { calibration, threshold } = pipeline
  const prediction =
    calibration === undefined
      ? estimator.addToGraph(model, graph, features)
      : addCalibrated({ model, calibration }, graph, { estimator, features })
  const shape = { classes, componentCount, ...(threshold === undefined ? {} : { threshold }) }
  addPredictionOutputs<EstimatorTask>(graph, prediction, shape)
  const described = pipeline.inputs.map(({ name, column }) => ({ name, type: inputTypes[column] }))
  return encodeModel(graph.finish(), {
    ...metadata,
    ...featuresEntry(pipeline, estimators),
    'fabrique.task': estimator.task,
    'fabrique.signature': JSON.stringify({ features: described, classes, target }),
  })
}

/** For explanations: which input each feature of the estimator is made of, as runs of position and count. */
function featuresEntry(pipeline: FittedPipeline, estimators: EstimatorLookup): Readonly<Record<string, string>> {
  const sources = featureSources(pipeline, estimators)
  return sources === null ? {} : { [featuresKey]: encodeFeatureSources(sources) }
}

/** Adds the estimator and what is made of its scores, or of its probabilities where it has no scores. */
function addCalibrated(
  { model, calibration }: { readonly model: FittedModel; readonly calibration: Calibration },
  graph: GraphBuilder,
  { estimator, features }: { readonly estimator: Estimator; readonly features: string },
): GraphPrediction['classification'] {
  const { decision, addToGraph } = estimator as Estimator<'classification'>
  const classCount = model.classes?.length ?? 0
  if (decision !== undefined) {
    const scores = decision.addToGraph(model, graph, features)
    return { probabilities: addCalibrationToGraph(calibration, graph, { columns: scores, classCount }) }
  }
  const said = addToGraph(model, graph, features)
  const columns = 'scores' in said ? said.scores : said.probabilities
  return { probabilities: addCalibrationToGraph(calibration, graph, { columns, classCount }) }
}

/** Adds inputs and steps; returns the features, float32 [N, F]. */
function addPreprocessing(pipeline: FittedPipeline, graph: GraphBuilder, estimators: EstimatorLookup): string {
  const inputs = new Map<string, GraphColumn>(
    pipeline.inputs.map(({ name, column }) => {
      const value = addColumnInput(graph, { name, elementType: inputTypes[column] }, pipeline.inputs.length)
      return [name, { name, column, value }]
    }),
  )
  const groups = pipeline.columns.map(({ names, steps }) => {
    const columns = names.flatMap((name) => inputs.get(name) ?? [])
    return denseGraph(graph, addSteps(steps, graph, { kind: 'columns', columns }, estimators))
  })
  const value = sideBySide(
    graph,
    groups.map((group) => group.value),
  )
  const columnCount = groups.reduce((total, { count }) => total + count, 0)
  return denseGraph(graph, addSteps(pipeline.features, graph, { kind: 'dense', value, columnCount }, estimators)).value
}

function addSteps(
  steps: readonly FittedTransformer[],
  graph: GraphBuilder,
  start: GraphFlow,
  estimators: EstimatorLookup,
): GraphFlow {
  return steps.reduce<GraphFlow>(
    (flow, step) => stepTransformer(step.kind, estimators).addToGraph(step, graph, flow),
    start,
  )
}
