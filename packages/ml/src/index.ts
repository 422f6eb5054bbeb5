/** Pure numerics: estimators, metrics, splits, ONNX export and seeded random. No input or output, no clock. */

export * from './calibration/calibrate-classifier.js'
export * from './calibration/fit-isotonic.js'
export * from './calibration/fit-sigmoid.js'
export * from './calibration/tune-threshold.js'
export * from './data/class-labels.js'
export * from './data/design-matrix.js'
export * from './data/sparse-matrix.js'
export * from './data/table.js'
export { estimatorNamed, estimators } from './estimators/catalogue.js'
export * from './estimators/estimator.js'
export * from './experiment/choose-model.js'
export * from './experiment/evaluate-model.js'
export * from './experiment/experiment-definition.js'
export * from './experiment/metric-direction.js'
export * from './experiment/read-target.js'
export * from './experiment/run-experiment.js'
export * from './experiment/search-model.js'
export * from './fairness/fairness-by-group.js'
export type { ForestClassifier } from './forest/forest-classifier.js'
export { type ForestParameters, forestParameters } from './forest/forest-parameters.js'
export { type ClassPrediction, predictForestClassifier } from './forest/predict-forest-classifier.js'
export {
  type TrainForestOptions,
  type TrainingProgress,
  trainRandomForestClassifier,
  workerRowsMin,
} from './forest/train-random-forest-classifier.js'
export * from './inspection/partial-dependence.js'
export * from './inspection/permutation-importance.js'
export * from './metrics/classification.js'
export * from './metrics/clustering.js'
export * from './metrics/probability.js'
export * from './metrics/ranking.js'
export * from './metrics/regression.js'
export { MlError, type MlErrorCode, mlErrorCodes } from './ml-error.js'
export { type ExportEstimatorOptions, exportEstimator } from './onnx/export-estimator.js'
export { exportForestClassifier } from './onnx/export-forest-classifier.js'
export {
  anomalyOutput,
  clusterOutput,
  componentOutput,
  labelOutput,
  predictionOutput,
  probabilityOutput,
  scoreOutput,
} from './onnx/prediction-outputs.js'
export * from './parameters/parameter-spec.js'
export { loggedParameters, parameterFromText, resolveParameters } from './parameters/resolve-parameters.js'
export * from './pipeline/pipeline.js'
export { createRandom, type Random } from './random/create-random.js'
export { deriveSeed } from './random/derive-seed.js'
export * from './search/halving.js'
export * from './search/pruners.js'
export * from './search/run-search.js'
export * from './search/search-space.js'
export * from './search/trial.js'
export * from './selection/folds.js'
export * from './selection/hold-out.js'
export { type StratifiedSplitOptions, stratifiedSplit, type TrainTestSplit } from './selection/stratified-split.js'
export * from './statistics/bootstrap.js'
export * from './statistics/compare-models.js'
export * from './statistics/distributions.js'
