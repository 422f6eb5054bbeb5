import { constants } from 'node:fs'
import { access, chmod, mkdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { errorCode, folderError, notWritable } from './errors.js'
import type { Owner } from './run-identity.js'

export interface DataFolder {
  /** Without symbolic links: the same folder always gives the same path, hence the same socket. */
  readonly path: string
  /** Null when the folder does not exist yet. */
  readonly owner: Owner | null
}

/** Makes the parent, resolves links and refuses a folder that cannot be written. */
export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  const wanted = resolve(dataDir)
  try {
    await mkdir(dirname(wanted), { recursive: true })
    const existing = await realpath(wanted).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null
      throw error
    })
    if (existing !== null) return { path: existing, owner: await checkFolder(existing) }
    const parent = await realpath(dirname(wanted))
    await access(parent, constants.W_OK | constants.X_OK)
    return { path: join(parent, basename(wanted)), owner: null }
  } catch (error) {
    throw folderError(wanted, error, 'postgres_start_failed')
  }
}

async function checkFolder(path: string): Promise<Owner> {
  const found = await stat(path)
  if (!found.isDirectory()) throw notWritable(path, 'it is a file')
  const us = process.getuid?.()
  if (us !== undefined && us !== 0 && found.uid !== us) {
    throw notWritable(path, `it belongs to user ${found.uid}, and this program runs as user ${us}`)
  }
  await access(path, constants.W_OK | constants.X_OK)
  // The server insists on 0700 or 0750; a restored copy often has more.
  if (us !== undefined && (found.mode & 0o027) !== 0) await chmod(path, 0o700)
  return { uid: found.uid, gid: found.gid }
}
