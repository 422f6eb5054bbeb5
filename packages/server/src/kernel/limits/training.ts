import type { Limit } from './limit.js'

/** Trainings. */
export const trainingLimits = {
  'training.values_max': {
    default: 500_000_000,
    unit: 'values',
    description: 'Values of a table that a training holds in memory (8 bytes each)',
  },
  'training.memory_bytes_max': {
    default: 8 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of the process of one training',
  },
  'training.picture_bytes_max': {
    default: 100 * 1024,
    unit: 'bytes',
    description: 'Size of a plot of a training as PNG; a larger one is drawn with fewer pixels',
  },
  'training.script_seconds_max': {
    default: 86_400,
    unit: 's',
    description: 'Time that a script which trains may take, where it names no other',
  },
  'training.script_log_bytes_max': {
    default: 4 * 1024 * 1024,
    unit: 'bytes',
    description: 'Output of a script that is kept with its run: the first and the last half',
  },
  'training.trials_max': { default: 1000, unit: 'trials', description: 'Trials of one search of parameters' },
  'training.auto_seconds_max': {
    default: 86_400,
    unit: 's',
    description: 'Time that a training may try one estimator after the other',
  },
} as const satisfies Record<string, Limit>
