import type { Limit } from './limit.js'

/** One prediction. */
export const predictLimits = {
  'predict.rows_max': { default: 10_000, unit: 'rows', description: 'Rows in one prediction request' },
} as const satisfies Record<string, Limit>

/** Models as they are served. */
export const servingLimits = {
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
  'serving.images_at_once': {
    default: 4,
    unit: 'requests',
    description: 'Requests whose images are unpacked at the same time; others wait for their turn',
  },
  'serving.images_waiting_max': {
    default: 200,
    unit: 'requests',
    description: 'Requests whose images wait for their turn; beyond it clients are told to come back',
  },
  'serving.images_waiting_bytes_max': {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    description: 'Files of images that wait for their turn; beyond it clients are told to come back',
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
} as const satisfies Record<string, Limit>

/** How long predictions took. */
export const latencyLimits = {
  'predict.latencies_kept': {
    default: 2048,
    unit: 'values',
    description: 'Newest latencies kept for the percentiles of an endpoint',
  },
} as const satisfies Record<string, Limit>
