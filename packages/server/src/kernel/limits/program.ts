import type { Limit } from './limit.js'

/** Short verbs. */
export const shortLimits = {
  'short.waiting_max': {
    default: 20,
    unit: 'requests',
    description: 'Requests to /generate, /retrain and /retrain-debug that wait at once; more are answered with 202',
  },
} as const satisfies Record<string, Limit>

/** The database, events, logs, parts of the program, the disk and lists. */
export const programLimits = {
  'database.pool_max': { default: 10, unit: 'connections', description: 'Connections of one process to the database' },
  'database.connect_timeout_ms': { default: 5_000, unit: 'ms', description: 'Time for a connection to the database' },
  'database.statement_timeout_ms': { default: 60_000, unit: 'ms', description: 'Time for one statement of a request' },
  'database.start_wait_ms': {
    default: 30_000,
    unit: 'ms',
    description: 'Time that a start waits for an external database',
  },
  'events.kept_days': { default: 30, unit: 'days', description: 'Events kept for streams that resume' },
  'events.batch_max': { default: 500, unit: 'events', description: 'Events read at once' },
  'logs.file_bytes_max': {
    default: 20 * 1024 * 1024,
    unit: 'bytes',
    description: 'Size at which a log file is rotated',
  },
  'logs.files_max': { default: 10, unit: 'files', description: 'Rotated log files kept by process' },
  'supervisor.restarts_max': {
    default: 5,
    unit: 'restarts',
    description: 'Restarts of a part within a minute before giving up',
  },
  'supervisor.stop_timeout_ms': {
    default: 6_000,
    unit: 'ms',
    description: 'Time for a part to stop before it is killed',
  },
  'disk.free_bytes_min': {
    default: 64 * 1024 * 1024,
    unit: 'bytes',
    description: 'Free space below which nothing is started',
  },
  'list.page_max': { default: 1000, unit: 'items', description: 'Items in a page of a list' },
} as const satisfies Record<string, Limit>
