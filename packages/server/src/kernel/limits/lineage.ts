import type { Limit } from './limit.js'

/** Lineage. */
export const lineageLimits = {
  'lineage.counted_max': {
    default: 10_000,
    unit: 'links',
    description: 'Links of a thing that are looked at to count what stands beside it in the lineage',
  },
} as const satisfies Record<string, Limit>
