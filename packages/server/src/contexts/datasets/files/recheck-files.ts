import { lstat, realpath } from 'node:fs/promises'
import type { FilesAdded } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { type BlobStore, readVerb, type VerbContext } from '../../../platform/index.js'
import { wordedFault } from './fault-words.js'
import { openFileThread } from './file-threads.js'
import { findCollection } from './find-collection.js'
import { knownFiles } from './known-files.js'
import { collectionHash } from './model.js'
import { sortByPath } from './path-order.js'
import { hasStates } from './store.js'
import { fileWorkStart } from './take-files.js'
import { pathsBelow, type Walked } from './walk-folder.js'

/** What a folder was when every file of it was known. */
interface KnownFolder {
  readonly digest: string
  readonly contentHash: string
  readonly files: number
  readonly bytes: number
}

/** By store, then by folder, the one looked at last at the end. It may be lost: the states of the files tell it again. */
const folders = new WeakMap<BlobStore, Map<string, KnownFolder>>()

/**
 * The snapshot that a folder gives again, where none of its files changed, came or went since they were read. Reads no content and writes
 * nothing. Gives undefined where that cannot be told without reading, and where there is no such folder.
 */
export const recheckFiles = readVerb({
  name: 'datasets.recheck_files',
  permission: 'datasets.write',
  input: z.object({ project: z.string(), dataset: z.string(), path: z.string() }),
  async run({ ctx, input }): Promise<FilesAdded | undefined> {
    const folder = await realpath(input.path).catch(() => undefined)
    if (folder === undefined || !(await lstat(folder)).isDirectory()) return undefined
    const kept = folders.get(ctx.blobs) ?? new Map<string, KnownFolder>()
    folders.set(ctx.blobs, kept)
    const before = kept.get(folder)
    // Nobody looks through a folder of which nothing is known.
    if (before === undefined && !(await hasStates(ctx, folder))) return undefined
    const walked = await walk(ctx, folder, before?.digest)
    kept.delete(folder)
    if (walked === undefined) return undefined
    const known = before?.digest === walked.digest ? before : await know(ctx, folder, walked)
    if (known === undefined) return undefined
    kept.set(folder, known)
    for (const oldest of kept.keys()) {
      if (kept.size <= limit('files.folders_known')) break
      kept.delete(oldest)
    }
    const found = await findCollection(ctx, input, known.contentHash)
    if (found === undefined) return undefined
    return {
      snapshot_id: found.id,
      content_hash: known.contentHash,
      is_new: false,
      files: known.files,
      files_read: 0,
      bytes: known.bytes,
      left_out: walked.leftOut
        .slice(0, limit('files.left_out_shown'))
        .map(({ path, reason }) => ({ path, ...wordedFault(reason) })),
      left_out_count: walked.leftOut.length,
    }
  },
})

/** What is in a folder; undefined where that cannot be told here. */
async function walk(ctx: VerbContext, folder: string, known: string | undefined): Promise<Walked | undefined> {
  const thread = openFileThread(fileWorkStart(ctx))
  try {
    const walked = await thread.walk({ folder, filesMax: limit('files.count_max'), known })
    return walked.tooMany ? undefined : walked
  } catch {
    // Whoever adds the folder is told why.
    return undefined
  } finally {
    await thread.close()
  }
}

/** Compares the files with what was noted when they were read. */
async function know(ctx: VerbContext, folder: string, { files, digest }: Walked): Promise<KnownFolder | undefined> {
  const pathOf = pathsBelow(folder)
  const entries = sortByPath(files.map((file) => ({ ...file, file: pathOf(file.path) })))
  const known = (await knownFiles(ctx, entries, folder)).filter((file) => file !== undefined)
  if (known.length === 0 || known.length < files.length) return undefined
  const bytes = known.reduce((sum, file) => sum + file.bytes, 0)
  return { digest, contentHash: collectionHash('files', known), files: known.length, bytes }
}
