import type { Limit } from './limit.js'

/** Features and the online store. */
export const featureLimits = {
  'features.ttl_seconds_max': {
    default: 100 * 366 * 86_400,
    unit: 'seconds',
    description: 'Time-to-live of features; a longer one is this',
  },
  'features.views_max': { default: 100, unit: 'views', description: 'Feature views in one point-in-time join' },
  'features.keys_max': { default: 8, unit: 'columns', description: 'Keys of an entity' },
  'features.online_batch': { default: 2_000, unit: 'rows', description: 'Rows in one write to the online store' },
  'features.feast_wait_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'How long a client of Feast that materialises is kept waiting',
  },
  'features.bucket_rows': {
    default: 50_000,
    unit: 'rows',
    description: 'Rows of a materialisation after which its progress is kept',
  },
  'data.pushed_part_rows': {
    default: 100_000,
    unit: 'rows',
    description: 'Rows that applications sent to a data set and that stand in one part of its snapshots',
  },
  'features.schedule_poll_ms': {
    default: 15_000,
    unit: 'ms',
    description: 'How often a worker looks whether the schedule of a view is due, and what is not served any more',
  },
  'features.records_kept': {
    default: 1_000,
    unit: 'records',
    description: 'Materialisations with their statistics, and checks, that are kept of each view',
  },
  'features.statistics_keys': {
    default: 10_000,
    unit: 'keys',
    description: 'Keys of a view whose values are looked at for its statistics, at each materialisation',
  },
  'features.old_versions_kept_seconds': {
    default: 3_600,
    unit: 'seconds',
    description: 'How long the online values of a version of a view stay after a newer one can be read',
  },
  'features.versions_online_max': {
    default: 3,
    unit: 'versions',
    description: 'Older versions of a view kept online for models that go by an older version of a service',
  },
  'features.online_rows_max': { default: 1_000, unit: 'keys', description: 'Keys in one read of features' },
  'features.online_values_max': {
    default: 500_000,
    unit: 'values',
    description: 'Features times keys in one read; of more the request is refused',
  },
  'features.plan_kept_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'How long a reader of features goes by what it knows of views, where it is not told of a change',
  },
  'features.push_skew_seconds': {
    default: 300,
    unit: 'seconds',
    description: 'How far the clock of an application that pushes may be ahead',
  },
} as const satisfies Record<string, Limit>
