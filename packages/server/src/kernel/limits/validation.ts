import type { Limit } from './limit.js'

/** One check. */
export const checkLimits = {
  'checks.partial_max': {
    default: 200,
    unit: 'rows',
    description: 'Unexpected rows listed with a result that is not COMPLETE',
  },
  'checks.unexpected_max': {
    default: 100_000,
    unit: 'rows',
    description: 'Unexpected rows listed with a COMPLETE result; their number is counted without bound',
  },
  'checks.listed_max': {
    default: 1_000_000,
    unit: 'rows',
    description:
      'Unexpected rows listed with the COMPLETE results of a whole suite; beyond it each lists as many as one that is not',
  },
  'checks.distinct_max': { default: 100, unit: 'values', description: 'Most frequent values listed with a result' },
  'checks.categories_max': {
    default: 10_000,
    unit: 'values',
    description: 'Distinct values, or combinations of two, that a distribution is made of',
  },
  'checks.sample_max': { default: 20, unit: 'values', description: 'Unexpected values kept with a check result' },
  'validation.value_chars_max': {
    default: 200,
    unit: 'characters',
    description: 'Text of one value that is kept with a check result',
  },
} as const satisfies Record<string, Limit>

/** Validations and suites. */
export const validationLimits = {
  'validation.list_values_max': {
    default: 100,
    unit: 'values',
    description: 'Items kept of a list that a check found',
  },
  'validation.evidence_bytes_max': {
    default: 4 * 1024 * 1024,
    unit: 'bytes',
    description: 'Values kept with all checks of a validation; counts always stay',
  },
  'validation.suite_bytes_max': { default: 2 * 1024 * 1024, unit: 'bytes', description: 'One suite that is kept' },
  'validation.suites_max': { default: 100, unit: 'suites', description: 'Suites kept for a data set' },
  'validation.results_kept': {
    default: 10_000,
    unit: 'validations',
    description: 'Newest validations kept of a data set; older ones are dropped',
  },
  'validation.of_snapshot_max': {
    default: 50,
    unit: 'validations',
    description: 'Newest validations of a snapshot listed with all that they found',
  },
  'validation.of_snapshot_bytes_max': {
    default: 16 * 1024 * 1024,
    unit: 'bytes',
    description: 'Results in one list of the validations of a snapshot; the newest is always there',
  },
  'validation.history_points_max': {
    default: 20_000,
    unit: 'points',
    description: 'Results in one reply of the history of expectations',
  },
  'validation.failing_rows_bytes_max': {
    default: 8 * 1024 * 1024,
    unit: 'bytes',
    description: 'Values in one page of failing rows; what is longer is cut and says so',
  },
  'validation.report_bytes_max': {
    default: 290_000,
    unit: 'bytes',
    description: 'One validation report; what does not fit is counted in it',
  },
} as const satisfies Record<string, Limit>
