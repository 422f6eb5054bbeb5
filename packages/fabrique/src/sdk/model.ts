import type { EstimatorDefinition, ModelDefinition } from '@fabrique/contract'
import type { ColumnReference } from './dataset.js'

/** Metrics of one version on the test rows, from 0 to 1, higher is better. */
export interface ClassificationMetrics {
  readonly accuracy: number
  readonly f1Macro: number
}

/** What a promotion rule compares. */
export interface Promotion {
  readonly candidate: ClassificationMetrics
  /** The version that holds the alias `champion`. */
  readonly champion: ClassificationMetrics
}

/** True when the candidate shall take the alias `champion`. Called only when there is a champion. */
export type PromotionRule = (promotion: Promotion) => boolean

export interface ModelOptions {
  readonly task: 'classification'
  readonly description?: string
  /** The column to predict. */
  readonly label: ColumnReference
  /** The columns to predict from, of the same data set. */
  readonly features: readonly ColumnReference[]
  readonly estimator: EstimatorDefinition
  /** Share of the rows kept for evaluation, drawn by class; 0.25 by default. */
  readonly test?: number
  /** The same seed gives the same model, byte for byte; 1 by default. */
  readonly seed?: number
  /** When a new version replaces the champion; by default when its accuracy is at least as high. */
  readonly promoteWhen?: PromotionRule
}

/** A declared model. */
export interface Model {
  readonly kind: 'model'
  readonly definition: ModelDefinition
  readonly promoteWhen: PromotionRule | undefined
}

/** Declares a model: what it predicts, from which columns, how it is trained and when it is promoted. */
export function model(name: string, options: ModelOptions): Model {
  return {
    kind: 'model',
    definition: {
      name,
      ...(options.description === undefined ? {} : { description: options.description }),
      task: options.task,
      dataset: options.label.dataset,
      label: options.label.name,
      features: options.features.map((feature) => feature.name),
      estimator: options.estimator,
      test_share: options.test ?? 0.25,
      seed: options.seed ?? 1,
      promotion_rule: options.promoteWhen !== undefined,
    },
    promoteWhen: options.promoteWhen,
  }
}
