import type { Limit } from './limit.js'

/** The prediction log and its feedback. */
export const predictionLimits = {
  'predictions.kept_per_second_max': {
    default: 1000,
    unit: 'rows',
    description: 'Predictions written to the log in a second by one process; of more, a part that stands for all',
  },
  'predictions.rows_of_request_max': {
    default: 1000,
    unit: 'rows',
    description: 'Rows of one request in the log; of more, the first, which stand for all',
  },
  'predictions.waiting_rows_max': {
    default: 20_000,
    unit: 'rows',
    description: 'Predictions that wait to be written to the log; beyond it the next are left out and counted',
  },
  'predictions.waiting_bytes_max': {
    default: 64 * 1024 * 1024,
    unit: 'bytes',
    description:
      'Requests whose predictions wait to be written to the log; beyond it the next are left out and counted',
  },
  'predictions.write_every_ms': {
    default: 200,
    unit: 'ms',
    description: 'Time until a prediction is in the log; what an abrupt end of a server loses of it',
  },
  'predictions.figures_every_ms': {
    default: 5000,
    unit: 'ms',
    description: 'Time until an answer counts in the figures of its version',
  },
  'predictions.feedback_rows_max': {
    default: 1000,
    unit: 'rows',
    description: 'Rows of the log that one item of feedback by key and time may be about',
  },
  'predictions.feedback_request_rows_max': {
    default: 10_000,
    unit: 'rows',
    description: 'Rows of the log that all items of feedback by key and time in one request may be about',
  },
  'predictions.clock_skew_ms_max': {
    default: 300_000,
    unit: 'ms',
    description: 'How far the span of feedback by key and time may begin in the future: clocks differ',
  },
  'predictions.values_of_row_max': {
    default: 1024,
    unit: 'values',
    description: 'Values of one row of a tensor in the log; of more, its shape and the first of them',
  },
  'predictions.text_chars_max': {
    default: 10_000,
    unit: 'characters',
    description: 'Characters of a text in the log; of a longer one the first, and how long it was',
  },
  'predictions.part_rows': {
    default: 1_000_000,
    unit: 'rows',
    description: 'Rows of the log in one file; a day of more has several',
  },
  'predictions.columns_max': {
    default: 10_000,
    unit: 'columns',
    description: 'Columns of the files of the log that are found in its rows; further names are left out',
  },
  'predictions.compacted_days_max': {
    default: 400,
    unit: 'days',
    description: 'Days of the log that the data set of a model has; older ones leave its next snapshot',
  },
  'predictions.snapshots_kept': {
    default: 30,
    unit: 'snapshots',
    description: 'Newest snapshots of the log of a model; older ones are erased where nothing uses them',
  },
  'predictions.compact_rest_ms': {
    default: 86_400_000,
    unit: 'ms',
    description: 'Time until a day whose feedback came late is written to files again by itself',
  },
  'predictions.figures_steps_max': {
    default: 2000,
    unit: 'steps',
    description: 'Spans of time in one answer of figures',
  },
} as const satisfies Record<string, Limit>

/** Versions compared by their predictions. */
export const comparisonLimits = {
  'predictions.outputs_compared_max': {
    default: 5000,
    unit: 'predictions',
    description: 'Newest predictions of a variant whose spread a roll-out compares',
  },
} as const satisfies Record<string, Limit>
