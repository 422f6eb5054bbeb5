import { lstat, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../../platform/index.js'
import { type AddedCollection, addCollection, addFound, type NewCollection } from './add-collection.js'
import { extractArchive, isArchive } from './extract-archive.js'
import { openFileThread } from './file-threads.js'
import { hasStates } from './store.js'
import { fileWorkStart, type Report } from './take-files.js'
import { type FoundFile, isExecutable, markOf, pathsBelow, type WalkEnd } from './walk-folder.js'

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
  const thread = openFileThread(fileWorkStart(ctx))
  try {
    wanted.report?.({ stage: 'list' })
    const leftOut = [...(wanted.leftOut ?? [])]
    const walk = { folder, filesMax: limit('files.count_max') }
    const tell = (end: WalkEnd) => {
      if (end.tooMany) {
        throw new FabriqueError('collection_too_large', { path: wanted.source.location, limit: walk.filesMax })
      }
      for (const file of end.leftOut) leftOut.push(file)
    }
    const pathOf = pathsBelow(folder)
    const entryOf = ({ path, bytes, executable, mark }: FoundFile) => {
      const entry = { path, file: pathOf(path), bytes, executable }
      return withStates ? { ...entry, mark } : entry
    }
    const collection = { ...wanted, leftOut, thread }
    if (!withStates || !(await hasStates(ctx, folder))) {
      const found = async function* () {
        for (let next = thread.walkOn(walk); ; ) {
          const { files, end } = await next
          if (end !== undefined) return tell(end)
          // The thread looks for more while these are used.
          next = thread.walkOn(walk)
          next.catch(() => {})
          yield files.map(entryOf)
        }
      }
      return await addFound(ctx, withStates ? { ...collection, folder } : collection, found())
    }
    const walked = await thread.walk(walk)
    tell(walked)
    return await addCollection(ctx, { ...collection, entries: walked.files.map(entryOf), isInOrder: true, folder })
  } finally {
    await thread.close()
  }
}
