import type { Limit } from './limit.js'

/** Monitors and their reports. */
export const monitoringLimits = {
  'monitoring.labels_max': {
    default: 100_000,
    unit: 'labels',
    description: 'Different labels of a column whose drift is computed; a column with more is not tested, and says so',
  },
  'monitoring.texts_max': {
    default: 20_000,
    unit: 'texts',
    description: 'Texts of each side that a classifier tells apart; of more, as many are taken at even distances',
  },
  'monitoring.profile_values_max': {
    default: 10_000,
    unit: 'values',
    description:
      'Different values of a column that the profile of a training keeps; of more numbers, as many at even ranks. A million in all',
  },
  'monitoring.drawn_columns_max': {
    default: 200,
    unit: 'columns',
    description: 'Columns that a drift report draws; the others stand in its table',
  },
  'monitoring.monitors_max': {
    default: 1000,
    unit: 'monitors',
    description: 'Monitors on a server; the gauges have a series for each',
  },
  'monitoring.reports_kept': {
    default: 400,
    unit: 'reports',
    description:
      'Newest reports that a monitor keeps, as many of its runs on other rows, and as many findings that are resolved',
  },
  'monitoring.trend_columns_max': {
    default: 500,
    unit: 'columns',
    description: 'Columns of a report whose scores are kept as a trend, the drifted ones first; the report has all',
  },
  'monitoring.gauge_columns_max': {
    default: 50,
    unit: 'columns',
    description: 'Columns of a monitor at /metrics, the drifted ones first',
  },
  'monitoring.gauge_series_max': {
    default: 2000,
    unit: 'columns',
    description: 'Columns of all monitors at /metrics',
  },
  'monitoring.window_rows_max': {
    default: 1_000_000,
    unit: 'rows',
    description:
      'Predictions of a window that are compared, and rows of a snapshot whose performance is measured; of more, as many are taken evenly, and the report says so',
  },
  'monitoring.classes_max': {
    default: 1_000,
    unit: 'classes',
    description: 'Classes of a model whose performance is measured by monitors; of more it is told as not computed',
  },
  'monitoring.multivariate_rows_max': {
    default: 10_000,
    unit: 'rows',
    description: 'Rows of each side that are looked at where columns are compared together; of more, as many evenly',
  },
  'monitoring.multivariate_values_max': {
    default: 500_000,
    unit: 'values',
    description:
      'Values of each side that are looked at where columns are compared together: of many columns fewer rows',
  },
  'monitoring.multivariate_columns_max': {
    default: 200,
    unit: 'columns',
    description: 'Columns that are compared together; others are told as left out, and nothing is said of them',
  },
  'monitoring.embedding_values_max': {
    default: 4_000_000,
    unit: 'values',
    description:
      'Numbers of the vectors of each side that are read of an embedding; of more rows, as many evenly, and the report says so',
  },
  'monitoring.pictures_max': {
    default: 2_000,
    unit: 'pictures',
    description: 'Pictures of each side whose figures are compared; of more, as many evenly, and the report says so',
  },
  'monitoring.picture_pixels_max': {
    default: 50_000_000,
    unit: 'pixels',
    description: 'Largest picture whose figures are compared; a larger one counts as missing',
  },
  'monitoring.look_ms': {
    default: 15_000,
    unit: 'ms',
    description:
      'Longest time until a worker sees that a monitor is due or a snapshot is new, where a message was lost',
  },
} as const satisfies Record<string, Limit>
