import type { ClassLabels } from '../data/class-labels.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import type { ParameterTable } from '../parameters/parameter-spec.js'

/** What an estimator sees: dense named columns, or sparse rows where it accepts them. */
export type Features = DesignMatrix | SparseMatrix

/** Values that a column of results is made of. */
export type FloatColumn = Float32Array | Float64Array

export type EstimatorTask = 'classification' | 'regression' | 'clustering' | 'decomposition' | 'anomaly'

/** What a classifier is to learn. */
export interface ClassTarget {
  readonly kind: 'classes'
  readonly labels: ClassLabels
}

/** What a regressor is to learn: one finite float64 number per row. */
export interface ValueTarget {
  readonly kind: 'values'
  readonly values: Float64Array
}

/** Target by task; null where nothing is to be learnt from one. */
export interface TargetOf {
  readonly classification: ClassTarget
  readonly regression: ValueTarget
  readonly clustering: null
  readonly decomposition: null
  readonly anomaly: null
}

/**
 * What a classifier says of rows. It has probabilities or, where the method has none (as a linear SVM), scores whose greatest is the
 * class. Both are by class code, one value per row; of two classes the scores are -s and s.
 */
export interface ClassesPredicted {
  readonly kind: 'classes'
  /** Class code by row: the greatest probability or score, the lowest code among equals. */
  readonly codes: Int32Array
  readonly probabilities: readonly FloatColumn[] | null
  readonly scores: readonly FloatColumn[] | null
}

/** What a regressor says of rows. */
export interface ValuesPredicted {
  readonly kind: 'values'
  readonly values: FloatColumn
}

/** The cluster of each row. */
export interface ClustersPredicted {
  readonly kind: 'clusters'
  readonly codes: Int32Array
}

/** New coordinates of each row, component by component. */
export interface ComponentsPredicted {
  readonly kind: 'components'
  readonly columns: readonly FloatColumn[]
}

/** How ordinary each row is, as scikit-learn's `decision_function`: below zero is an outlier. */
export interface AnomaliesPredicted {
  readonly kind: 'anomalies'
  readonly scores: FloatColumn
}

export interface PredictionOf {
  readonly classification: ClassesPredicted
  readonly regression: ValuesPredicted
  readonly clustering: ClustersPredicted
  readonly decomposition: ComponentsPredicted
  readonly anomaly: AnomaliesPredicted
}

/** How far a fit has come. */
export interface FitProgress {
  /** Iterations (trees, epochs, steps) done, of at most `total`. */
  readonly done: number
  readonly total: number
  /** What was measured after this iteration, under the names it is logged with: `training_loss`, `validation_score`. */
  readonly metrics?: Readonly<Record<string, number>>
}

/** How a fit is run; it changes nothing about what comes out. */
export interface FitRun {
  /** Worker threads that may be used; 0, the default, stays in the calling thread. */
  readonly threads?: number
  /** Stops the fit within a second with `training_aborted`. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: FitProgress) => void
}

export interface FitInput<Task extends EstimatorTask> extends FitRun {
  readonly features: Features
  readonly target: TargetOf[Task]
  /** One non-negative weight per row; all rows weigh 1 without. */
  readonly sampleWeights?: Float64Array
  /** Under our names or scikit-learn's; what is absent has its default. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** What of a set an estimator can take; what it cannot is refused with a clear error. */
export interface Acceptance {
  readonly sparse: boolean
  /** NaN in features. */
  readonly missing: boolean
  /** Columns with `categoryCount` as categories rather than as numbers. */
  readonly categories: boolean
  readonly sampleWeights: boolean
  /** Works clearly better on features of like scale: default preprocessing then scales them. */
  readonly wantsScaling: boolean
  /** Features must not be negative (counts). */
  readonly nonNegative: boolean
}

/** What a classifier says of rows before it makes probabilities of it, as scikit-learn's `decision_function`. */
export interface DecisionFunction<Model> {
  /** Scores by class code, rounded to float32; of two classes -s and s. */
  predict(model: Model, features: Features): readonly Float32Array[]
  /** The same of features, float32 [N, F], as float32 [N, K]. */
  addToGraph(model: Model, graph: GraphBuilder, features: string): string
}

/** What every fitted model tells; the rest is its own. It is frozen plain data, so it can be cloned to a thread. */
export interface FittedModel {
  /** The estimator's kind. */
  readonly kind: string
  readonly featureNames: readonly string[] | null
  /** By code, of a classifier. */
  readonly classes?: readonly string[]
}

/**
 * One method of learning, under one name everywhere: code, command line, page, log. Parameters mean what they mean in scikit-learn.
 */
export interface Estimator<
  Task extends EstimatorTask = EstimatorTask,
  Model extends FittedModel = FittedModel,
  Parameters = object,
> {
  /** As in files and on the command line: `random_forest_classifier`. */
  readonly kind: string
  readonly task: Task
  /** Class of scikit-learn that it follows: `RandomForestClassifier`. */
  readonly sklearnName: string
  readonly parameters: ParameterTable<Parameters>
  readonly accepts: Acceptance
  /** Throws MlError; see each estimator. */
  fit(input: FitInput<Task>): Promise<Model>
  /** Throws MlError `missing_feature`, `length_mismatch` or `non_finite_value`. */
  predict(model: Model, features: Features): PredictionOf[Task]
  /**
   * Adds the nodes that turn features, float32 [N, F], into what is predicted: probabilities or scores float32 [N, K] of a classifier,
   * values float32 [N] of a regressor, codes int64 [N] of a clustering, components float32 [N, K], anomaly scores float32 [N].
   */
  addToGraph(model: Model, graph: GraphBuilder, features: string): GraphPrediction[Task]
  /** What a calibration learns from, where there is more to learn than from probabilities: those near 0 and 1 lie close together. */
  readonly decision?: DecisionFunction<Model>
  /** Importance of each feature as scikit-learn's `feature_importances_` or the absolute coefficients; null where there is none. */
  importances?(model: Model): Float64Array | null
}

/** Names of the values in the graph that hold a prediction. */
export interface GraphPrediction {
  readonly classification: { readonly probabilities: string } | { readonly scores: string }
  readonly regression: { readonly values: string }
  readonly clustering: { readonly codes: string }
  readonly decomposition: { readonly components: string }
  readonly anomaly: { readonly scores: string }
}
