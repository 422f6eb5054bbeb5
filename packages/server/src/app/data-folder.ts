import { mkdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError, fabriqueVersion } from '@fabrique/contract'
import { limit } from '../kernel/index.js'
import { toDiskError } from '../platform/blobs/index.js'

/** Raised when the layout of the data folder changes so that older programs must not touch it. */
const dataFormat = 1

export interface DataFolder {
  readonly root: string
  readonly postgres: string
  readonly blobs: string
  readonly logs: string
  readonly temp: string
}

export function dataFolderPaths(root: string): DataFolder {
  return {
    root,
    postgres: join(root, 'postgres'),
    blobs: join(root, 'blobs'),
    logs: join(root, 'logs'),
    temp: join(root, 'temp'),
  }
}

/**
 * Makes the data folder usable, or says why it is not. Errors: `data_folder_not_writable`, `data_folder_newer`,
 * `disk_full`.
 */
export async function prepareDataFolder(root: string): Promise<DataFolder> {
  const folder = dataFolderPaths(root)
  try {
    for (const path of [root, folder.blobs, folder.logs, folder.temp])
      await mkdir(path, { recursive: true, mode: 0o700 })
    await refuseNewer(folder)
    await refuseFull(folder)
    await writeMark(folder)
  } catch (error) {
    const known = toDiskError(error, root)
    if (known !== error) throw known
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (['ENOTDIR', 'EEXIST', 'ENOENT', 'EINVAL'].includes(code)) {
      throw new FabriqueError('data_folder_not_writable', { folder: root, reason: code }, { cause: error })
    }
    throw error
  }
  return folder
}

async function refuseNewer({ root }: DataFolder): Promise<void> {
  const text = await readFile(join(root, 'fabrique.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return
  const mark = JSON.parse(text) as { format?: unknown; version?: unknown }
  if (typeof mark.format === 'number' && mark.format > dataFormat) {
    throw new FabriqueError('data_folder_newer', {
      folder: root,
      found: `${String(mark.version)}, format ${mark.format}`,
      known: `format ${dataFormat}`,
    })
  }
}

async function refuseFull({ root }: DataFolder): Promise<void> {
  const { bavail, bsize } = await statfs(root)
  if (bavail * bsize < limit('disk.free_bytes_min')) throw new FabriqueError('disk_full', { folder: root })
}

async function writeMark({ root }: DataFolder): Promise<void> {
  const path = join(root, 'fabrique.json')
  const mark = JSON.stringify({ format: dataFormat, version: fabriqueVersion })
  if ((await readFile(path, 'utf8').catch(() => undefined)) === mark) return
  const next = `${path}.${process.pid}`
  try {
    await writeFile(next, mark, { mode: 0o600 })
    await rename(next, path)
  } finally {
    await rm(next, { force: true })
  }
}
