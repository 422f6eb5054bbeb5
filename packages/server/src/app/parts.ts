import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Actor,
  type Database,
  type EventStream,
  type Logger,
  migrate,
  openDatabase,
  openDataEngine,
  openEventStream,
  openFolderBlobStore,
  type VerbContext,
} from '../platform/index.js'
import type { Config } from './config/index.js'
import type { DataFolder } from './data-folder.js'
import { systemClock, systemIds } from './system.js'

/** The folder of the SQL migrations in this package. */
const migrationsFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'migrations')

/** The platform as one process uses it. */
export interface Parts {
  readonly ctx: VerbContext
  readonly database: Database
  readonly events: EventStream
  close(): Promise<void>
}

export interface PartsOptions {
  readonly config: Config
  readonly folder: DataFolder
  readonly url: string
  /** Name of the process, as `server`. */
  readonly part: string
  readonly actor: Actor
  readonly logger: Logger
  readonly poolMax: number
}

/** Threads for training and the data engine. */
export function threadsOf(config: Config): number {
  return config.threads ?? availableParallelism()
}

/** Opens the platform, with the schema up to date. Errors: `database_unavailable`, `database_newer`, `disk_full`. */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const { config, folder, url, part, logger } = options
  const { log } = logger
  const applicationName = `fabrique ${part}`
  const database = openDatabase({
    url,
    applicationName,
    poolMax: options.poolMax,
    onError: (error) => log.debug({ err: error }, 'A connection to the database ended'),
  })
  const applied = await migrate(database.pool, migrationsFolder, systemClock)
  if (applied.length > 0) log.info({ migrations: applied }, 'The database schema was brought up to date')
  const blobs = await openFolderBlobStore({ folder: folder.blobs, uniqueName: () => systemIds.hex32() })
  const data = openDataEngine({ tempFolder: folder.temp, threads: threadsOf(config) })
  const ctx: VerbContext = {
    actor: options.actor,
    db: database.db,
    blobs,
    data,
    clock: systemClock,
    ids: systemIds,
    log,
  }
  const events = openEventStream({ db: database.db, url, applicationName: `${applicationName} events`, log })
  return {
    ctx,
    database,
    events,
    async close() {
      await events.close()
      await data.close()
      await database.close()
    },
  }
}
