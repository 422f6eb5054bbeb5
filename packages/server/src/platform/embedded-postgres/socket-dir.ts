import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { EmbeddedPostgresError, errorCode, notWritable } from './errors.js'
import { giveFolder, type RunIdentity } from './run-identity.js'

/** A Unix server listens on `<dir>/.s.PGSQL.<port>` only, so the number is just a part of a file name. */
export const SOCKET_PORT = 5432

/** sockaddr_un holds 108 bytes on Linux and 104 on macOS with the ending zero; the smaller is kept everywhere. */
const SOCKET_PATH_BYTES_MAX = 103

/** Chooses `<dataDir>/../run`, or when its path is too long a folder in `temp` named after the data folder. */
export function chooseSocketDir(realDataDir: string, temp: string): { path: string; shared: boolean } {
  const beside = join(dirname(realDataDir), 'run')
  if (fits(beside)) return { path: beside, shared: false }
  const name = `fabrique-pg-${createHash('sha256').update(realDataDir).digest('hex').slice(0, 16)}`
  const path = join(temp, name)
  if (fits(path)) return { path, shared: true }
  throw new EmbeddedPostgresError(
    'postgres_start_failed',
    `No folder is short enough for the database socket: ${beside} and ${path} exceed ${SOCKET_PATH_BYTES_MAX} bytes`,
    'Choose a data folder with a shorter path, or set TMPDIR to a short path',
  )
}

function fits(dir: string): boolean {
  return Buffer.byteLength(join(dir, `.s.PGSQL.${SOCKET_PORT}`)) <= SOCKET_PATH_BYTES_MAX
}

/** Makes the socket folder and returns it. In the shared temp folder anybody may have been there first: that is refused. */
export async function prepareSocketDir(realDataDir: string, identity: RunIdentity): Promise<string> {
  const { path, shared } = chooseSocketDir(realDataDir, tmpdir())
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw notWritable(path, errorCode(error) ?? 'mkdir failed', error)
  }
  const found = await lstat(path)
  const us = process.getuid?.()
  const allowed = identity.kind === 'other_user' ? [us, identity.uid] : [us]
  if (!found.isDirectory() || !allowed.includes(found.uid)) {
    throw notWritable(path, `it is not a folder of user ${us ?? ''}, and the database socket must be placed there`)
  }
  if (shared && (found.mode & 0o077) !== 0) await chmod(path, 0o700)
  await giveFolder(identity, path)
  return path
}
