import { FabriqueError, type Snapshot } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import { toSnapshot } from '../store.js'
import type { FileThread } from './file-threads.js'
import { findCollection } from './find-collection.js'
import { allOver, forEachAtOnce } from './for-each-at-once.js'
import { forgetLostPacks } from './forget-lost-packs.js'
import { knownFiles } from './known-files.js'
import {
  type CollectionFile,
  type CollectionForm,
  checkPath,
  collectionHash,
  type ImageFacts,
  type LeftOut,
} from './model.js'
import { sortByPath } from './path-order.js'
import { recordCollection } from './record-collection.js'
import { insertImageFacts, selectImageFacts, upsertStates } from './store.js'
import { type Holding, keepPacked, type Report, type TakenFiles, takeFiles } from './take-files.js'
import { snapshotColumnsOf, writeTable } from './write-table.js'

/** A file of a new collection: its path in it, and the file on this machine that has the content. */
export interface CollectionEntry {
  readonly path: string
  /** Full path. */
  readonly file: string
  /** What tells that the file did not change since it was read; absent asks for a reading. */
  readonly mark?: string
  readonly bytes?: number
  /** As the file has it where this is absent. */
  readonly executable?: boolean
}

export interface NewCollection {
  readonly project: string
  readonly dataset: string
  readonly form: CollectionForm
  readonly source: { readonly kind: string; readonly location: string }
  readonly entries: Iterable<CollectionEntry> | AsyncIterable<CollectionEntry>
  /** True where the entries come from a walk: their paths are good, differ and are in order. */
  readonly isInOrder?: boolean
  /** Folder that all files are below, where there is one: then what is known of them is asked for at once. */
  readonly folder?: string | undefined
  readonly leftOut?: readonly LeftOut[]
  readonly report?: Report | undefined
  /** Called before the snapshot is written; throws where too much was left out. */
  readonly accept?: ((found: { readonly leftOut: readonly LeftOut[]; readonly files: number }) => void) | undefined
  /** A thread that is open already. */
  readonly thread?: FileThread
}

export interface AddedCollection {
  readonly snapshot: Snapshot
  /** False where this content was there already. */
  readonly created: boolean
  readonly files: number
  /** Files whose content had to be read. */
  readonly filesRead: number
  /** Those of them that are in the snapshot, and their bytes. */
  readonly goodRead: number
  readonly bytesRead: number
  readonly bytes: number
  readonly leftOut: readonly LeftOut[]
}

/** A store that was swept meanwhile is asked again. */
const attemptsMax = 3

/**
 * Takes files to an immutable snapshot of files. The same files give the same snapshot. Only files that may have changed are read; each
 * content is stored once. Errors: `collection_empty`, `collection_too_large`, `file_path_invalid`, `file_not_taken`, `disk_full`.
 */
export async function addCollection(ctx: VerbContext, wanted: NewCollection): Promise<AddedCollection> {
  const entries = await collectEntries(wanted)
  for (let attempt = 1; ; attempt += 1) {
    const added = await addOnce(ctx, wanted, entries)
    if (added !== undefined) return added
    if (attempt === attemptsMax) throw new FabriqueError('database_conflict', {})
  }
}

async function collectEntries({
  entries,
  dataset,
  source,
  isInOrder,
}: NewCollection): Promise<readonly CollectionEntry[]> {
  const countMax = limit('files.count_max')
  const collected: CollectionEntry[] = []
  const collect = (entry: CollectionEntry) => {
    if (isInOrder !== true) checkPath(entry.path)
    collected.push(entry)
    if (collected.length > countMax) {
      throw new FabriqueError('collection_too_large', { path: source.location, limit: countMax })
    }
  }
  // To wait for each of thousands that are there takes its time.
  if (Symbol.iterator in entries) for (const entry of entries) collect(entry)
  else for await (const entry of entries) collect(entry)
  if (collected.length === 0) throw new FabriqueError('collection_empty', { path: source.location, dataset })
  if (isInOrder === true) return collected
  sortByPath(collected)
  const paths = new Set<string>()
  for (const { path } of collected) {
    if (paths.has(path)) throw new FabriqueError('file_path_invalid', { path, reason: 'it stands there twice' })
    paths.add(path)
  }
  const folder = fileAbove(paths)
  if (folder !== undefined) {
    throw new FabriqueError('file_path_invalid', { path: folder, reason: 'it is a file and a folder' })
  }
  return collected
}

/** A path that is also a folder of another one. */
function fileAbove(paths: ReadonlySet<string>): string | undefined {
  const seen = new Set<string>()
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (seen.has(folder)) break
      if (paths.has(folder)) return folder
      seen.add(folder)
      if (end === 0) break
    }
  }
  return undefined
}

/** Gives undefined where content that was there has gone meanwhile. */
async function addOnce(
  ctx: VerbContext,
  wanted: NewCollection,
  entries: readonly CollectionEntry[],
): Promise<AddedCollection | undefined> {
  const { form } = wanted
  const known = await knownFiles(ctx, entries, wanted.folder)
  const told = { leftOut: wanted.leftOut ?? [], filesRead: 0, goodRead: 0, bytesRead: 0 }
  if (known.every((file) => file !== undefined)) {
    wanted.accept?.({ leftOut: told.leftOut, files: known.length })
    const found = await findSnapshot(ctx, wanted, collectionHash(form, known))
    if (found !== undefined) return describe(found, { ...told, files: known, created: false })
  }
  const { files: there, held } = await withStored(ctx, form, known)
  const unread = entries.flatMap((entry, at) => (there[at] === undefined ? [{ entry, at }] : []))
  if (unread.length > 0) openEngineAhead(ctx)
  const taken = await takeFiles(
    ctx,
    unread.map(({ entry }) => ({ ...entry, bytes: entry.bytes ?? 0 })),
    takingOf(wanted),
  )
  return storeTaken(ctx, wanted, { there, held, unread, taken })
}

/** What a walk finds in a folder, as it finds it; what it leaves out is told once all was found. */
export type FoundEntries = AsyncIterable<readonly (CollectionEntry & { readonly bytes: number })[]>

/**
 * As `addCollection`, of files below a folder of which nothing is known: they are read while more are found. Their paths are good, differ
 * and are in order. `wanted.leftOut` is looked at when all was found.
 */
export async function addFound(
  ctx: VerbContext,
  wanted: Omit<NewCollection, 'entries' | 'isInOrder'>,
  found: FoundEntries,
): Promise<AddedCollection> {
  const entries: CollectionEntry[] = []
  const pieces = async function* () {
    for await (const piece of found) {
      for (const entry of piece) entries.push(entry)
      yield piece
    }
  }
  const collection: NewCollection = { ...wanted, entries, isInOrder: true }
  openEngineAhead(ctx)
  const taken = await takeFiles(ctx, pieces(), takingOf(collection))
  const unread = entries.map((entry, at) => ({ entry, at }))
  const nothing: Holding = { blobs: new Set(), packs: new Set() }
  const added = await storeTaken(ctx, collection, { there: [], held: nothing, unread, taken })
  return added ?? addCollection(ctx, collection)
}

function takingOf({ form, report, thread }: NewCollection) {
  return { withImages: form !== 'files', report, ...(thread === undefined ? {} : { thread }) }
}

interface Taken {
  /** By place, those that had not to be read. */
  readonly there: readonly (CollectionFile | undefined)[]
  /** Blobs that hold their contents. */
  readonly held: Holding
  readonly unread: readonly { readonly entry: CollectionEntry; readonly at: number }[]
  /** What those turned out to be. */
  readonly taken: TakenFiles
}

/** Gives undefined where content that was there has gone meanwhile. */
async function storeTaken(
  ctx: VerbContext,
  wanted: NewCollection,
  { there, held, unread, taken }: Taken,
): Promise<AddedCollection | undefined> {
  const goOn = async () => {
    const files = [...there]
    let goodRead = 0
    let bytesRead = 0
    const leftOut = [...(wanted.leftOut ?? [])]
    for (const [index, { entry, at }] of unread.entries()) {
      const result = taken.files[index]
      if (result === undefined) continue
      if ('fault' in result) {
        if (!result.isContent) throw new FabriqueError('file_not_taken', { path: entry.path, reason: result.fault })
        leftOut.push({ path: entry.path, reason: result.fault })
        continue
      }
      const { sha256, bytes, executable, image } = result
      goodRead += 1
      bytesRead += bytes
      const file = { path: entry.path, sha256, bytes, executable: entry.executable ?? executable }
      files[at] = image === undefined ? file : { ...file, image }
    }
    const count = Math.max(there.length, unread.length)
    wanted.report?.({ stage: 'write', files_done: count, files_total: count })
    const good = files.filter((file) => file !== undefined)
    const counts = { files: good, leftOut, filesRead: unread.length, goodRead, bytesRead }
    const stored = taken.stored.then((holding) => both(held, holding))
    stored.catch(() => {})
    // What was read stays known also where it is not accepted.
    const [added] = await allOver([storeCollection(ctx, wanted, counts, stored), upsertStates(ctx, taken.states)])
    return added
  }
  const [added] = await allOver([goOn(), taken.stored])
  return added
}

/** The engine that writes the table takes a while to open: that is over when all is read. Where it fails, who uses it is told. */
function openEngineAhead(ctx: VerbContext): void {
  ctx.data.use(async () => undefined, ctx.signal).catch(() => undefined)
}

/** Makes the snapshot of files whose contents are in the store once `stored` is over; gives undefined where some have gone meanwhile. */
async function storeCollection(
  ctx: VerbContext,
  wanted: NewCollection,
  counts: Omit<Counts, 'created'>,
  stored: Promise<Holding>,
): Promise<AddedCollection | undefined> {
  const { files, leftOut } = counts
  const { form, source, project, dataset } = wanted
  if (files.length === 0) throw new FabriqueError('collection_empty', { path: source.location, dataset })
  wanted.accept?.({ leftOut, files: files.length })
  const contentHash = collectionHash(form, files)
  const found = await findSnapshot(ctx, wanted, contentHash)
  if (found !== undefined) return describe(found, { ...counts, created: false })
  const contents = new Map(files.map(({ sha256, bytes }) => [sha256, bytes]))
  const images = files.flatMap(({ sha256, image }) => (image === undefined ? [] : [[sha256, image] as const]))
  // The table names contents that are still on their way: it is written meanwhile, and nobody sees it before they are there.
  const writing = writeTable(ctx, form, files)
  try {
    const [table, blobs, , profile] = await allOver([
      writing,
      stored.then((holding) => keepBlobs(ctx, holding)),
      insertImageFacts(ctx, new Map(images)),
      writing.then(({ figures }) => figures),
    ])
    if (blobs === undefined || !(await ctx.blobs.keep(table.blob.sha256))) return undefined
    const recorded = await recordCollection({
      ctx,
      input: {
        project,
        dataset,
        content_hash: contentHash,
        columns: snapshotColumnsOf(form),
        row_count: files.length,
        bytes: table.blob.bytes + sumOf([...contents.values()]),
        source: { ...source, bytes: sumOf(files.map(({ bytes }) => bytes)), sha256: contentHash, files: files.length },
        table: table.blob,
        profile,
        ...blobs,
      },
    })
    if (recorded === undefined) return undefined
    const { snapshot, created } = recorded
    return describe(snapshot, { ...counts, created })
  } finally {
    await writing.then(
      (table) => table.close(),
      () => undefined,
    )
  }
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

interface Counts {
  readonly files: readonly CollectionFile[]
  readonly leftOut: readonly LeftOut[]
  readonly filesRead: number
  readonly goodRead: number
  readonly bytesRead: number
  readonly created: boolean
}

function describe(snapshot: Snapshot, { files, ...counts }: Counts): AddedCollection {
  return { snapshot, files: files.length, bytes: sumOf(files.map(({ bytes }) => bytes)), ...counts }
}

interface StoredFiles {
  /** By place; undefined for those that have to be read. */
  readonly files: readonly (CollectionFile | undefined)[]
  readonly held: Holding
}

/** Of the known files those whose contents are in the store, where they stay a while; with what is known of images. */
async function withStored(
  ctx: VerbContext,
  form: CollectionForm,
  known: readonly (CollectionFile | undefined)[],
): Promise<StoredFiles> {
  const hashes = [...new Set(known.flatMap((file) => (file === undefined ? [] : [file.sha256])))]
  const packed = await keepPacked(ctx, hashes)
  const blobs = new Set<string>()
  await forEachAtOnce(
    hashes.filter((hash) => !packed.has(hash)),
    limit('files.lookups_at_once'),
    async (hash) => {
      if (await ctx.blobs.keep(hash)) blobs.add(hash)
    },
  )
  const images: ReadonlyMap<string, ImageFacts> = form === 'files' ? new Map() : await selectImageFacts(ctx, hashes)
  const files = known.map((file) => {
    if (file === undefined || !(packed.has(file.sha256) || blobs.has(file.sha256))) return undefined
    const image = images.get(file.sha256)
    if (form === 'files') return file
    return image === undefined ? undefined : { ...file, image }
  })
  return { files, held: { blobs, packs: new Set(packed.values()) } }
}

function both(one: Holding, other: Holding): Holding {
  return { blobs: new Set([...one.blobs, ...other.blobs]), packs: new Set([...one.packs, ...other.packs]) }
}

/** The names of the blobs that hold some contents, which all stay a while; undefined where one has gone. */
async function keepBlobs(
  ctx: VerbContext,
  holding: Holding,
): Promise<{ readonly blobs: string[]; readonly packs: string[] } | undefined> {
  const blobs = [...holding.blobs]
  const packs = [...holding.packs]
  let isWhole = true
  await forEachAtOnce([...blobs, ...packs], limit('files.lookups_at_once'), async (blob) => {
    if (!(await ctx.blobs.keep(blob))) isWhole = false
  })
  if (isWhole) return { blobs, packs }
  await forgetLostPacks(ctx, packs)
  return undefined
}

async function findSnapshot(
  ctx: VerbContext,
  place: NewCollection,
  contentHash: string,
): Promise<Snapshot | undefined> {
  const row = await findCollection(ctx, place, contentHash)
  return row === undefined ? undefined : toSnapshot(ctx, row)
}
