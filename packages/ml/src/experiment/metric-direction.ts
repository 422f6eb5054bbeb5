import type { Direction } from '../search/trial.js'
import type { LearningTask } from './experiment-definition.js'

const smallerIsBetter = new Set([
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

/** Whether greater values of a metric are better; of folds too (`cv_rmse_mean`). */
export function metricDirection(metric: string): Direction {
  return smallerIsBetter.has(metric.replace(/^cv_(.+)_mean$/, '$1')) ? 'minimise' : 'maximise'
}

/** What models are compared by when nobody says. */
export function defaultMetric(task: LearningTask): string {
  return task === 'classification' ? 'accuracy' : 'r2'
}
