import { spawn } from 'node:child_process'
import { open, readdir, readFile, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Binaries } from './binaries.js'
import { diskFull, EmbeddedPostgresError, errorCode, folderError, notWritable, saysDiskFull } from './errors.js'
import { lastLines } from './log-file.js'
import { asIdentity, giveFolder, type RunIdentity } from './run-identity.js'
import { SUPERUSER } from './server-probe.js'
import { dropTempFolder, makeTempFolder } from './temp-folder.js'

/** Major version of the cluster, or null when the folder is absent or empty. */
export async function clusterMajor(dataDir: string): Promise<number | null> {
  try {
    return Number.parseInt(await readFile(join(dataDir, 'PG_VERSION'), 'utf8'), 10)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw folderError(dataDir, error, 'postgres_init_failed')
  }
  const names = await readdir(dataDir).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return []
    throw folderError(dataDir, error, 'postgres_init_failed')
  })
  if (names.length === 0) return null
  throw new EmbeddedPostgresError(
    'postgres_init_failed',
    `Folder ${dataDir} holds files (${names.slice(0, 3).join(', ')}) but is not a PostgreSQL cluster`,
    'Empty it or choose another data folder',
  )
}

/** A cluster of another major version cannot be opened. */
export function checkMajor(dataDir: string, found: number, binaries: number): void {
  if (found === binaries) return
  throw new EmbeddedPostgresError(
    'postgres_folder_newer',
    `Folder ${dataDir} was made by PostgreSQL ${found}, and this program brings PostgreSQL ${binaries}`,
    found > binaries
      ? 'Start it with the newer version of Fabrique that made it'
      : 'Restore a backup into a new folder, or use the version of Fabrique that made it',
  )
}

/**
 * Makes the cluster in a temp folder beside `dataDir` and renames it into place, so that a kill at any moment leaves
 * either nothing or a whole cluster. When two do it at once the first rename wins and the other result is dropped.
 */
export async function initCluster(dataDir: string, binaries: Binaries, identity: RunIdentity): Promise<void> {
  let temp = ''
  try {
    temp = await makeTempFolder(dataDir)
    await giveFolder(identity, temp)
    await runInitdb(temp, dataDir, binaries, identity)
    await moveIntoPlace(temp, dataDir)
  } catch (error) {
    throw folderError(dataDir, error, 'postgres_init_failed')
  } finally {
    if (temp !== '') await dropTempFolder(temp)
  }
}

/**
 * Megabytes of a file of the write-ahead log. Until old files are used again, a new one is filled with zeros and synced while every
 * commit waits: with the usual 16 MB for as long as 50 commits, once in 20,000 points of metrics, with 2 MB for a sixth of that.
 */
const WAL_FILE_MB = 2

/**
 * The built-in C.UTF-8 provider compares by code point: as fast as C, the same on every system and never invalidated by
 * a library upgrade, while lower() and ILIKE know accented letters, which plain C does not. Lists shown to people in
 * French order ask for `collate "fr-x-icu"` or `"und-x-icu"` in their query.
 */
function initdbArguments(folder: string): readonly string[] {
  const locale = ['--locale-provider=builtin', '--locale=C', '--builtin-locale=C.UTF-8', '--encoding=UTF8']
  // Only the socket in a 0700 folder is trusted; should a TCP address ever be opened, it lets nobody in.
  const host = process.platform === 'win32' ? 'trust' : 'reject'
  const auth = ['--auth-local=trust', `--auth-host=${host}`, `--username=${SUPERUSER}`]
  return ['-D', folder, ...locale, ...auth, `--wal-segsize=${WAL_FILE_MB}`, '--no-instructions']
}

function runInitdb(folder: string, dataDir: string, binaries: Binaries, identity: RunIdentity): Promise<void> {
  const { file, args, options } = asIdentity(identity, binaries.initdb, initdbArguments(folder))
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-16_384)
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.on('error', (error) => reject(initFailed(dataDir, `${file} cannot be run`, output, error)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else if (saysDiskFull(output)) reject(diskFull(dataDir, new Error(lastLines(output, 10))))
      else reject(initFailed(dataDir, `initdb ended with ${signal ?? `exit code ${code}`}`, output))
    })
  })
}

function initFailed(dataDir: string, what: string, output: string, cause?: unknown): EmbeddedPostgresError {
  const lines = lastLines(output, 8)
  return new EmbeddedPostgresError(
    'postgres_init_failed',
    `The database folder ${dataDir} could not be made, ${what}${lines === '' ? '' : `:\n${lines}\n`}`,
    'Correct what it reports, then start again',
    cause,
  )
}

async function moveIntoPlace(temp: string, dataDir: string): Promise<void> {
  try {
    // rename() replaces an empty folder on Unix; Windows wants it gone first.
    if (process.platform === 'win32') await rmdir(dataDir).catch(() => {})
    await rename(temp, dataDir)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return
    if (code === 'EBUSY' || code === 'EXDEV') throw notWritable(dataDir, 'it is a mount point, mount its parent', error)
    throw error
  }
  if (process.platform === 'win32') return
  const parent = await open(dirname(dataDir), 'r')
  try {
    await parent.sync()
  } finally {
    await parent.close()
  }
}
