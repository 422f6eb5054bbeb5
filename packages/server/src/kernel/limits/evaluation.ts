import type { Limit } from './limit.js'

/** Data sets of evaluations. */
export const evaluationLimits = {
  'evaluation.records_page_max': { default: 1000, unit: 'records', description: 'Records in one page of a data set' },
  'evaluation.records_per_request_max': {
    default: 10_000,
    unit: 'records',
    description: 'Records of an evaluation data set written in one request',
  },
  'evaluation.records_max': { default: 1_000_000, unit: 'records', description: 'Records of an evaluation data set' },
} as const satisfies Record<string, Limit>
