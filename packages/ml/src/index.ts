/** Pure numerics: estimators, metrics, splits, ONNX export and seeded random. No input or output, no clock. */

export { bernoulliNb } from './bayes/bernoulli-nb.js'
export { gaussianNb } from './bayes/gaussian-nb.js'
export { multinomialNb } from './bayes/multinomial-nb.js'
export type { BoostedClassifier, BoostedRegressor } from './boosting/boosted-model.js'
export { boostedTreeEnsemble } from './boosting/boosted-tree-ensemble.js'
export { histGradientBoostingClassifier } from './boosting/hist-gradient-boosting-classifier.js'
export { histGradientBoostingRegressor } from './boosting/hist-gradient-boosting-regressor.js'
export * from './calibration/calibrate-classifier.js'
export * from './calibration/fit-isotonic.js'
export * from './calibration/fit-sigmoid.js'
export * from './calibration/tune-threshold.js'
export { kMeans } from './cluster/k-means.js'
export * from './data/class-labels.js'
export * from './data/design-matrix.js'
export * from './data/sparse-matrix.js'
export * from './data/table.js'
export { pca } from './decomposition/pca.js'
export { dummyClassifier } from './dummy/dummy-classifier.js'
export { dummyRegressor } from './dummy/dummy-regressor.js'
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
export { forestEnsemble } from './forest/forest-ensemble.js'
export {
  decisionTreeClassifier,
  decisionTreeRegressor,
  extraTreesClassifier,
  extraTreesRegressor,
  randomForestClassifier,
  randomForestRegressor,
} from './forest/forest-estimators.js'
export { type ForestParameters, forestParameters } from './forest/forest-parameters.js'
export type { ForestRegressor } from './forest/forest-regressor.js'
export { isolationForest } from './forest/isolation-forest.js'
export type { IsolationForest } from './forest/isolation-model.js'
export { type ClassPrediction, classRowPredictor, predictForestClassifier } from './forest/predict-forest-classifier.js'
export { valueRowPredictor } from './forest/predict-forest-regressor.js'
export {
  type TrainForestOptions,
  type TrainingProgress,
  trainRandomForestClassifier,
  workerRowsMin,
} from './forest/train-random-forest-classifier.js'
export * from './inspection/partial-dependence.js'
export * from './inspection/permutation-importance.js'
export { expectedOutputs, rowExplainer, type TreeContributions, treeShap } from './inspection/tree-shap.js'
export { elasticNet, lasso } from './linear/elastic-net.js'
export { huberRegressor } from './linear/huber-regressor.js'
export type { LinearClassifier, LinearRegressor } from './linear/linear-model.js'
export { linearRegression } from './linear/linear-regression.js'
export { linearSvc } from './linear/linear-svc.js'
export { linearSvr } from './linear/linear-svr.js'
export { logisticRegression } from './linear/logistic-regression.js'
export { ridge } from './linear/ridge.js'
export { sgdClassifier } from './linear/sgd-classifier.js'
export { sgdRegressor } from './linear/sgd-regressor.js'
export * from './metrics/classification.js'
export * from './metrics/clustering.js'
export * from './metrics/probability.js'
export * from './metrics/ranking.js'
export * from './metrics/regression.js'
export { MlError, type MlErrorCode, mlErrorCodes } from './ml-error.js'
export { kNeighborsClassifier } from './neighbors/k-neighbors-classifier.js'
export { kNeighborsRegressor } from './neighbors/k-neighbors-regressor.js'
export { mlpClassifier } from './neural/mlp-classifier.js'
export { mlpRegressor } from './neural/mlp-regressor.js'
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
export * from './pipeline/default-pipeline.js'
export { exportPipeline } from './pipeline/export-pipeline.js'
export { estimatorOf, fitPipeline } from './pipeline/fit-pipeline.js'
export * from './pipeline/pipeline.js'
export { predictPipeline, transformPipeline } from './pipeline/predict-pipeline.js'
export { type ColumnSummary, summarizeColumns } from './pipeline/summarize-columns.js'
export { transformerOf, transformers } from './pipeline/transformers.js'
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
export type { CategorySplits, TreeEnsemble } from './trees/tree-ensemble.js'
