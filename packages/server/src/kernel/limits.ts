/** One bound of the program. */
export interface Limit {
  readonly default: number
  readonly unit: string
  readonly description: string
}

/**
 * Every bound that a request, a file, a queue or a log meets, in one place. `docs/limits.md` is generated from this table.
 */
export const limits = {
  'http.body_bytes_max': { default: 10 * 1024 * 1024, unit: 'bytes', description: 'Largest JSON body of a request' },
  'http.artifact_bytes_max': {
    default: 64 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest artifact in one upload; it is streamed, never held in memory',
  },
  'http.request_timeout_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'Time for a request to arrive completely, a large artifact included',
  },
  'http.silence_timeout_ms': {
    default: 120_000,
    unit: 'ms',
    description: 'Time without a byte in either direction after which a connection is closed',
  },
  'http.header_timeout_ms': { default: 15_000, unit: 'ms', description: 'Time for the headers of a request to arrive' },
  'http.streams_max': { default: 200, unit: 'streams', description: 'Event streams open at once; the next is refused' },
  'http.stream_buffer_bytes_max': {
    default: 1024 * 1024,
    unit: 'bytes',
    description: 'Events that wait for a slow reader of a stream; beyond it is cut off and may resume',
  },
  'predict.rows_max': { default: 10_000, unit: 'rows', description: 'Rows in one prediction request' },
  'predict.latencies_kept': {
    default: 2048,
    unit: 'values',
    description: 'Newest latencies kept for the percentiles of an endpoint',
  },
  'data.line_bytes_max': { default: 2 * 1024 * 1024, unit: 'bytes', description: 'Longest line of a CSV file' },
  'data.columns_max': { default: 10_000, unit: 'columns', description: 'Columns of a data set' },
  'data.memory_bytes_max': {
    default: 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of the data engine; beyond it spills to disk',
  },
  'data.rejected_rows_kept': { default: 100, unit: 'rows', description: 'Rejected rows described in an error' },
  'checks.sample_max': { default: 20, unit: 'values', description: 'Unexpected values kept with a check result' },
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
  'mlflow.batch_metrics_max': { default: 1000, unit: 'metrics', description: 'Metrics in one log-batch' },
  'mlflow.batch_params_max': { default: 100, unit: 'params', description: 'Parameters in one log-batch' },
  'mlflow.batch_tags_max': { default: 100, unit: 'tags', description: 'Tags in one log-batch' },
  'mlflow.batch_entities_max': {
    default: 1000,
    unit: 'entities',
    description: 'Metrics, parameters and tags in one log-batch together',
  },
  'mlflow.key_chars_max': { default: 250, unit: 'characters', description: 'Name of a metric, parameter or tag' },
  'mlflow.param_value_chars_max': {
    default: 6000,
    unit: 'characters',
    description: 'Value of a parameter; longer ones are cut',
  },
  'mlflow.tag_value_chars_max': {
    default: 8000,
    unit: 'characters',
    description: 'Value of a run tag; longer ones are cut',
  },
  'mlflow.runs_page_max': { default: 50_000, unit: 'runs', description: 'Runs in one page of runs/search' },
  'artifacts.path_bytes_max': { default: 2000, unit: 'bytes', description: 'Complete path of an artifact' },
  'artifacts.listed_max': { default: 100_000, unit: 'artifacts', description: 'Artifacts in one listing' },
  'mlflow.experiment_name_chars_max': { default: 500, unit: 'characters', description: 'Name of an experiment' },
  'mlflow.artifact_location_chars_max': {
    default: 2048,
    unit: 'characters',
    description: 'Artifact location of an experiment',
  },
  'mlflow.experiment_tag_chars_max': { default: 5000, unit: 'characters', description: 'Value of an experiment tag' },
  'mlflow.dataset_name_chars_max': { default: 500, unit: 'characters', description: 'Name of a logged data set' },
  'mlflow.dataset_digest_chars_max': { default: 36, unit: 'characters', description: 'Digest of a logged data set' },
  'mlflow.dataset_source_chars_max': {
    default: 65_535,
    unit: 'characters',
    description: 'Source of a logged data set',
  },
  'mlflow.dataset_schema_chars_max': {
    default: 1_048_575,
    unit: 'characters',
    description: 'Schema of a logged data set',
  },
  'mlflow.dataset_profile_chars_max': {
    default: 16_777_215,
    unit: 'characters',
    description: 'Profile of a logged data set',
  },
  'mlflow.input_tag_key_chars_max': {
    default: 255,
    unit: 'characters',
    description: 'Key of a tag of a logged data set',
  },
  'mlflow.input_tag_value_chars_max': {
    default: 500,
    unit: 'characters',
    description: 'Value of a tag of a logged data set',
  },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limits

/** The value of a limit. */
export function limit(name: LimitName): number {
  return limits[name].default
}
