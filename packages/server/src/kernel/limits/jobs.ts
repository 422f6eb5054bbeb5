import type { Limit } from './limit.js'

/** Jobs. */
export const jobLimits = {
  'jobs.running_max': { default: 2, unit: 'jobs', description: 'Jobs that run at once in a worker' },
  'jobs.attempts_max': {
    default: 5,
    unit: 'attempts',
    description: 'How often a job is begun before it is given up: each time its worker died',
  },
} as const satisfies Record<string, Limit>
