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
  'mlflow.json_depth_max': {
    default: 1000,
    unit: 'levels',
    description: 'Depth of a large JSON body of the MLflow API',
  },
  'mlflow.json_values_max': {
    default: 2_000_000,
    unit: 'values',
    description: 'Values in a large JSON body of the MLflow API',
  },
  'mlflow.first_tags_max': {
    default: 1000,
    unit: 'tags',
    description: 'Tags that a run or an experiment is created with',
  },
  'mlflow.inputs_max': {
    default: 10_000,
    unit: 'inputs',
    description: 'Data sets, or logged models, in one log-inputs or one report of outputs',
  },
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
  'tracking.queued_points_max': {
    default: 200_000,
    unit: 'points',
    description: 'Metric points of all requests that wait to be written; beyond it clients are told to come back',
  },
  'tracking.flush_points_max': {
    default: 20_000,
    unit: 'points',
    description: 'Metric points of several requests written in one statement',
  },
  'tracking.history_points_max': {
    default: 100_000,
    unit: 'points',
    description: 'Metric points in one page of a history, and read at once',
  },
  'tracking.series_points_max': {
    default: 500_000,
    unit: 'points',
    description: 'Points of all metric series in one reply; with more series each has fewer',
  },
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
  'mlflow.logged_model_points_shown_max': {
    default: 1000,
    unit: 'points',
    description: 'Metric points shown with a logged model, the newest of each metric first',
  },
  'mlflow.logged_model_entries_max': {
    default: 1000,
    unit: 'entries',
    description: 'Parameters, or tags, of a logged model in one request',
  },
  'mlflow.logged_model_value_chars_max': {
    default: 100_000,
    unit: 'characters',
    description: 'Value of a parameter or tag of a logged model',
  },
  'mlflow.logged_models_page_max': {
    default: 5000,
    unit: 'models',
    description: 'Logged models in one page of a search',
  },
  'traces.request_bytes_max': {
    default: 32 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest OpenTelemetry export, as sent',
  },
  'traces.inflated_bytes_max': {
    default: 64 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest OpenTelemetry export once it is inflated',
  },
  'traces.request_spans_max': { default: 50_000, unit: 'spans', description: 'Spans in one OpenTelemetry export' },
  'traces.request_values_max': {
    default: 1_000_000,
    unit: 'values',
    description: 'Attributes, events, links and their values in one OpenTelemetry export',
  },
  'traces.json_depth_max': { default: 500, unit: 'levels', description: 'Depth of an OpenTelemetry export in JSON' },
  'traces.json_values_max': {
    default: 6_000_000,
    unit: 'values',
    description: 'Lists, objects and their members in an OpenTelemetry export in JSON',
  },
  'traces.value_depth_max': { default: 64, unit: 'levels', description: 'Depth of an attribute of a span' },
  'traces.spans_max': { default: 200_000, unit: 'spans', description: 'Spans of one trace' },
  'traces.usage_spans_max': {
    default: 10_000,
    unit: 'spans',
    description: 'Spans of a trace up to which spans that come after its root are added to its tokens and cost',
  },
  'traces.preview_chars_max': { default: 10_000, unit: 'characters', description: 'Preview of a request or response' },
  'traces.search_value_chars_max': {
    default: 1000,
    unit: 'characters',
    description: 'Start of an attribute of a span that searches look at',
  },
  'traces.tags_max': { default: 500, unit: 'tags', description: 'Tags of one trace; as many metadata' },
  'traces.metadata_value_chars_max': {
    default: 8000,
    unit: 'characters',
    description: 'Value of the metadata of a trace; longer ones are cut',
  },
  'traces.page_max': { default: 500, unit: 'traces', description: 'Traces in one page of a search' },
  'traces.batch_get_max': { default: 500, unit: 'traces', description: 'Traces asked for by id in one request' },
  'traces.links_max': { default: 100, unit: 'traces', description: 'Traces linked to a run in one request' },
  'traces.deleted_at_once': { default: 1000, unit: 'traces', description: 'Traces deleted in one transaction' },
  'traces.assessments_max': { default: 1000, unit: 'assessments', description: 'Assessments of one trace' },
  'traces.assessment_bytes_max': { default: 1024 * 1024, unit: 'bytes', description: 'Value of one assessment' },
  'traces.shown_spans_max': { default: 5000, unit: 'spans', description: 'Spans of a trace that pages get at once' },
  'evaluation.records_page_max': { default: 1000, unit: 'records', description: 'Records in one page of a data set' },
  'evaluation.records_per_request_max': {
    default: 10_000,
    unit: 'records',
    description: 'Records of an evaluation data set written in one request',
  },
  'evaluation.records_max': { default: 1_000_000, unit: 'records', description: 'Records of an evaluation data set' },
  'registry.model_name_chars_max': { default: 256, unit: 'characters', description: 'Name of a registered model' },
  'registry.description_chars_max': {
    default: 100_000,
    unit: 'characters',
    description: 'Description of a registered model or a version',
  },
  'registry.source_chars_max': { default: 2048, unit: 'characters', description: 'Source of a model version' },
  'registry.tag_value_chars_max': {
    default: 100_000,
    unit: 'characters',
    description: 'Value of a tag of a registered model or a version',
  },
  'registry.tags_max': { default: 1000, unit: 'tags', description: 'Tags of one registered model or version' },
  'registry.models_page_max': {
    default: 1000,
    unit: 'models',
    description: 'Registered models in one page of a search',
  },
  'registry.versions_page_max': {
    default: 200_000,
    unit: 'versions',
    description: 'Model versions in one page of a search',
  },
  'webhooks.count_max': { default: 1000, unit: 'webhooks', description: 'Webhooks of one server' },
  'webhooks.url_chars_max': { default: 2048, unit: 'characters', description: 'Address of a webhook' },
  'webhooks.secret_chars_max': { default: 1000, unit: 'characters', description: 'Secret of a webhook' },
  'webhooks.description_chars_max': { default: 5000, unit: 'characters', description: 'Description of a webhook' },
  'webhooks.body_bytes_max': { default: 1024 * 1024, unit: 'bytes', description: 'Body of one delivery' },
  'webhooks.reply_bytes_max': { default: 16 * 1024, unit: 'bytes', description: 'Bytes read of a reply to a delivery' },
  'webhooks.request_timeout_ms': { default: 30_000, unit: 'ms', description: 'Time for one attempt of a delivery' },
  'webhooks.concurrency_max': { default: 8, unit: 'requests', description: 'Deliveries sent at once by one server' },
  'webhooks.attempts_max': { default: 10, unit: 'attempts', description: 'Attempts of one delivery' },
  'webhooks.retry_delay_ms_max': { default: 600_000, unit: 'ms', description: 'Longest wait between two attempts' },
  'webhooks.deadline_ms': { default: 6 * 3_600_000, unit: 'ms', description: 'Age at which a delivery is given up' },
  'webhooks.waiting_max': { default: 10_000, unit: 'deliveries', description: 'Deliveries that wait for one webhook' },
  'webhooks.deliveries_kept': { default: 1000, unit: 'deliveries', description: 'Finished deliveries kept by webhook' },
  'artifacts.upload_parts_max': { default: 10_000, unit: 'parts', description: 'Parts of one upload in parts' },
  'artifacts.uploads_max': { default: 1000, unit: 'uploads', description: 'Uploads in parts open at once' },
  'artifacts.upload_expiry_ms': {
    default: 86_400_000,
    unit: 'ms',
    description: 'Time without a part after which an upload in parts is dropped',
  },
  'artifacts.link_expiry_ms': {
    default: 604_800_000,
    unit: 'ms',
    description: 'Longest life of an address that reads or writes one artifact without credentials',
  },
  'artifacts.page_upload_bytes_max': {
    default: 10 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest artifact that a page uploads',
  },
  'blobs.grace_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'Age below which content that nothing names stays, since a writer may be about to name it',
  },
  'blobs.staging_ms': {
    default: 86_400_000,
    unit: 'ms',
    description: 'Age after which an unfinished file on its way into the blob store is removed',
  },
  'mlflow.dataset_summaries_max': {
    default: 1000,
    unit: 'data sets',
    description: 'Data sets that a search of them lists',
  },
  'mlflow.dataset_experiments_max': {
    default: 20,
    unit: 'experiments',
    description: 'Experiments in a search of data sets',
  },
  'runs.groups_max': { default: 1000, unit: 'groups', description: 'Groups of runs in one reply, the largest first' },
  'runs.columns_max': {
    default: 10_000,
    unit: 'columns',
    description: 'Parameters, metrics and tags of an experiment listed',
  },
  'runs.columns_runs_max': {
    default: 10_000,
    unit: 'runs',
    description: 'Newest runs of an experiment whose parameters, metrics and tags are listed',
  },
  'runs.export_columns_max': { default: 5000, unit: 'columns', description: 'Columns of a table of runs' },
  'runs.saved_views_max': { default: 200, unit: 'views', description: 'Saved views of an experiment' },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limits

/** The value of a limit. */
export function limit(name: LimitName): number {
  return limits[name].default
}
