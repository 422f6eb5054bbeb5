/** Drift between two tables, column by column and as a whole. */
export { assembleReport } from './assemble-report.js'
export {
  type ColumnToCompare,
  calibratedMethods,
  compareColumn,
  type DriftSettings,
  driftSettings,
  untestedColumn,
} from './column-drift.js'
export { defaultMethod } from './default-method.js'
export { type DriftFamily, describeUntested, methodTitle, shortNumber, type Untested } from './describe-drift.js'
export { type SharedDistribution, sharedDistribution } from './distribution.js'
export { driftDocument, type NamedSide } from './drift-document.js'
export { driftWords, resultOf } from './drift-words.js'
export { calibratedEmbeddingMethod, compareEmbedding, type EmbeddingToCompare } from './embedding-column.js'
export { evenPlaces } from './even-places.js'
export { type DriftMethod, type DriftMethodName, driftMethod, driftMethodNames, isProbability } from './methods.js'
export type {
  CategoryCounts,
  ColumnDrift,
  ColumnPair,
  DriftKind,
  DriftMode,
  DriftReport,
  DriftState,
  NumberSample,
  PairedCounts,
  Said,
  TextSample,
  VectorSample,
} from './model.js'
export { atEvenRanks, categoryCounts, countedRows, distinctUpTo, numberSample } from './samples.js'
export { embeddingMethodNames, isEmbeddingMethod } from './vector-methods.js'
