import type { Calibration } from '../calibration/calibrate-classifier.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { Table, TableColumn, TableColumnKind } from '../data/table.js'
import type { Estimator, EstimatorTask, FitRun, FittedModel, TargetOf } from '../estimators/estimator.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import type { ParameterTable } from '../parameters/parameter-spec.js'

/** Values on their way through a pipeline: columns as they came, dense numbers, or sparse rows. */
export type Flow = readonly TableColumn[] | DesignMatrix | SparseMatrix

/** One step by name, with its parameters under our names or scikit-learn's. It is JSON. */
export interface StepDefinition {
  readonly kind: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** Some columns and what is done with them, step after step: `impute`, then `standard_scaler`. */
export interface ColumnSteps {
  readonly columns: readonly string[]
  readonly steps: readonly StepDefinition[]
}

/**
 * A pipeline as plain JSON: each group of columns through its steps, the results side by side, through `features`, into the estimator.
 * A column that stands in no group is dropped.
 */
export interface PipelineDefinition {
  readonly columns: readonly ColumnSteps[]
  /** Steps over all features together, such as `pca`, `polynomial_features` or `select_k_best`. */
  readonly features: readonly StepDefinition[]
  readonly estimator: StepDefinition
}

/** What a transformer learns from: the target helps target encoding and selection; it is never needed to transform. */
export interface TransformerInput<Input> extends FitRun {
  readonly input: Input
  readonly target: TargetOf[EstimatorTask]
  readonly sampleWeights?: Float64Array
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** What a fitted transformer tells; the rest is its own. It is frozen plain data. */
export interface FittedTransformer {
  readonly kind: string
}

/** Where values stand in a graph: named columns one by one, or one float32 [N, F]. */
export type GraphFlow =
  | { readonly kind: 'columns'; readonly columns: readonly GraphColumn[] }
  | { readonly kind: 'dense'; readonly value: string; readonly columnCount: number }

export interface GraphColumn {
  readonly name: string
  readonly column: TableColumnKind
  /** float32 [N] of numbers, string [N] of text, int64 [N] of milliseconds since 1970 of times. Missing: NaN, "" or the lowest int64. */
  readonly value: string
}

/**
 * One kind of preprocessing under one name. Numbers are computed in float32, as an exported file computes them, so that a tree behind a
 * scaler sees the same bits in both.
 */
export interface Transformer<Fitted extends FittedTransformer = FittedTransformer, Parameters = object> {
  readonly kind: string
  readonly sklearnName: string
  readonly parameters: ParameterTable<Parameters>
  /** What it reads: columns of one of these kinds, or the numbers that earlier steps made. */
  readonly takes: readonly (TableColumnKind | 'dense' | 'sparse')[]
  fit(input: TransformerInput<Flow>): Promise<Fitted>
  /** What the training rows become; differs from `transform` only for cross-fitted target encoding. */
  fitTransform?(input: TransformerInput<Flow>): Promise<{ readonly fitted: Fitted; readonly output: Flow }>
  transform(fitted: Fitted, input: Flow): Flow
  addToGraph(fitted: Fitted, graph: GraphBuilder, flow: GraphFlow): GraphFlow
}

/** A pipeline that has learnt: predicts tables, exports to one file. Frozen plain data. */
export interface FittedPipeline<Task extends EstimatorTask = EstimatorTask> {
  readonly kind: 'pipeline'
  readonly task: Task
  readonly definition: PipelineDefinition
  /** The columns that it reads, in the order in which a file names them. */
  readonly inputs: readonly { readonly name: string; readonly column: TableColumnKind }[]
  /** Names of the features that the estimator sees; null where they are too many. */
  readonly featureNames: readonly string[] | null
  readonly columns: readonly {
    readonly names: readonly string[]
    readonly steps: readonly FittedTransformer[]
  }[]
  /** Whether the groups side by side stay sparse when one of them is. */
  readonly keepsSparse: boolean
  readonly features: readonly FittedTransformer[]
  readonly model: FittedModel
  /** What becomes of what a classifier says; its probabilities as they are without. */
  readonly calibration?: Calibration
  /** From which probability of the second of two classes a row is of it; the class of the greatest without. */
  readonly threshold?: number
}

/** The estimator of a kind; undefined where there is none. Passed in, because the catalogue stands above pipelines. */
export type EstimatorLookup = (kind: string) => Estimator | undefined

/** The doors of this folder: `fitPipeline`, `predictPipeline`, `exportPipeline`, `defaultPipeline`. */
export interface PipelineFitInput<Task extends EstimatorTask> extends FitRun {
  readonly table: Table
  readonly target: TargetOf[Task]
  readonly sampleWeights?: Float64Array
}
