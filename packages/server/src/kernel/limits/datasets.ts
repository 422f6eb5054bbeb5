import type { Limit } from './limit.js'

/** Files of data as they are read. */
export const readingLimits = {
  'data.read_ahead_bytes_min': {
    default: 8 * 1024 * 1024,
    unit: 'bytes',
    description: 'Files from this size on are read while they are hashed; a smaller one only where its content is new',
  },
  'data.line_bytes_max': { default: 2 * 1024 * 1024, unit: 'bytes', description: 'Longest line of a CSV file' },
  'data.columns_max': { default: 10_000, unit: 'columns', description: 'Columns of a data set' },
} as const satisfies Record<string, Limit>

/** The data engine. */
export const engineLimits = {
  'data.memory_bytes_max': {
    default: 1024 * 1024 * 1024,
    unit: 'bytes',
    description: 'Memory of the data engine; beyond it spills to disk',
  },
} as const satisfies Record<string, Limit>

/** What is taken in. */
export const ingestLimits = {
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
} as const satisfies Record<string, Limit>

/** Uploads and downloads. */
export const transferLimits = {
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
} as const satisfies Record<string, Limit>

/** Snapshots: queries, mirrors, differences, profiles and files. */
export const snapshotLimits = {
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
} as const satisfies Record<string, Limit>
