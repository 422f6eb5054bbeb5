/**
 * Settings for a small footprint (20 MB PSS, 44 MB RSS at idle). Nothing here trades safety: fsync, full_page_writes and
 * synchronous_commit stay on, wal_level stays `replica` so that an online file copy remains possible.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  cluster_name: 'fabrique',
  shared_buffers: '64MB',
  // Twenty workers and a server, with the ten connections or so of each; the tables of locks are as large as those of fewer would be.
  max_connections: '260',
  max_locks_per_transaction: '32',
  max_pred_locks_per_transaction: '10',
  // `sync` runs no io workers: 3 processes and 1 MB less than `worker` (measured), and reads here are small.
  io_method: 'sync',
  // Large queries belong to DuckDB; without parallel workers a 64 MB /dev/shm (Docker) is always enough.
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  huge_pages: 'off',
  jit: 'off',
  min_wal_size: '32MB',
  max_wal_size: '512MB',
  synchronous_commit: 'on',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  // The log keeps start, stop and errors; without statements and details no user's values land in it.
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

export type Listen =
  | { readonly kind: 'socket'; readonly dir: string; readonly port: number }
  | { readonly kind: 'tcp'; readonly port: number }

/** The arguments of `postgres`: data folder, our settings, the caller's on top, and last what must not be changed. */
export function serverArguments(
  dataDir: string,
  listen: Listen,
  extra: Readonly<Record<string, string>> = {},
): readonly string[] {
  const settings = { ...DEFAULTS, ...extra, ...listenSettings(listen) }
  return ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

function listenSettings(listen: Listen): Readonly<Record<string, string>> {
  const port = String(listen.port)
  if (listen.kind === 'tcp') return { listen_addresses: '127.0.0.1', port }
  return {
    listen_addresses: '',
    port,
    // The value is a comma-separated list, hence the quotes around a path that may hold commas or spaces.
    unix_socket_directories: `"${listen.dir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
  }
}
