import type { Limit } from './limit.js'

/** Batch predictions. */
export const batchLimits = {
  'batches.part_rows': {
    default: 262_144,
    unit: 'rows',
    description: 'Rows of a batch prediction that are done as one part: what a kill loses at most',
  },
  'batches.memory_bytes_max': {
    default: 4 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of the process of a batch prediction',
  },
  'batches.python_compute_ms': {
    default: 600_000,
    unit: 'ms',
    description:
      'Time for a Python process to answer some rows of a batch prediction; beyond it they are asked in halves',
  },
  'batches.python_deaths_max': {
    default: 10,
    unit: 'deaths',
    description:
      'Deaths in a row of the Python process of a batch prediction, beyond those that part its rows into halves; one more ends the batch',
  },
  'batches.kept': {
    default: 1000,
    unit: 'batches',
    description: 'Newest batch predictions that a model remembers; the snapshots of older ones stay',
  },
} as const satisfies Record<string, Limit>
