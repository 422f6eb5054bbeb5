import type { Limit } from './limit.js'

/** Explanations and comparisons of models. */
export const explanationLimits = {
  'explanations.values_max': {
    default: 1_000_000,
    unit: 'values',
    description: 'Contributions in one explanation: rows by columns by classes',
  },
  'explanations.predictions_max': {
    default: 20_000_000,
    unit: 'predictions',
    description: 'Predictions that one explanation may make of rows with changed columns',
  },
  'explanations.classes_max': {
    default: 20,
    unit: 'classes',
    description: 'Classes that are explained side by side; of more, one has to be named',
  },
  'explanations.groups_max': { default: 50, unit: 'groups', description: 'Groups of one column of a fairness table' },
  'explanations.kept': { default: 50, unit: 'explanations', description: 'Newest explanations kept of a version' },
  'explanations.compared_rows_max': {
    default: 100_000,
    unit: 'rows',
    description: 'Rows that two models are compared on; of more, as many are drawn at random',
  },
  'explanations.request_ms_max': {
    default: 60_000,
    unit: 'ms',
    description: 'Time of a comparison, or of the explanation of one prediction',
  },
  'explanations.waiting_max': {
    default: 32,
    unit: 'requests',
    description: 'Comparisons and explained predictions under way at once; the next is refused',
  },
  'explanations.models_loaded_max': {
    default: 4,
    unit: 'versions',
    description: 'Versions that predictions are explained of, kept loaded in a process of their own',
  },
  'explanations.idle_ms': {
    default: 300_000,
    unit: 'ms',
    description: 'Time without a request after which that process ends',
  },
  'explanations.memory_bytes_max': {
    default: 4 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of a process that explains or compares',
  },
} as const satisfies Record<string, Limit>
