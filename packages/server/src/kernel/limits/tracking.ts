import type { Limit } from './limit.js'

/** Runs as they are logged. */
export const trackingLimits = {
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
  'tracking.run_texts_bytes_max': {
    default: 64 * 1024 * 1024,
    unit: 'bytes',
    description:
      'Runs in the form in which searches send them, kept in the memory of a server process until they change',
  },
  'tracking.series_points_max': {
    default: 500_000,
    unit: 'points',
    description: 'Points of all metric series in one reply; with more series each has fewer',
  },
} as const satisfies Record<string, Limit>

/** Experiments, data sets and logged models. */
export const mlflowLimits = {
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
} as const satisfies Record<string, Limit>

/** Tables of runs. */
export const runLimits = {
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
