import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import type { EmbeddedPostgres } from '../platform/embedded-postgres/index.js'
import type { Config } from './config/index.js'
import { type DataFolder, prepareDataFolder } from './data-folder.js'
import { type DatabaseServer, openDatabaseServer } from './database-server.js'
import { type FolderLock, lockFolder } from './folder-lock.js'
import { openPartLogger } from './part-logger.js'
import { startPart } from './supervised-part.js'

/** What happens while everything starts and runs, for the terminal. */
export type SupervisorEvent =
  | { readonly kind: 'database_progress'; readonly what: string }
  | { readonly kind: 'database_ready'; readonly embedded: boolean; readonly attached: boolean }
  | { readonly kind: 'server_ready'; readonly port: number }
  | { readonly kind: 'admin_link'; readonly link: string; readonly port: number }
  | { readonly kind: 'worker_ready' }
  | { readonly kind: 'restarting'; readonly part: 'server' | 'worker' | 'database'; readonly reason: string }
  | { readonly kind: 'stopping' }

export interface SupervisorOptions {
  readonly config: Config
  /** The command line program, which the parts are started from. */
  readonly program: string
  /** Arguments of a role, as `server DIR --port 8000`. */
  readonly roleArgs: (role: 'server' | 'worker', port: number) => readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onEvent: (event: SupervisorEvent) => void
}

export interface Supervisor {
  readonly port: number
  /** For what this process asks the server, where a login is needed. */
  readonly key?: string
  /** Rejects when a part cannot be kept running. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/**
 * Runs database, server and worker, and starts again the one that dies. Resolves when all are up; a failure before that
 * stops what was started.
 */
export async function supervise(options: SupervisorOptions): Promise<Supervisor> {
  const { config, onEvent } = options
  const folder = await prepareDataFolder(config.dataDir)
  const logger = await openPartLogger({ ...config, log_format: 'off' }, folder, 'supervisor')
  let giveUp: (error: FabriqueError) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject
  })
  failed.catch(() => {})

  const database = await openDatabaseServer(config, folder, logger.log, (what) =>
    onEvent({ kind: 'database_progress', what }),
  )
  const keeper = keepDatabase(options, folder, database, giveUp, logger.log)
  const parts: ReturnType<typeof startPart>[] = []
  const stop = async () => {
    onEvent({ kind: 'stopping' })
    await Promise.all(parts.map((part) => part.stop()))
    await keeper.stop()
    await logger.close()
  }
  try {
    await keeper.lock()
    onEvent({
      kind: 'database_ready',
      embedded: database.embedded !== undefined,
      attached: database.embedded?.attached === true,
    })
    const port = await findPort(config)
    const start = (name: 'server' | 'worker') => {
      const part = startPart({
        name,
        program: options.program,
        args: options.roleArgs(name, port),
        env: options.env,
        onRestart: (reason) => {
          logger.log.warn({ died: name, reason }, 'A part died and is started again')
          onEvent({ kind: 'restarting', part: name, reason })
        },
        onAdminLink: (link) => onEvent({ kind: 'admin_link', link, port }),
        onGiveUp: giveUp,
      })
      parts.push(part)
      return part.ready
    }
    // One after the other: predictions need the server only, and two starts at once slow each other down.
    const { key } = await start('server')
    onEvent({ kind: 'server_ready', port })
    await start('worker')
    onEvent({ kind: 'worker_ready' })
    return { port, ...(key === undefined ? {} : { key }), failed, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Failures that trying again does not mend. A recovery that takes long, or a disk that is full for a while, is none. */
const lasting: ReadonlySet<string> = new Set([
  'data_folder_in_use',
  'data_folder_newer',
  'data_folder_not_writable',
  'postgres_platform_unsupported',
])

/** The lock of a connection of this process that only the server still takes for open is freed when the server notices. */
const staysSo = ({ code, params }: FabriqueError) => lasting.has(code) && params.holder !== `process ${process.pid}`

interface DatabaseKeeper {
  /** Takes the right to run the folder. Throws `data_folder_in_use`. */
  lock(): Promise<void>
  stop(): Promise<void>
}

/** Keeps the embedded server running and the folder locked. */
function keepDatabase(
  { config, onEvent }: SupervisorOptions,
  folder: DataFolder,
  first: DatabaseServer,
  giveUp: (error: FabriqueError) => void,
  log: Awaited<ReturnType<typeof openPartLogger>>['log'],
): DatabaseKeeper {
  let current: EmbeddedPostgres | undefined = first.embedded
  let lock: FolderLock | undefined
  let stopping = false
  let owner = false
  let reopening = false

  const stopUnmet = async () => {
    const server = await openDatabaseServer(config, folder, log, () => {}).catch(() => undefined)
    await server?.embedded?.stop()
  }

  const reopen = async (reason: string) => {
    log.warn({ died: 'database', reason }, 'The connection to the database ended')
    onEvent({ kind: 'restarting', part: 'database', reason })
    reopening = true
    for (;;) {
      if (stopping) return
      try {
        const server = await openDatabaseServer(config, folder, log, () => {})
        current = server.embedded
        await takeLock(server.url)
        reopening = false
        return
      } catch (error) {
        if (isFabriqueError(error) && staysSo(error)) return giveUp(error)
        log.warn({ err: error }, 'The database does not start yet')
        await sleep(1_000)
      }
    }
  }

  const takeLock = async (url: string) => {
    lock = await lockFolder(url, config.dataDir)
    owner = true
    void lock.lost.then(() => {
      if (!stopping) void reopen('the connection was closed')
    })
  }

  return {
    lock: () => takeLock(first.url),
    async stop() {
      stopping = true
      await lock?.release()
      // Only the owner of the folder stops its server: a second start that was refused leaves it to the first.
      if (!owner) return
      await current?.stop()
      // While the server was away, a part may have started another that this process has not met.
      if (reopening && config.database_url === undefined) await stopUnmet()
    },
  }
}

/**
 * The port to use: finds out that it is taken before anything is started. A free one where 0 was asked: it stays the same
 * when the server is started again.
 */
async function findPort({ host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new FabriqueError('port_taken', { host, port }, { cause: error })
          : new FabriqueError(
              'address_not_available',
              { host: `${host}:${port}`, reason: error.code ?? '' },
              { cause: error },
            ),
      )
    })
    probe.listen({ host, port }, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}
