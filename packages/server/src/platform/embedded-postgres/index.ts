/** The embedded PostgreSQL: finds the programs, makes the cluster, starts or re-attaches the server, stops it. */
export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './errors.js'
export type { EmbeddedPostgresEvent, WaitReason } from './events.js'
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './options.js'
export { startEmbeddedPostgres } from './start.js'
export type { ServerExit } from './watch-exit.js'
