import type { EmbeddedPostgresEvent } from './events.js'
import type { RootRoad } from './run-identity.js'
import type { ServerExit } from './watch-exit.js'

export interface EmbeddedPostgresOptions {
  /** Holds the cluster; made when missing. Its parent also receives the socket folder `run` and, if needed, binaries. */
  readonly dataDir: string
  /** The server's own messages are appended here; over 4 MB it is moved to `<logFile>.1` at the next start. */
  readonly logFile: string
  /** Told what happens, for progress display and logs. */
  readonly onEvent?: (event: EmbeddedPostgresEvent) => void
  /** More server settings, as for `postgres -c name=value`. A server that is re-attached keeps those it has. */
  readonly settings?: Readonly<Record<string, string>>
  /** How long a start may take, recovery included; 60 000 by default. */
  readonly startTimeoutMs?: number
  /** A file or file URL from which the platform package is resolved; this module by default. */
  readonly resolveFrom?: string | URL
  /** Forces how root runs the server; by default a user namespace, else the user nobody. */
  readonly asRoot?: RootRoad
}

export interface EmbeddedPostgres {
  /** The folder of the Unix socket, accepted as `host` by clients; 127.0.0.1 on Windows. */
  readonly socketDir: string
  readonly port: number
  readonly pid: number
  /** True when the server was already running: left behind by a killed parent, or started by somebody else just now. */
  readonly attached: boolean
  /** Resolves when the postmaster is gone, whoever ended it. Never rejects, and keeps no program alive. */
  readonly exited: Promise<ServerExit>
  /** An address of a database for `pg`, DBOS and others; the user is the superuser `fabrique`, without password. */
  connectionString(database: string): string
  /** Ends the server in good order, harder after 8 s and 13 s. May be called several times and on an attached server. */
  stop(): Promise<void>
}
