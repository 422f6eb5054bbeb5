import type { Limit } from './limit.js'

/** Metrics and their history. */
export const metricLimits = {
  'metrics.trainings_read_max': {
    default: 2_000,
    unit: 'trainings',
    description: 'Newest finished trainings among which those for /metrics are looked for',
  },
  'metrics.trainings_max': {
    default: 200,
    unit: 'trainings',
    description: 'Trainings, the newest of each kind, whose metrics stand at /metrics',
  },
  'metrics.training_metrics_max': {
    default: 50,
    unit: 'metrics',
    description: 'Metrics of one training that stand at /metrics',
  },
  'metrics.feature_views_refresh_ms': {
    default: 5_000,
    unit: 'ms',
    description: 'Least time between two looks at feature views for /metrics',
  },
  'metrics.feature_views_max': { default: 200, unit: 'views', description: 'Feature views that stand at /metrics' },
  'metrics.features_max': { default: 2_000, unit: 'features', description: 'Features whose nulls stand at /metrics' },
  'metrics.trainings_refresh_ms': {
    default: 2_000,
    unit: 'ms',
    description: 'Least time between two looks at the newest trainings for /metrics',
  },
  'metrics.work_refresh_ms': {
    default: 2_000,
    unit: 'ms',
    description: 'Least time between two looks at jobs and runs of flows for /metrics',
  },
  'metrics.flows_max': { default: 200, unit: 'flows', description: 'Flows whose runs stand at /metrics' },
  'metrics.answerers_max': {
    default: 200,
    unit: 'versions',
    description: 'Versions of models, and variants of roll-outs, whose predictions stand at /metrics: those asked last',
  },
  'metrics.classes_max': {
    default: 50,
    unit: 'classes',
    description: 'Classes of a version that /metrics tells apart; others count as other',
  },
  'metrics.host_refresh_ms': {
    default: 1_000,
    unit: 'ms',
    description: 'Least time between two looks at this machine for /metrics',
  },
  'metrics.host_devices_max': {
    default: 64,
    unit: 'devices',
    description: 'Disks, networks and file systems of this machine that stand at /metrics, of each kind',
  },
  'metrics.history_every_ms': {
    default: 5_000,
    unit: 'ms',
    description: 'How often a process writes its metrics to their history',
  },
  'metrics.history_series_max': {
    default: 2_000,
    unit: 'series',
    description: 'Series of a process of which there is a history; others are counted and left out',
  },
  'metrics.history_writers_max': {
    default: 64,
    unit: 'processes',
    description: 'Processes whose history is read together, those that wrote last',
  },
  'metrics.history_fine_ms': {
    default: 2 * 3_600_000,
    unit: 'ms',
    description: 'Age up to which the history of metrics has every 5 s',
  },
  'metrics.history_minutes_ms': {
    default: 3 * 86_400_000,
    unit: 'ms',
    description: 'Age up to which the history of metrics has every minute',
  },
  'metrics.history_quarters_ms': {
    default: 90 * 86_400_000,
    unit: 'ms',
    description: 'Age up to which the history of metrics has every 15 minutes; then it is erased',
  },
  'metrics.history_values_read_max': {
    default: 2_000_000,
    unit: 'values',
    description: 'Values that are read for one chart of the history of metrics',
  },
  'metrics.query_lines_max': {
    default: 100,
    unit: 'lines',
    description: 'Lines of one chart of the history of metrics',
  },
  'metrics.query_points_max': {
    default: 2_000,
    unit: 'steps',
    description: 'Steps of one chart of the history of metrics',
  },
  'metrics.prometheus_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'Time for Prometheus to answer what a chart asks; then it counts as away',
  },
  'metrics.prometheus_bytes_max': {
    default: 32 * 1024 * 1024,
    unit: 'bytes',
    description: 'Bytes that are read of an answer of Prometheus',
  },
} as const satisfies Record<string, Limit>
