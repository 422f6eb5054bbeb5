import type { ClassLabels } from '../src/data/class-labels.js'
import type { DesignMatrix } from '../src/data/design-matrix.js'
import type { FitRun } from '../src/estimators/estimator.js'
import type { ForestClassifier } from '../src/forest/forest-classifier.js'
import { randomForestClassifier } from '../src/forest/forest-estimators.js'
import { type ExportEstimatorOptions, exportEstimator } from '../src/onnx/export-estimator.js'

export interface FitForest extends FitRun {
  readonly matrix: DesignMatrix
  readonly labels: ClassLabels
  /** Under our names or scikit-learn's. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** A random forest of classes, as its tests ask for one. */
export function fitForest({ matrix, labels, ...options }: FitForest): Promise<ForestClassifier> {
  return randomForestClassifier.fit({ ...options, features: matrix, target: { kind: 'classes', labels } })
}

/** Its ONNX file. */
export function exportForest(model: ForestClassifier, options: ExportEstimatorOptions = {}): Uint8Array {
  return exportEstimator(randomForestClassifier, model, options)
}
