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
  'auth.password_chars_min': {
    default: 15,
    unit: 'characters',
    description:
      'Shortest password; length is what keeps a password from being guessed, so nothing else is asked of it',
  },
  'auth.password_chars_max': { default: 256, unit: 'characters', description: 'Longest password' },
  'auth.hashes_max': {
    default: 2,
    unit: 'hashes',
    description: 'Passwords hashed at once; each takes 19 MiB of memory',
  },
  'auth.hashes_waiting_max': {
    default: 64,
    unit: 'hashes',
    description: 'Passwords that wait to be hashed; further logins are told to come again',
  },
  'auth.token_seconds': { default: 1_800, unit: 'seconds', description: 'How long a token of POST /token is valid' },
  'auth.session_idle_hours': {
    default: 12,
    unit: 'hours',
    description: 'How long a browser stays logged in that asks for nothing',
  },
  'auth.session_days': { default: 7, unit: 'days', description: 'How long a browser stays logged in at most' },
  'auth.sessions_max': {
    default: 50,
    unit: 'sessions',
    description: 'Browsers in which one user is logged in; the one not used for longest is logged out',
  },
  'auth.keys_max': { default: 100, unit: 'keys', description: 'Keys of one user that are valid' },
  'auth.credentials_kept': {
    default: 4_096,
    unit: 'credentials',
    description: 'Keys, tokens and sessions that a server knows without asking the database',
  },
  'auth.credential_kept_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'How long a server goes by what it knows of a key, token or session, where it is not told of a change',
  },
  'auth.password_kept_ms': {
    default: 300_000,
    unit: 'ms',
    description:
      'How long a server goes by a name and password that came with a request, instead of hashing it each time',
  },
  'auth.last_used_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'How exactly it is kept when a key or a session was last used',
  },
  'auth.streams_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'How often it is looked whether open event streams may go on, where their logins end by time',
  },
  'auth.admin_link_minutes': {
    default: 15,
    unit: 'minutes',
    description: 'How long the link that makes the first admin is valid',
  },
  'auth.password_link_hours': {
    default: 72,
    unit: 'hours',
    description: 'How long a link is valid by which a user chooses a password',
  },
  'auth.oidc_login_minutes': {
    default: 10,
    unit: 'minutes',
    description: 'How long a login at the identity provider may take',
  },
  'auth.oidc_next_chars_max': {
    default: 2_000,
    unit: 'characters',
    description:
      'Longest address that a login at the identity provider ends at; of a longer one it is the start page, since it waits in a cookie',
  },
  'auth.oidc_timeout_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'How long one answer of the identity provider may take',
  },
  'auth.oidc_reply_bytes_max': {
    default: 1024 * 1024,
    unit: 'bytes',
    description: 'Longest answer of the identity provider that is read',
  },
  'auth.oidc_metadata_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'How long a server goes by what the identity provider says of itself',
  },
  'auth.program_key_hours': {
    default: 48,
    unit: 'hours',
    description:
      'How long the key is valid that a worker gives to the programs of projects; it makes a new one in a quarter of that',
  },
  'http.json_depth_max': {
    default: 200,
    unit: 'levels',
    description: 'Depth of a JSON body; refused before it is parsed',
  },
  'rates.callers_max': {
    default: 100_000,
    unit: 'callers',
    description: 'Callers whose rates one server remembers; those that came least recently are forgotten',
  },
  'login.free_attempts': {
    default: 5,
    unit: 'attempts',
    description: 'Logins with an account that fail before the next has to wait',
  },
  'login.delay_ms_max': {
    default: 900_000,
    unit: 'ms',
    description: 'Longest wait between logins with an account that fail; it starts at a second and doubles',
  },
  'batches.part_rows': {
    default: 262_144,
    unit: 'rows',
    description: 'Rows of a batch prediction that are done as one part: what a kill loses at most',
  },
  'batches.memory_bytes_max': {
    default: 4 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of the process of a batch prediction',
  },
  'batches.python_compute_ms': {
    default: 600_000,
    unit: 'ms',
    description:
      'Time for a Python process to answer some rows of a batch prediction; beyond it they are asked in halves',
  },
  'batches.python_deaths_max': {
    default: 10,
    unit: 'deaths',
    description:
      'Deaths in a row of the Python process of a batch prediction, beyond those that part its rows into halves; one more ends the batch',
  },
  'batches.kept': {
    default: 1000,
    unit: 'batches',
    description: 'Newest batch predictions that a model remembers; the snapshots of older ones stay',
  },
  'predict.rows_max': { default: 10_000, unit: 'rows', description: 'Rows in one prediction request' },
  'predictions.kept_per_second_max': {
    default: 1000,
    unit: 'rows',
    description: 'Predictions written to the log in a second by one process; of more, a part that stands for all',
  },
  'predictions.rows_of_request_max': {
    default: 1000,
    unit: 'rows',
    description: 'Rows of one request in the log; of more, the first, which stand for all',
  },
  'predictions.waiting_rows_max': {
    default: 20_000,
    unit: 'rows',
    description: 'Predictions that wait to be written to the log; beyond it the next are left out and counted',
  },
  'predictions.waiting_bytes_max': {
    default: 64 * 1024 * 1024,
    unit: 'bytes',
    description:
      'Requests whose predictions wait to be written to the log; beyond it the next are left out and counted',
  },
  'predictions.write_every_ms': {
    default: 200,
    unit: 'ms',
    description: 'Time until a prediction is in the log; what an abrupt end of a server loses of it',
  },
  'predictions.figures_every_ms': {
    default: 5000,
    unit: 'ms',
    description: 'Time until an answer counts in the figures of its version',
  },
  'predictions.feedback_rows_max': {
    default: 1000,
    unit: 'rows',
    description: 'Rows of the log that one item of feedback by key and time may be about',
  },
  'predictions.feedback_request_rows_max': {
    default: 10_000,
    unit: 'rows',
    description: 'Rows of the log that all items of feedback by key and time in one request may be about',
  },
  'predictions.clock_skew_ms_max': {
    default: 300_000,
    unit: 'ms',
    description: 'How far the span of feedback by key and time may begin in the future: clocks differ',
  },
  'predictions.values_of_row_max': {
    default: 1024,
    unit: 'values',
    description: 'Values of one row of a tensor in the log; of more, its shape and the first of them',
  },
  'predictions.text_chars_max': {
    default: 10_000,
    unit: 'characters',
    description: 'Characters of a text in the log; of a longer one the first, and how long it was',
  },
  'predictions.part_rows': {
    default: 1_000_000,
    unit: 'rows',
    description: 'Rows of the log in one file; a day of more has several',
  },
  'predictions.columns_max': {
    default: 10_000,
    unit: 'columns',
    description: 'Columns of the files of the log that are found in its rows; further names are left out',
  },
  'predictions.compacted_days_max': {
    default: 400,
    unit: 'days',
    description: 'Days of the log that the data set of a model has; older ones leave its next snapshot',
  },
  'predictions.snapshots_kept': {
    default: 30,
    unit: 'snapshots',
    description: 'Newest snapshots of the log of a model; older ones are erased where nothing uses them',
  },
  'predictions.compact_rest_ms': {
    default: 86_400_000,
    unit: 'ms',
    description: 'Time until a day whose feedback came late is written to files again by itself',
  },
  'predictions.figures_steps_max': {
    default: 2000,
    unit: 'steps',
    description: 'Spans of time in one answer of figures',
  },
  'serving.wait_ms': {
    default: 30_000,
    unit: 'ms',
    description:
      'Longest wait of a prediction for its computation, and for its model to be loaded, unless the request says less',
  },
  'serving.queue_free': {
    default: 32,
    unit: 'requests',
    description: 'Predictions that may wait for one model, or in one turn of the event loop, however long it takes',
  },
  'serving.queue_ms_max': {
    default: 50,
    unit: 'ms',
    description:
      'Wait of the oldest of more than those; while it is longer, clients are told to come back before their requests are read',
  },
  'serving.waiting_max': {
    default: 2000,
    unit: 'requests',
    description: 'Predictions under way in one process; beyond it clients are told to come back',
  },
  'serving.waiting_bytes_max': {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    description: 'Inputs that wait for computations in one process; beyond it clients are told to come back',
  },
  'serving.rows_at_once_max': {
    default: 64,
    unit: 'rows',
    description: 'Rows of a request that trees are asked for at once, without a turn in the queue of their model',
  },
  'serving.batch_rows_max': {
    default: 128,
    unit: 'rows',
    description: 'Rows of several predictions that are computed together',
  },
  'serving.batch_ms_max': {
    default: 25,
    unit: 'ms',
    description:
      'Time that rows computed together are meant to take, as their model took for others; one row may take longer',
  },
  'serving.batch_bytes_max': {
    default: 16 * 1024 * 1024,
    unit: 'bytes',
    description: 'Inputs of several predictions that are computed together',
  },
  'serving.tensor_elements_max': {
    default: 64 * 1024 * 1024,
    unit: 'elements',
    description: 'Elements of one input of a prediction',
  },
  'serving.folder_poll_ms': {
    default: 2000,
    unit: 'ms',
    description: 'How often `fabrique serve` looks for new versions in a folder',
  },
  'serving.grpc_calls_max': {
    default: 1000,
    unit: 'calls',
    description: 'Calls under way on one connection of gRPC; more wait in the client',
  },
  'serving.grpc_entries_max': {
    default: 2_000_000,
    unit: 'entries',
    description: 'Fields and whole numbers of 64 bits in one request over gRPC; raw blocks have any number of values',
  },
  'serving.grpc_stop_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'Time for gRPC calls under way to be answered when the server stops',
  },
  'serving.tensor_bytes_max': {
    default: 64 * 1024 * 1024,
    unit: 'bytes',
    description:
      'Body of a prediction with tensors as binary blocks or as files, and message over gRPC; JSON is bounded as any',
  },
  'serving.form_parts_max': { default: 1000, unit: 'fields', description: 'Fields of a form that is sent to a model' },
  'serving.form_header_bytes_max': {
    default: 8192,
    unit: 'bytes',
    description: 'Headers of one field of a form that is sent to a model',
  },
  'serving.image_pixels_max': {
    default: 50_000_000,
    unit: 'pixels',
    description: 'Pictures of one input that are sent to a model; more are refused before they are unpacked',
  },
  'serving.models_memory_mb': {
    default: 4096,
    unit: 'MB',
    description: 'Memory of all models that a process serves, where FABRIQUE_MODELS_MEMORY_MB does not say otherwise',
  },
  'serving.versions_listed_max': {
    default: 10_000,
    unit: 'versions',
    description:
      'Versions with an alias, and as many of the newest without, that a server lists as servable; others are found by number',
  },
  'serving.python_start_ms': {
    default: 180_000,
    unit: 'ms',
    description: 'Time for the Python process of a model to load it',
  },
  'serving.python_compute_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'Time for the Python process of a model to answer one request; beyond it the process is replaced',
  },
  'serving.python_waiting_max': {
    default: 200,
    unit: 'requests',
    description: 'Requests that wait for the Python process of one model; beyond it clients are told to come back',
  },
  'serving.python_restart_ms_min': {
    default: 250,
    unit: 'ms',
    description: 'Delay before a Python process that died is started again; it doubles with each death',
  },
  'serving.python_restart_ms_max': {
    default: 60_000,
    unit: 'ms',
    description: 'Longest such delay; a process that lived longer counts as sound again',
  },
  'serving.python_lines_max': {
    default: 100,
    unit: 'lines',
    description: 'Lines of the Python process of a model that are logged in ten seconds; others are counted',
  },
  'serving.python_answer_bytes_max': {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest answer of the Python process of a model; a larger one ends it',
  },
  'predictions.outputs_compared_max': {
    default: 5000,
    unit: 'predictions',
    description: 'Newest predictions of a variant whose spread a roll-out compares',
  },
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
  'predict.latencies_kept': {
    default: 2048,
    unit: 'values',
    description: 'Newest latencies kept for the percentiles of an endpoint',
  },
  'data.read_ahead_bytes_min': {
    default: 8 * 1024 * 1024,
    unit: 'bytes',
    description: 'Files from this size on are read while they are hashed; a smaller one only where its content is new',
  },
  'data.line_bytes_max': { default: 2 * 1024 * 1024, unit: 'bytes', description: 'Longest line of a CSV file' },
  'data.columns_max': { default: 10_000, unit: 'columns', description: 'Columns of a data set' },
  'monitoring.labels_max': {
    default: 100_000,
    unit: 'labels',
    description: 'Different labels of a column whose drift is computed; a column with more is not tested, and says so',
  },
  'monitoring.texts_max': {
    default: 20_000,
    unit: 'texts',
    description: 'Texts of each side that a classifier tells apart; of more, as many are taken at even distances',
  },
  'monitoring.profile_values_max': {
    default: 10_000,
    unit: 'values',
    description:
      'Different values of a column that the profile of a training keeps; of more numbers, as many at even ranks. A million in all',
  },
  'monitoring.drawn_columns_max': {
    default: 200,
    unit: 'columns',
    description: 'Columns that a drift report draws; the others stand in its table',
  },
  'monitoring.monitors_max': {
    default: 1000,
    unit: 'monitors',
    description: 'Monitors on a server; the gauges have a series for each',
  },
  'monitoring.reports_kept': {
    default: 400,
    unit: 'reports',
    description: 'Newest reports that a monitor keeps, and as many findings that are resolved',
  },
  'monitoring.trend_columns_max': {
    default: 500,
    unit: 'columns',
    description: 'Columns of a report whose scores are kept as a trend, the drifted ones first; the report has all',
  },
  'monitoring.gauge_columns_max': {
    default: 50,
    unit: 'columns',
    description: 'Columns of a monitor at /metrics, the drifted ones first',
  },
  'monitoring.gauge_series_max': {
    default: 2000,
    unit: 'columns',
    description: 'Columns of all monitors at /metrics',
  },
  'monitoring.window_rows_max': {
    default: 1_000_000,
    unit: 'rows',
    description: 'Predictions of a window that are compared; of more, as many are taken evenly, and the report says so',
  },
  'monitoring.classes_max': {
    default: 1_000,
    unit: 'classes',
    description: 'Classes of a model whose performance is measured by monitors; of more it is told as not computed',
  },
  'monitoring.look_ms': {
    default: 15_000,
    unit: 'ms',
    description:
      'Longest time until a worker sees that a monitor is due or a snapshot is new, where a message was lost',
  },
  'data.memory_bytes_max': {
    default: 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of the data engine; beyond it spills to disk',
  },
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
  'data.unpacked_bytes_max': {
    default: 256 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest text that a packed source file may unpack to',
  },
  'data.quarantine_row_chars_max': {
    default: 10_000,
    unit: 'characters',
    description: 'Characters kept of a row that is set aside; of its value, 1,000',
  },
  'data.source_nodes_max': {
    default: 200,
    unit: 'files',
    description: 'Files of a source that each stand in the lineage; beyond it the source stands as one',
  },
  'short.waiting_max': {
    default: 20,
    unit: 'requests',
    description: 'Requests to /generate, /retrain and /retrain-debug that wait at once; more are answered with 202',
  },
  'data.upload_bytes_max': {
    default: 2 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest file that is sent to become a snapshot',
  },
  'data.download_bytes_max': {
    default: 1024 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest file fetched from a remote source',
  },
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
  'query.memory_bytes_max': {
    default: 512 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of one query over a snapshot',
  },
  'query.threads_max': { default: 2, unit: 'threads', description: 'Threads of one query over a snapshot' },
  'query.running_max': { default: 3, unit: 'queries', description: 'Queries over snapshots at once in a process' },
  'query.reply_bytes_max': {
    default: 32 * 1024 * 1024,
    unit: 'bytes',
    description: 'Values in the reply to a query over a snapshot; rows beyond are left out',
  },
  'query.stop_ms': {
    default: 3_000,
    unit: 'ms',
    description: 'Time for a query over a snapshot to end itself when it is late, before its process is killed',
  },
  'query.tables_max': { default: 20, unit: 'tables', description: 'Snapshots in one query' },
  'mirror.rows_at_once': { default: 5_000, unit: 'rows', description: 'Rows written to a mirror table at once' },
  'mirror.rows_max': { default: 20_000_000, unit: 'rows', description: 'Rows of a snapshot that a mirror takes' },
  'diff.uses_shown_max': {
    default: 20,
    unit: 'things',
    description: 'Things named in the refusal to erase a snapshot',
  },
  'profile.bins_max': { default: 30, unit: 'bins', description: 'Bins of a histogram of a profile' },
  'profile.top_max': { default: 10, unit: 'values', description: 'Most frequent values of a column in a profile' },
  'profile.value_chars_max': { default: 200, unit: 'characters', description: 'Text of a value in a profile' },
  'profile.distinct_max': {
    default: 500_000,
    unit: 'values',
    description: 'Different texts of a column that a profile counts exactly; with more it tells an estimate and no top',
  },
  'profile.duplicate_rows_max': {
    default: 5_000_000,
    unit: 'rows',
    description: 'Rows of a snapshot up to which its profile counts duplicate ones',
  },
  'profile.copied_cells_max': {
    default: 2_000_000,
    unit: 'values',
    description: 'Values of a table up to which a profile works on a copy in memory',
  },
  'profile.held_values_max': {
    default: 20_000_000,
    unit: 'values',
    description:
      'Numbers and moments that a profile holds in memory at once; columns of more rows are sorted by the engine',
  },
  'profile.probe_rows': {
    default: 50_000,
    unit: 'rows',
    description: 'Rows at the start that tell a profile whether a column repeats itself',
  },
  'files.count_max': { default: 1_000_000, unit: 'files', description: 'Files of one snapshot of files' },
  'files.path_bytes_max': { default: 2000, unit: 'bytes', description: 'Path of a file in a snapshot of files' },
  'files.small_bytes': {
    default: 256 * 1024,
    unit: 'bytes',
    description: 'Size below which the content of a file goes into a pack, together with others',
  },
  'files.pack_bytes': { default: 32 * 1024 * 1024, unit: 'bytes', description: 'Size at which a pack is full' },
  'files.threads_max': { default: 4, unit: 'threads', description: 'Threads that read files in one job' },
  'files.folders_known': {
    default: 256,
    unit: 'folders',
    description: 'Folders whose last look is kept in memory, so that a look at unchanged files is quick',
  },
  'files.thread_rest_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'Time that a thread which read files waits for more work',
  },
  'files.lookups_at_once': { default: 16, unit: 'files', description: 'Files looked up or written at once in one job' },
  'files.image_pixels_max': { default: 268_402_689, unit: 'pixels', description: 'Largest image that is taken as one' },
  'files.archive_bytes_max': {
    default: 256 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Bytes that an archive may unpack to',
  },
  'files.archive_ratio_max': {
    default: 200,
    unit: 'times',
    description: 'How many times its own size an archive may unpack to, beyond 64 MiB',
  },
  'files.left_out_shown': {
    default: 1000,
    unit: 'files',
    description: 'Files left out that the result of a job names',
  },
  'remotes.count_max': { default: 1000, unit: 'remotes', description: 'Remotes of one server' },
  'remotes.snapshots_max': { default: 100_000, unit: 'snapshots', description: 'Snapshots in one push or pull' },
  'remotes.manifest_bytes_max': {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    description: 'Description of one snapshot on a remote',
  },
  'remotes.heads_max': {
    default: 2000,
    unit: 'contents',
    description: 'Contents that are asked for one by one before a push; with more the remote is listed',
  },
  'gc.pack_live_share_min': {
    default: 0.5,
    unit: 'share',
    description: 'Share of a pack that is still needed below which it is written anew',
  },
  'flows.runs_max': { default: 4, unit: 'runs', description: 'Runs of flows of projects at once in a worker' },
  'flows.loops_max': { default: 4, unit: 'runs', description: 'Loops of models at once in a worker' },
  'flows.open_runs_max': {
    default: 100_000,
    unit: 'runs',
    description: 'Runs of flows that are not over, of all projects; no more are made until some are',
  },
  'flows.crashes_max': {
    default: 5,
    unit: 'deaths',
    description:
      'Deaths of the process or worker of a run without a step finished in between, after which it is given up',
  },
  'flows.lease_ms': {
    default: 10_000,
    unit: 'ms',
    description: 'A worker that does not renew its lease for so long is lost: others take its runs over',
  },
  'flows.log_lines_max': { default: 200_000, unit: 'lines', description: 'Lines kept of what a run logs' },
  'flows.log_bytes_max': { default: 50_000_000, unit: 'bytes', description: 'Bytes kept of what a run logs' },
  'flows.log_line_chars_max': {
    default: 20_000,
    unit: 'characters',
    description: 'Of a longer line, the start is kept',
  },
  'flows.params_bytes_max': { default: 512 * 1024, unit: 'bytes', description: 'Parameters of one run of a flow' },
  'flows.schedule_grace_ms': {
    default: 60_000,
    unit: 'ms',
    description: 'How late the newest moment of a schedule may start without being a missed one',
  },
  'flows.queued_max': {
    default: 1_000,
    unit: 'runs',
    description: 'Runs of a schedule that wait for one another, and missed moments that are made up for at once',
  },
  'flows.backfill_max': { default: 10_000, unit: 'moments', description: 'Moments in the range of one back-fill' },
  'flows.trigger_depth_max': {
    default: 10,
    unit: 'runs',
    description: 'Runs of flows in a row of which each started the next by an event',
  },
  'flows.counted_max': {
    default: 10_000,
    unit: 'runs',
    description: 'Open runs of a flow that are counted for its lists',
  },
  'flows.artifacts_max': {
    default: 1_000,
    unit: 'artifacts',
    description: 'Artifacts of a run that are kept, each by its newest content; more are counted',
  },
  'flows.artifacts_bytes_max': {
    default: 128 * 1024 * 1024,
    unit: 'bytes',
    description: 'Content of the artifacts of a run that is kept; what is beyond is counted',
  },
  'flows.artifacts_shown_max': {
    default: 200,
    unit: 'artifacts',
    description: 'Artifacts of a run that are shown at once; the rest is counted',
  },
  'flows.artifacts_shown_bytes_max': {
    default: 16 * 1024 * 1024,
    unit: 'bytes',
    description: 'Content of the artifacts of a run that are shown at once; the rest is counted',
  },
  'flows.workers_shown_max': { default: 500, unit: 'workers', description: 'Workers that are listed' },
  'flows.output_bytes_max': {
    default: 8 * 1024 * 1024,
    unit: 'bytes',
    description: 'What the process of a run prints past the console that is kept; the rest is read and counted',
  },
  'flows.limits_max': { default: 1_000, unit: 'limits', description: 'Named limits' },
  'flows.schedule_poll_ms': {
    default: 2_000,
    unit: 'ms',
    description: 'Longest wait between looks for what is due, where a wake-up was lost',
  },
  'jobs.running_max': { default: 2, unit: 'jobs', description: 'Jobs that run at once in a worker' },
  'jobs.attempts_max': {
    default: 5,
    unit: 'attempts',
    description: 'How often a job is begun before it is given up: each time its worker died',
  },
  'dvc.file_bytes_max': { default: 16 * 1024 * 1024, unit: 'bytes', description: 'A .dvc, dvc.yaml or dvc.lock file' },
  'dvc.list_bytes_max': {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    description: 'The list of the files of a folder that DVC tracks',
  },
  'dvc.outputs_max': { default: 10_000, unit: 'outputs', description: 'Outputs of a DVC repository adopted at once' },
  'dvc.scanned_max': {
    default: 2_000_000,
    unit: 'entries',
    description: 'Files and folders of a repository that are looked at for .dvc files',
  },
  'lineage.counted_max': {
    default: 10_000,
    unit: 'links',
    description: 'Links of a thing that are looked at to count what stands beside it in the lineage',
  },
  'checks.partial_max': {
    default: 200,
    unit: 'rows',
    description: 'Unexpected rows listed with a result that is not COMPLETE',
  },
  'checks.unexpected_max': {
    default: 100_000,
    unit: 'rows',
    description: 'Unexpected rows listed with a COMPLETE result; their number is counted without bound',
  },
  'checks.listed_max': {
    default: 1_000_000,
    unit: 'rows',
    description:
      'Unexpected rows listed with the COMPLETE results of a whole suite; beyond it each lists as many as one that is not',
  },
  'checks.distinct_max': { default: 100, unit: 'values', description: 'Most frequent values listed with a result' },
  'checks.categories_max': {
    default: 10_000,
    unit: 'values',
    description: 'Distinct values, or combinations of two, that a distribution is made of',
  },
  'checks.sample_max': { default: 20, unit: 'values', description: 'Unexpected values kept with a check result' },
  'validation.value_chars_max': {
    default: 200,
    unit: 'characters',
    description: 'Text of one value that is kept with a check result',
  },
  'training.values_max': {
    default: 500_000_000,
    unit: 'values',
    description: 'Values of a table that a training holds in memory (8 bytes each)',
  },
  'training.memory_bytes_max': {
    default: 8 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of the process of one training',
  },
  'training.picture_bytes_max': {
    default: 100 * 1024,
    unit: 'bytes',
    description: 'Size of a plot of a training as PNG; a larger one is drawn with fewer pixels',
  },
  'training.script_seconds_max': {
    default: 86_400,
    unit: 's',
    description: 'Time that a script which trains may take, where it names no other',
  },
  'training.script_log_bytes_max': {
    default: 4 * 1024 * 1024,
    unit: 'bytes',
    description: 'Output of a script that is kept with its run: the first and the last half',
  },
  'training.trials_max': { default: 1000, unit: 'trials', description: 'Trials of one search of parameters' },
  'training.auto_seconds_max': {
    default: 86_400,
    unit: 's',
    description: 'Time that a training may try one estimator after the other',
  },
  'explanations.values_max': {
    default: 1_000_000,
    unit: 'values',
    description: 'Contributions in one explanation: rows by columns by classes',
  },
  'explanations.predictions_max': {
    default: 20_000_000,
    unit: 'predictions',
    description: 'Predictions that one explanation may make of rows with changed columns',
  },
  'explanations.classes_max': {
    default: 20,
    unit: 'classes',
    description: 'Classes that are explained side by side; of more, one has to be named',
  },
  'explanations.groups_max': { default: 50, unit: 'groups', description: 'Groups of one column of a fairness table' },
  'explanations.kept': { default: 50, unit: 'explanations', description: 'Newest explanations kept of a version' },
  'explanations.compared_rows_max': {
    default: 100_000,
    unit: 'rows',
    description: 'Rows that two models are compared on; of more, as many are drawn at random',
  },
  'explanations.request_ms_max': {
    default: 60_000,
    unit: 'ms',
    description: 'Time of a comparison, or of the explanation of one prediction',
  },
  'explanations.waiting_max': {
    default: 32,
    unit: 'requests',
    description: 'Comparisons and explained predictions under way at once; the next is refused',
  },
  'explanations.models_loaded_max': {
    default: 4,
    unit: 'versions',
    description: 'Versions that predictions are explained of, kept loaded in a process of their own',
  },
  'explanations.idle_ms': {
    default: 300_000,
    unit: 'ms',
    description: 'Time without a request after which that process ends',
  },
  'explanations.memory_bytes_max': {
    default: 4 * 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of a process that explains or compares',
  },
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
  'validation.list_values_max': {
    default: 100,
    unit: 'values',
    description: 'Items kept of a list that a check found',
  },
  'validation.evidence_bytes_max': {
    default: 4 * 1024 * 1024,
    unit: 'bytes',
    description: 'Values kept with all checks of a validation; counts always stay',
  },
  'validation.suite_bytes_max': { default: 2 * 1024 * 1024, unit: 'bytes', description: 'One suite that is kept' },
  'validation.suites_max': { default: 100, unit: 'suites', description: 'Suites kept for a data set' },
  'validation.results_kept': {
    default: 10_000,
    unit: 'validations',
    description: 'Newest validations kept of a data set; older ones are dropped',
  },
  'validation.of_snapshot_max': {
    default: 50,
    unit: 'validations',
    description: 'Newest validations of a snapshot listed with all that they found',
  },
  'validation.of_snapshot_bytes_max': {
    default: 16 * 1024 * 1024,
    unit: 'bytes',
    description: 'Results in one list of the validations of a snapshot; the newest is always there',
  },
  'validation.history_points_max': {
    default: 20_000,
    unit: 'points',
    description: 'Results in one reply of the history of expectations',
  },
  'validation.failing_rows_bytes_max': {
    default: 8 * 1024 * 1024,
    unit: 'bytes',
    description: 'Values in one page of failing rows; what is longer is cut and says so',
  },
  'validation.report_bytes_max': {
    default: 290_000,
    unit: 'bytes',
    description: 'One validation report; what does not fit is counted in it',
  },
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
