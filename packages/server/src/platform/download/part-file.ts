import { createHash } from 'node:crypto'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toDiskError } from '../blobs/index.js'
import { type DownloadedFile, type DownloadFileOptions, downloadFile } from './download-file.js'

export interface PartFileOptions extends Omit<DownloadFileOptions, 'path' | 'start' | 'synced'> {
  /** Where unfinished files are kept. */
  readonly folder: string
  /**
   * What names this very content, as its address and entity tag: the file of a process that died is taken up by the next that asks for
   * it. Without it nothing is taken up.
   */
  readonly content: string | undefined
  /** Name of the finished file in the folder; must not repeat. */
  readonly name: string
}

/** Enough digits for any size: a torn write never looks like another number. */
const digits = 16

/**
 * Downloads to a file of the folder, over any number of processes that die on the way. What is taken up is what was synced to disk.
 * A cancelled or failed download leaves only the part that a later one takes up. Errors beside those given: `disk_full`.
 */
export async function downloadPart(options: PartFileOptions): Promise<DownloadedFile & { readonly path: string }> {
  const { folder, content, name } = options
  const path = join(folder, name)
  const key = content === undefined ? undefined : createHash('sha256').update(content).digest('hex').slice(0, 40)
  const part = key === undefined ? path : join(folder, `fetch-${key}`)
  const note = `${part}.synced`
  const start = key === undefined ? 0 : await syncedBytes(part, note)
  try {
    const done = await downloadFile({
      ...options,
      path: part,
      start,
      ...(key === undefined
        ? {}
        : { synced: (bytes: number) => writeFile(note, `${String(bytes).padStart(digits, '0')}\n`, { mode: 0o600 }) }),
    })
    if (key !== undefined) {
      await link(part, path)
      await dropPart(part)
    }
    return { ...done, path }
  } catch (error) {
    if (key === undefined) await rm(path, { force: true })
    // Nothing of it was synced, so nothing can be taken up.
    else if ((await syncedBytes(part, note)) === 0) await dropPart(part)
    throw toDiskError(error, folder)
  }
}

/** Forgets what was fetched of a content. */
export async function forgetPart(folder: string, content: string): Promise<void> {
  await dropPart(join(folder, `fetch-${createHash('sha256').update(content).digest('hex').slice(0, 40)}`))
}

async function dropPart(part: string): Promise<void> {
  await rm(part, { force: true })
  await rm(`${part}.synced`, { force: true })
}

async function syncedBytes(part: string, note: string): Promise<number> {
  const text = await readFile(note, 'utf8').catch(() => '')
  const noted = /^\d{16}\n$/.test(text) ? Number(text) : 0
  const found = await stat(part).catch(() => undefined)
  return found !== undefined && found.size >= noted ? noted : 0
}
