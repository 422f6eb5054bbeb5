import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, open, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { FabriqueError, type Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { readVerb, type VerbContext } from '../../../platform/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { openFileThread } from './file-threads.js'
import { forEachAtOnce } from './for-each-at-once.js'
import type { CollectionFile } from './model.js'
import { readCollection } from './read-collection.js'
import { type PackedFile, selectPackedOf, selectStates } from './store.js'
import { fileWorkStart, type Report } from './take-files.js'
import type { FoundFile } from './walk-folder.js'

/** What `checkout` did. */
export interface CheckedOut {
  readonly files: number
  readonly written: number
  readonly removed: number
  readonly bytes: number
}

/**
 * Writes the files of a snapshot to a folder. Each file appears whole or not at all; those that are there already stay untouched. A file
 * that differs and whose content is in no snapshot is not overwritten or removed unless forced: it would be lost. Errors:
 * `snapshot_is_no_files`, `checkout_would_lose`, `checkout_folder_invalid`, `disk_full`.
 */
export const checkoutFiles = readVerb({
  name: 'datasets.checkout_files',
  permission: 'datasets.read',
  input: z.object({
    snapshot: z.string(),
    folder: z.string(),
    remove_others: z.boolean().default(false),
    force: z.boolean().default(false),
    report: z.custom<Report>().optional(),
  }),
  async run({ ctx, input }): Promise<CheckedOut> {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const files = await readCollection(ctx, snapshot)
    const folder = await prepareFolder(input.folder)
    const thread = openFileThread(fileWorkStart(ctx))
    let found: readonly FoundFile[]
    try {
      found = (await thread.walk({ folder, filesMax: limit('files.count_max') })).files
    } finally {
      await thread.close()
    }
    const here = new Map(found.map((file) => [file.path, file]))
    const states = await selectStates(ctx, folder)
    const wanted = new Set(files.map(({ path }) => path))
    const changed: CollectionFile[] = []
    const atRisk: FoundFile[] = []
    for (const file of files) {
      const there = here.get(file.path)
      if (there !== undefined && (await hashOf(there)) === file.sha256) {
        if (there.executable !== file.executable) await setMode(join(folder, file.path), file)
        continue
      }
      if (there !== undefined) atRisk.push(there)
      changed.push(file)
    }
    const others = input.remove_others ? found.filter(({ path }) => !wanted.has(path)) : []
    if (!input.force) await refuseLoss(ctx, folder, [...atRisk, ...others], hashOf)
    const written = await writeFiles(ctx, { snapshot, folder, files: changed, report: input.report })
    for (const { path } of others) await removeFile(folder, path)
    return {
      files: files.length,
      written: changed.length,
      removed: others.length,
      bytes: written,
    }

    /** What is known of a file, else what reading it tells. */
    async function hashOf(file: FoundFile): Promise<string> {
      const path = join(folder, file.path)
      const state = states.get(path)
      return state?.mark === file.mark ? state.sha256 : hashFile(path)
    }
  },
})

async function prepareFolder(folder: string): Promise<string> {
  if (!isAbsolute(folder)) throw new FabriqueError('checkout_folder_invalid', { folder, reason: 'it is not absolute' })
  try {
    await mkdir(folder, { recursive: true })
    return await realpath(folder)
  } catch (error) {
    throw folderError(error, folder)
  }
}

function folderError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (['ENOSPC', 'EDQUOT'].includes(code)) return new FabriqueError('disk_full', { folder }, { cause: error })
  const isFolderFault = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOTEMPTY', 'ELOOP'].includes(code)
  return isFolderFault
    ? new FabriqueError('checkout_folder_invalid', { folder, reason: code }, { cause: error })
    : error
}

async function hashFile(path: string): Promise<string> {
  const file = await open(path, 'r')
  const hash = createHash('sha256')
  for await (const chunk of file.createReadStream({ highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Content that no snapshot has exists only here. */
async function refuseLoss(
  ctx: VerbContext,
  folder: string,
  files: readonly FoundFile[],
  hashOf: (file: FoundFile) => Promise<string>,
): Promise<void> {
  const lost: string[] = []
  for (const file of files) {
    const { rows } = await sql`
      select 1 from snapshot_blobs where sha256 = ${await hashOf(file)}
      union all select 1 from packed_files p join snapshot_blobs b on b.sha256 = p.pack_sha256
      where p.sha256 = ${await hashOf(file)} limit 1
    `.execute(ctx.db)
    if (rows.length === 0) lost.push(file.path)
  }
  const [first] = lost
  if (first !== undefined) {
    throw new FabriqueError('checkout_would_lose', { path: first, count: lost.length, folder })
  }
}

interface Writing {
  readonly snapshot: Snapshot
  readonly folder: string
  readonly files: readonly CollectionFile[]
  readonly report: Report | undefined
}

/** Writes files under temporary names, then gives each its name. Gives the bytes written. */
async function writeFiles(ctx: VerbContext, { snapshot, folder, files, report }: Writing): Promise<number> {
  const packed = await selectPackedOf(ctx, snapshot.id, [...new Set(files.map(({ sha256 }) => sha256))])
  const bytesTotal = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const made = new Map<string, Promise<void>>()
  let filesDone = 0
  let bytesDone = 0
  try {
    await forEachAtOnce(files, limit('files.lookups_at_once'), async (file) => {
      ctx.signal?.throwIfAborted()
      const target = join(folder, file.path)
      const parent = dirname(file.path)
      const ready = made.get(parent) ?? makeParent(folder, parent)
      made.set(parent, ready)
      await ready
      const temp = join(dirname(target), `.fabrique-${ctx.ids.hex32()}`)
      try {
        await writeContent(ctx, file, packed.get(file.sha256), temp)
        await setMode(temp, file)
        await rename(temp, target)
      } catch (error) {
        await rm(temp, { force: true })
        throw error
      }
      filesDone += 1
      bytesDone += file.bytes
      report?.({
        stage: 'write',
        files_done: filesDone,
        files_total: files.length,
        bytes_done: bytesDone,
        bytes_total: bytesTotal,
      })
    })
  } catch (error) {
    throw folderError(error, folder)
  }
  return bytesDone
}

/** Makes the folders above a file, one by one: a symbolic link among them would lead elsewhere. */
async function makeParent(folder: string, parent: string): Promise<void> {
  let path = folder
  for (const segment of parent === '.' ? [] : parent.split('/')) {
    path = join(path, segment)
    await mkdir(path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    })
    if (!(await lstat(path)).isDirectory()) {
      throw new FabriqueError('checkout_folder_invalid', { folder: path, reason: 'it is not a folder' })
    }
  }
}

/** Never a link to the blob: who edits the file must not edit the store. A copy on write where the file system can. */
async function writeContent(
  ctx: VerbContext,
  file: CollectionFile,
  packed: PackedFile | undefined,
  temp: string,
): Promise<void> {
  if (packed === undefined) {
    const blob = await ctx.blobs.localFile(file.sha256)
    try {
      await copyFile(blob.path, temp, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    } finally {
      await blob.release()
    }
    return
  }
  const target = await open(temp, 'wx', 0o600)
  try {
    if (packed.bytes === 0) return
    const content = await ctx.blobs.open(packed.pack, {
      start: packed.start,
      end: packed.start + packed.bytes - 1,
    })
    for await (const chunk of content) await target.write(chunk as Buffer)
  } finally {
    await target.close()
  }
}

/** Ordinary rights of a new file, and those to execute it where it had them. */
async function setMode(path: string, { executable }: CollectionFile): Promise<void> {
  const rights = executable ? 0o777 : 0o666
  await chmod(path, rights & ~(process.platform === 'win32' ? 0 : umask))
}
const umask = process.umask()

/** Removes a file and the folders above it that became empty. */
async function removeFile(folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true })
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    const full = join(folder, parent)
    if ((await readdir(full).catch(() => ['?'])).length > 0) return
    await rmdir(full)
  }
}
