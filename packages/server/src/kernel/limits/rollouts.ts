import type { Limit } from './limit.js'

/** Rollouts. */
export const rolloutLimits = {
  'rollouts.decide_every_ms': {
    default: 5000,
    unit: 'ms',
    description: 'Between two looks at the figures of a roll-out',
  },
  'rollouts.failures_enough': {
    default: 10,
    unit: 'requests',
    description: 'Failed requests of a candidate that decide before there is anything to compare with',
  },
  'rollouts.durations_min': {
    default: 100,
    unit: 'requests',
    description: 'Answers of each version before their durations are compared',
  },
  'rollouts.outputs_min': {
    default: 200,
    unit: 'predictions',
    description: 'Logged predictions of each version before their spread is compared',
  },
  'rollouts.rewards_min': {
    default: 10,
    unit: 'rewards',
    description: 'Rewards of each variant before a bandit shifts its shares',
  },
  'rollouts.shadows_max': {
    default: 16,
    unit: 'requests',
    description: 'Requests that are asked of a shadow at once; beyond it the next are left out and counted',
  },
  'rollouts.shadow_examples_max': {
    default: 20,
    unit: 'examples',
    description: 'Newest answers of a shadow that differ, kept by each process',
  },
} as const satisfies Record<string, Limit>
