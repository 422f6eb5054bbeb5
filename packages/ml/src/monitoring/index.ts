/** What a monitor computes beside drift: data quality, performance with labels and without, and the reports of it. Pure functions. */

export * from '../drift/multivariate-classifier.js'
export * from '../drift/multivariate-reconstruction.js'
export { type EmbeddingDriftMethod, embeddingRowsMin, embeddingThresholds } from '../drift/vector-methods.js'
export { adjustedChances } from '../statistics/adjusted-chances.js'
export { type AreaWithError, areaWithError } from './area-with-error.js'
export * from './classification-performance.js'
export {
  type ColumnFinding,
  type ColumnQuality,
  type ColumnState,
  compareProfiles,
  countOutside,
  type OutsideCount,
  type QualityOptions,
} from './compare-profiles.js'
export * from './correlations.js'
export { columnsAlike } from './duplicate-columns.js'
export { type RowCounter, rowCounter } from './duplicate-rows.js'
export * from './embedding-drift.js'
export { type Embeddings, kernelRowsMax } from './embedding-scores.js'
export * from './estimate-classification.js'
export * from './estimate-regression.js'
export * from './evidently-drift.js'
export * from './evidently-figures.js'
export type {
  EvidentlyMetric,
  EvidentlyOptions,
  EvidentlyReport,
  EvidentlyStatus,
  EvidentlyTest,
  EvidentlyValue,
} from './evidently-json.js'
export { evidentlyClassification, evidentlyRegression } from './evidently-performance.js'
export * from './evidently-summary.js'
export * from './freshness.js'
export * from './image-statistics.js'
export type { MeasuredValue } from './intervals.js'
export * from './performance-by-segment.js'
export * from './profile-column.js'
export * from './ranking-performance.js'
export { type EstimatedValue, type MetricThresholds, referenceChunks } from './reference-chunks.js'
export * from './regression-performance.js'
export * from './segment-losses.js'
export * from './table-quality.js'
