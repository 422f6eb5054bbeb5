import { lstat, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../../platform/index.js'
import { type AddedCollection, addCollection, type NewCollection } from './add-collection.js'
import { extractArchive, isArchive } from './extract-archive.js'
import { openFileThread } from './file-threads.js'
import type { FileWorkStart } from './file-work.js'
import { fileWorkStart, type Report } from './take-files.js'
import { isExecutable, markOf, pathsBelow } from './walk-folder.js'

type Place = Pick<NewCollection, 'project' | 'dataset' | 'form' | 'source' | 'report' | 'leftOut' | 'accept'>

/**
 * Takes a folder or a file of this machine, as it is, to a snapshot of files; images also from an archive, whose files are read one by
 * one. Errors: those of `addCollection`, `source_not_found`, `archive_invalid`.
 */
export const addFiles = taskVerb({
  name: 'datasets.add_files',
  permission: 'datasets.write',
  input: z.object({
    project: z.string(),
    dataset: z.string(),
    form: z.enum(['files', 'images', 'labelled_images']).default('files'),
    kind: z.string().default('files'),
    path: z.string(),
    location: z.string(),
    report: z.custom<Report>().optional(),
    /** Throws where too much was left out. */
    accept: z.custom<NewCollection['accept']>().optional(),
  }),
  async run({ ctx, input }): Promise<AddedCollection> {
    const { path, location, kind, ...place } = input
    const wanted: Place = { ...place, source: { kind, location } }
    const root = await realpath(path).catch((error: unknown) => {
      throw new FabriqueError('source_not_found', { path: location, dataset: input.dataset }, { cause: error })
    })
    const found = await lstat(root, { bigint: true })
    if (found.isDirectory()) return addFolder(ctx, wanted, root, true)
    if (!found.isFile()) throw new FabriqueError('file_not_taken', { path: location, reason: 'it is not a plain file' })
    if (input.form !== 'files' && isArchive(root)) {
      return extractArchive(ctx, { path: root, location }, (folder, leftOut) =>
        addFolder(ctx, { ...wanted, leftOut }, folder, false),
      )
    }
    const entry = {
      path: basename(root),
      file: root,
      mark: markOf(found),
      bytes: Number(found.size),
      executable: isExecutable(found),
    }
    return addCollection(ctx, { ...wanted, entries: [entry] })
  },
})

/** `withStates` is false for a folder that goes away again: nothing of its files is remembered. */
async function addFolder(
  ctx: VerbContext,
  wanted: Place,
  folder: string,
  withStates: boolean,
): Promise<AddedCollection> {
  const start: FileWorkStart = fileWorkStart(ctx)
  const thread = openFileThread(start)
  try {
    wanted.report?.({ stage: 'list' })
    const { files, leftOut, tooMany } = await thread.walk({ folder, filesMax: limit('files.count_max') })
    if (tooMany) {
      throw new FabriqueError('collection_too_large', {
        path: wanted.source.location,
        limit: limit('files.count_max'),
      })
    }
    const pathOf = pathsBelow(folder)
    const entries = files.map(({ path, bytes, executable, mark }) => {
      const entry = { path, file: pathOf(path), bytes, executable }
      return withStates ? { ...entry, mark } : entry
    })
    return await addCollection(ctx, {
      ...wanted,
      entries,
      leftOut: [...(wanted.leftOut ?? []), ...leftOut],
      thread,
      ...(withStates ? { folder } : {}),
    })
  } finally {
    await thread.close()
  }
}
