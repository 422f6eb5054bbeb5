import type { Task } from './train-draft.js'

/** Metrics that trainings are compared by, the usual one first; as `packages/ml` logs them. */
export const taskMetrics: Readonly<Record<Task, readonly string[]>> = {
  regression: ['r2', 'rmse', 'mae', 'mape', 'median_ae', 'max_error', 'explained_variance'],
  classification: [
    'accuracy',
    'f1_macro',
    'roc_auc',
    'log_loss',
    'balanced_accuracy',
    'precision_macro',
    'recall_macro',
    'f1_weighted',
    'pr_auc',
    'brier',
    'calibration_error',
    'mcc',
    'kappa',
  ],
}

/** Those that stand large at the end of a training. */
export const mainMetrics: Readonly<Record<Task, readonly string[]>> = {
  regression: ['r2', 'rmse', 'mae'],
  classification: ['accuracy', 'f1_macro', 'roc_auc', 'log_loss'],
}

const lowerIsBetter = new Set([
  'rmse',
  'mae',
  'mape',
  'median_ae',
  'max_error',
  'log_loss',
  'brier',
  'calibration_error',
  'fit_seconds',
])

export const isLowerBetter = (metric: string): boolean => lowerIsBetter.has(metric)

/** The best of values, some of which may be missing. */
export function bestOf(metric: string, values: readonly (number | undefined)[]): number | undefined {
  const there = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[]
  if (there.length === 0) return undefined
  return isLowerBetter(metric) ? Math.min(...there) : Math.max(...there)
}
