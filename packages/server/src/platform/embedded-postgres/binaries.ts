import { constants } from 'node:fs'
import { access, chmod, cp, lstat, readdir, readFile, rename, symlink } from 'node:fs/promises'
import { basename, dirname, extname, join, relative } from 'node:path'
import { EmbeddedPostgresError, EXTERNAL_SERVER_HINT, errorCode, folderError } from './errors.js'
import { canEnter, type RunIdentity } from './run-identity.js'
import { dropTempFolder, makeTempFolder, removeDeadTempFolders } from './temp-folder.js'

/** Programs that are ready to run. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly pgCtl: string
  readonly version: string
  readonly major: number
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * Makes the shared libraries complete, in place when possible, else in a copy below `copyInto`. The links are made here
 * because no install script has run. The copy is also made when the server will run as a user who cannot read the
 * package (a project below /root).
 */
export async function prepareBinaries(
  native: string,
  copyInto: string,
  identity: RunIdentity,
  onCopy: (folder: string) => void,
): Promise<Binaries> {
  const { version } = await readJson<{ version: string }>(join(dirname(native), 'package.json'))
  const isReadable = await canEnter(identity, join(native, 'lib', 'any'))
  if (isReadable && (await hydrateLinks(native))) return describe(native, version)
  const copy = join(copyInto, `postgres-${version}-${process.platform}-${process.arch}`)
  try {
    await copyNative(native, copy, onCopy)
  } catch (error) {
    throw folderError(copy, error, 'postgres_init_failed')
  }
  return describe(copy, version)
}

/** Makes the missing links; false when the folder is read-only. Safe in several processes at once. */
export async function hydrateLinks(native: string): Promise<boolean> {
  const links = await readLinks(native)
  for (const { source, target } of links) {
    const from = join(native, source)
    const to = join(native, target)
    if (await exists(to)) continue
    try {
      await symlink(relative(dirname(to), from), to)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOSPC') return false
      if (code !== 'EEXIST') throw error
    }
  }
  return true
}

async function readLinks(native: string): Promise<Link[]> {
  try {
    const links = await readJson<Link[]>(join(native, 'pg-symlinks.json'))
    // Paths in the list start with `native/`, whatever the folder is called here.
    return links.map(({ source, target }) => ({
      source: source.replace(/^native\//, ''),
      target: target.replace(/^native\//, ''),
    }))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

async function copyNative(native: string, copy: string, onCopy: (folder: string) => void): Promise<void> {
  await removeDeadTempFolders(copy)
  if (await exists(join(copy, 'bin'))) return
  onCopy(copy)
  const temp = await makeTempFolder(copy)
  try {
    await cp(native, temp, {
      recursive: true,
      verbatimSymlinks: true,
      // Static libraries are for compilers only: 3 MB less.
      filter: (path) => extname(path) !== '.a' && basename(path) !== 'pkgconfig',
    })
    await hydrateLinks(temp)
    await makeReadable(temp)
    await rename(temp, copy)
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    // Another starter put the same copy there first: use theirs.
  } finally {
    await dropTempFolder(temp)
  }
}

/** The server may run as another user, so everybody may read and traverse the copy. */
async function makeReadable(path: string): Promise<void> {
  const found = await lstat(path)
  if (found.isSymbolicLink()) return
  const executable = found.isDirectory() || (found.mode & 0o100) !== 0
  await chmod(path, executable ? 0o755 : 0o644)
  if (found.isDirectory()) for (const name of await readdir(path)) await makeReadable(join(path, name))
}

async function describe(native: string, version: string): Promise<Binaries> {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string): string => join(native, 'bin', `${name}${suffix}`)
  try {
    await access(program('postgres'), constants.X_OK)
    const header = (await readFile(join(native, 'share', 'postgresql', 'postgres.bki'), 'utf8')).slice(0, 40)
    const major = Number(/^# PostgreSQL (\d+)/.exec(header)?.[1])
    if (!Number.isInteger(major)) throw new Error(`No version in postgres.bki: ${header}`)
    return { postgres: program('postgres'), initdb: program('initdb'), pgCtl: program('pg_ctl'), version, major }
  } catch (error) {
    throw new EmbeddedPostgresError(
      'postgres_platform_unsupported',
      `The PostgreSQL programs in ${native} are not usable`,
      `Install the packages again, or ${EXTERNAL_SERVER_HINT.charAt(0).toLowerCase()}${EXTERNAL_SERVER_HINT.slice(1)}`,
      error,
    )
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The files read here come with the package and are trusted. */
async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}
