import type { Limit } from './limit.js'

/** Sources of data sets, S3 among them. */
export const sourceLimits = {
  'sources.connect_timeout_ms': {
    default: 15_000,
    unit: 'ms',
    description: 'Time for a connection to a remote source, name look-up included',
  },
  'sources.silence_timeout_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'Time without a byte from a remote source after which the connection is given up',
  },
  'sources.time_max_ms': {
    default: 24 * 3_600_000,
    unit: 'ms',
    description: 'Time to fetch one file, or the answer to one query, of a remote source',
  },
  'sources.statement_timeout_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'Time for one statement in the database of a source; rows are fetched by several',
  },
  'sources.attempts_max': {
    default: 5,
    unit: 'attempts',
    description: 'Attempts at a remote source without a byte of progress between them',
  },
  'sources.redirects_max': { default: 10, unit: 'redirects', description: 'Redirects followed for one address' },
  'sources.files_max': { default: 100_000, unit: 'files', description: 'Files of one source in an ingest' },
  's3.connect_timeout_ms': { default: 10_000, unit: 'ms', description: 'Time for a connection to an S3 server' },
  's3.silence_timeout_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'Time without a byte from an S3 server after which a request is given up',
  },
  's3.attempts_max': { default: 5, unit: 'attempts', description: 'Attempts of one request to an S3 server' },
  's3.connections_max': { default: 64, unit: 'connections', description: 'Connections of one client to an S3 server' },
  's3.parts_at_once': { default: 4, unit: 'parts', description: 'Parts of one upload to an S3 server sent at once' },
  'data.parts_fetched_at_once': { default: 8, unit: 'files', description: 'Parts of a snapshot fetched at once' },
} as const satisfies Record<string, Limit>
