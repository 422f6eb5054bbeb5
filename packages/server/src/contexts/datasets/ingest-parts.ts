import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import {
  type BareNote,
  type ColumnType,
  type DatasetDefinition,
  errorMessage,
  FabriqueError,
  isFabriqueError,
} from '@fabrique/contract'
import { canonicalJson, limit } from '../../kernel/index.js'
import { rowsOf, sqlName, sqlText, type VerbContext } from '../../platform/index.js'
import { widerType } from './column-types.js'
import { isSurelyKey } from './count-distinct.js'
import type { WordedReason } from './ingest-notes.js'
import type { IngestProgress } from './ingest-progress.js'
import { commonTypes, hasTypes } from './ingest-schema.js'
import { findKnownParts, ingestTables, type KnownPart } from './ingest-store.js'
import { readCsv } from './read-csv.js'
import { readJson } from './read-json.js'
import { readParquet } from './read-parquet.js'
import type { ReadPart } from './read-part.js'
import type { PartColumn, RowRules } from './read-rows.js'
import { fileMark } from './sources/file-driver.js'
import type { LocalFile, SourceItem } from './sources/source-driver.js'

/** Raised when the same source would give another Parquet file, so that it is read again. */
const readerVersion = 3

/** How often a file that changes while it is read is begun again. */
const readAttempts = 3

/** How often types are widened before what is left becomes text. */
const wideningsMax = 4

/** A thing of the source as a part of the snapshot to be. */
export interface TakenPart {
  readonly name: string
  readonly contentHash: string
  readonly sourceBytes: number
  readonly mark: string | undefined
  /** Names what was read and how. */
  readonly partKey: string
  readonly columns: readonly PartColumn[]
  readonly goodCount: number
  readonly rejectedCount: number
  /** A part that a snapshot has already, or a file that was just written; neither where no row is good. */
  readonly known?: { readonly hash: string; readonly bytes: number }
  readonly written?: string
  readonly quarantine?: string
  readonly warnings: readonly BareNote[]
  readonly wasRead: boolean
}

/** A thing of the source that could not be read at all, under a policy that goes on. */
export interface UnreadableItem extends WordedReason {
  readonly name: string
}

export interface TakeOptions {
  readonly ctx: VerbContext
  readonly project: string
  readonly dataset: DatasetDefinition
  readonly items: readonly SourceItem[]
  /** Parts of the snapshot that the items come beyond. */
  readonly partsBefore: readonly { readonly hash: string; readonly path: string }[]
  readonly typesBefore: readonly (readonly PartColumn[])[]
  /** Hashes of the parts of the newest snapshot: their keys are known to be unique. */
  readonly newestHashes: readonly string[]
  /** A path of its own for each file that is written. */
  readonly nextPath: () => string
  readonly conditions: RowRules['conditions']
  /** True reads again what is known. */
  readonly isFull: boolean
  readonly progress: IngestProgress
}

export interface TakenParts {
  readonly parts: readonly TakenPart[]
  readonly unreadable: readonly UnreadableItem[]
}

const hashOf = (value: unknown) =>
  createHash('sha256')
    .update(canonicalJson(value as Parameters<typeof canonicalJson>[0]))
    .digest('hex')

/**
 * Names a content and all that decides which of its rows are good. Of one data set and policy only: rows that were set aside there were
 * seen by no one elsewhere.
 */
function partKeyOf(contentHash: string, { format }: SourceItem, { project, dataset }: Asking): string {
  const { name, columns, key, bad_rows, expectations } = dataset
  const setAside = expectations.filter(({ action }) => action === 'quarantine')
  return hashOf({ contentHash, format, project, name, columns, key, bad_rows, setAside, readerVersion })
}

type Asking = Pick<TakeOptions, 'project' | 'dataset'>

/** Names the types of a part, so that one content may be kept in several. */
export function typesKeyOf(columns: readonly PartColumn[]): string {
  return hashOf(columns.filter(({ declared }) => !declared).map(({ name, type }) => [name, type ?? 'none']))
}

/**
 * Takes each item of a source to a part: known ones as they are, others by reading them. Columns that are not declared get the
 * types that hold the values of all parts; keys are unique over all of them. Throws what reading throws.
 */
export async function takeParts(options: TakeOptions): Promise<TakenParts> {
  const { ctx, items, dataset, progress } = options
  const taken = new Map<SourceItem, TakenPart>()
  const unreadable = new Map<SourceItem, UnreadableItem>()
  let types = commonTypes(options.typesBefore)
  const hashes = options.isFull ? new Map<SourceItem, string>() : await hashesByMark(options)
  progress.expect({
    files: items.length,
    bytes: items.reduce((sum, item) => sum + (hashes.has(item) ? 0 : (item.bytes ?? 0)), 0),
  })
  const add = (item: SourceItem, part: TakenPart) => {
    taken.set(item, part)
    types = widen(types, commonTypes([part.columns]))
  }
  // Known ones first: their types are those that the others are likely to need.
  let before: string[] | undefined = options.partsBefore.map(({ hash }) => hash)
  for (const item of items) {
    const hash = hashes.get(item)
    const content = hash === undefined ? undefined : { item, hash, bytes: item.bytes ?? 0, mark: item.mark }
    const part =
      content === undefined
        ? undefined
        : ((dataset.key.length === 0 || before === undefined
            ? undefined
            : await findPart(options, { ...content, keysBefore: chainOf(before) })) ??
          (await findPart(options, content)))
    if (part !== undefined) add(item, part)
    if (part === undefined) before = undefined
    else if (part.goodCount > 0) before?.push(part.partKey)
  }
  for (const item of items) {
    if (taken.has(item)) continue
    try {
      add(item, await readItem(options, { item, types, keysBefore: [], partsBefore: [] }))
    } catch (error) {
      ctx.signal?.throwIfAborted()
      if (isFabriqueError(error) && error.code === 'source_empty') add(item, emptyPart(item))
      else if (dataset.bad_rows.mode === 'warn' && isUnreadable(error)) {
        unreadable.set(item, { name: item.name, ...reasonOf(error) })
      } else throw error
    }
  }
  for (let round = 0; ; round += 1) {
    const common = commonTypes([...options.typesBefore, ...[...taken.values()].map(({ columns }) => columns)])
    const wanted =
      round < wideningsMax ? common : new Map([...common].map(([name]): [string, ColumnType] => [name, 'text']))
    const narrow = items.filter((item) => {
      const part = taken.get(item)
      return part !== undefined && part.goodCount > 0 && !hasTypes(part.columns, wanted)
    })
    if (narrow.length === 0 || round > wideningsMax) break
    for (const item of narrow) {
      taken.set(item, await readItem(options, { item, types: wanted, keysBefore: [], partsBefore: [] }))
    }
    types = wanted
  }
  if (dataset.key.length > 0) await refuseCopies(options, taken, types)
  return {
    parts: items.flatMap((item) => taken.get(item) ?? []),
    unreadable: [...unreadable.values()],
  }
}

/** Names what keys were compared with, so that the part differs from one whose keys met none. */
const chainOf = (partKeys: readonly string[]) => [...partKeys, 'unique']

function emptyPart({ name, mark }: SourceItem): TakenPart {
  const nothing = { sourceBytes: 0, columns: [], goodCount: 0, rejectedCount: 0, wasRead: true }
  return { name, mark: undefined, contentHash: '', partKey: mark ?? name, warnings: [], ...nothing }
}

function widen(
  left: ReadonlyMap<string, ColumnType>,
  right: ReadonlyMap<string, ColumnType>,
): ReadonlyMap<string, ColumnType> {
  const wide = new Map(left)
  for (const [name, type] of right) wide.set(name, widerType(wide.get(name), type) ?? type)
  return wide
}

function isUnreadable(error: unknown): error is FabriqueError {
  return (
    isFabriqueError(error) &&
    (error.code === 'source_unreadable' || error.code === 'source_columns_mismatch' || error.code === 'source_changed')
  )
}

/** Why it is unreadable, in words: those of the engine or of the system are English, the others are told in both languages. */
function reasonOf(error: FabriqueError): WordedReason {
  const { reason, reason_fr } = error.params
  if (reason === undefined) return { reason: error.message, reason_fr: errorMessage(error, 'fr') }
  return { reason: String(reason), ...(reason_fr === undefined ? {} : { reason_fr: String(reason_fr) }) }
}

/** The hashes of things whose mark is the one that was seen with it. */
async function hashesByMark({ ctx, project, dataset, items }: TakeOptions): Promise<Map<SourceItem, string>> {
  const rows = await ingestTables(ctx)
    .selectFrom('source_marks')
    .select(['name', 'mark', 'content_key'])
    .where('project', '=', project)
    .where('dataset', '=', dataset.name)
    .execute()
  const known = new Map(rows.map(({ name, mark, content_key }) => [`${name}\n${mark}`, content_key]))
  const found = new Map<SourceItem, string>()
  for (const item of items) {
    const hash = item.mark === undefined ? undefined : known.get(`${item.name}\n${item.mark}`)
    if (hash !== undefined) found.set(item, hash)
  }
  return found
}

interface Content {
  readonly item: SourceItem
  readonly hash: string
  readonly bytes: number
  readonly mark: string | undefined
  /** Parts that stood before when keys that met were set aside. */
  readonly keysBefore?: readonly string[]
  readonly types?: ReadonlyMap<string, ColumnType>
}

function keyOf({ item, hash, keysBefore = [] }: Content, asking: Asking): string {
  const own = partKeyOf(hash, item, asking)
  return keysBefore.length === 0 ? own : hashOf([own, ...keysBefore])
}

/** A part that is known, where the policy lets it be used. */
async function findPart(options: TakeOptions, content: Content): Promise<TakenPart | undefined> {
  if (options.isFull) return undefined
  const { item, hash, bytes, mark, types } = content
  const partKey = keyOf(content, options)
  const usable = (part: KnownPart) => types === undefined || hasTypes(part.columns, types)
  const part = (await findKnownParts(options.ctx, partKey)).find(usable)
  if (part === undefined) return undefined
  return {
    name: item.name,
    contentHash: hash,
    sourceBytes: bytes,
    mark,
    partKey,
    columns: part.columns,
    goodCount: part.rowCount,
    rejectedCount: part.rejectedCount,
    ...(part.parquetHash === undefined ? {} : { known: { hash: part.parquetHash, bytes: part.bytes } }),
    warnings: [],
    wasRead: false,
  }
}

interface Reading {
  readonly item: SourceItem
  readonly types: ReadonlyMap<string, ColumnType>
  readonly keysBefore: readonly string[]
  readonly partsBefore: readonly string[]
}

/** Brings an item here and reads it, unless its content turns out to be known. */
async function readItem(options: TakeOptions, reading: Reading): Promise<TakenPart> {
  const { ctx, dataset, progress } = options
  const { item } = reading
  for (let attempt = 1; attempt <= readAttempts; attempt += 1) {
    ctx.signal?.throwIfAborted()
    progress.stage('read', item.name)
    const ahead = await readAhead(options, reading)
    let local: LocalFile | undefined
    try {
      local = await item.open((bytes) => {
        // Bringing it here is the first half of the way.
        if (ahead === undefined) progress.bytes(Math.round(bytes / 2))
      })
      const content: Content = {
        item,
        hash: local.sha256,
        bytes: local.bytes,
        mark: item.mark,
        keysBefore: reading.keysBefore,
        ...(reading.keysBefore.length === 0 ? {} : { types: reading.types }),
      }
      const known = await findPart(options, content)
      if (known !== undefined && reading.types.size > 0 && !hasTypes(known.columns, reading.types)) {
        const fitting = await findPart(options, { ...content, types: reading.types })
        if (fitting !== undefined) return fitting
      } else if (known !== undefined) return known
      const part =
        ahead !== undefined && ahead.mark === local.mark
          ? await ahead.part
          : await readFile(options, reading, local, writingOf(options, local))
      if (await isUntouched(local)) {
        progress.file({ bytes: local.bytes, rows: part.goodCount + part.rejectedCount })
        return {
          name: item.name,
          contentHash: local.sha256,
          sourceBytes: local.bytes,
          mark: item.mark,
          partKey: keyOf(content, options),
          columns: part.columns,
          goodCount: part.goodCount,
          rejectedCount: part.rejectedCount,
          ...(part.goodCount === 0 ? {} : { written: part.parquet }),
          ...(part.quarantine === undefined ? {} : { quarantine: part.quarantine }),
          warnings: part.warnings,
          wasRead: true,
        }
      }
    } finally {
      await ahead?.end()
      await local?.release()
    }
  }
  throw new FabriqueError('source_changed', { path: item.name, dataset: dataset.name })
}

/** Where a part is written, and how far it is: reading is the second half of the way. */
function writingOf({ nextPath, progress }: TakeOptions, { bytes: all }: LocalFile): Writing {
  return { target: nextPath(), report: (bytes) => progress.bytes(Math.round((all + Math.min(bytes, all)) / 2)) }
}

interface Writing {
  readonly target: string
  readonly report: (bytes: number) => void
}

/** A file that is read while its hash is not known yet. */
interface ReadAhead {
  /** That of the file before it was read. */
  readonly mark: string
  readonly part: Promise<ReadPart>
  /** Stops it where it still runs. */
  end(): Promise<void>
}

/** Begins to read a large file of this machine; in vain where its content turns out to be known. */
async function readAhead(options: TakeOptions, reading: Reading): Promise<ReadAhead | undefined> {
  const { ctx, progress } = options
  const { path } = reading.item
  const found = path === undefined ? undefined : await stat(path, { bigint: true }).catch(() => undefined)
  if (path === undefined || found === undefined || found.size < limit('data.read_ahead_bytes_min')) return undefined
  const stop = new AbortController()
  const signal = ctx.signal === undefined ? stop.signal : AbortSignal.any([ctx.signal, stop.signal])
  const file = { path, bytes: Number(found.size) }
  const writing = {
    target: options.nextPath(),
    report: (bytes: number) => progress.bytes(Math.min(bytes, file.bytes)),
  }
  const part = readFile({ ...options, ctx: { ...ctx, signal } }, reading, file, writing)
  // What it throws is told by who waits for it.
  const ended = part.then(
    () => undefined,
    () => undefined,
  )
  return {
    mark: fileMark(found),
    part,
    end() {
      stop.abort()
      return ended
    },
  }
}

async function isUntouched({ path, mark }: LocalFile): Promise<boolean> {
  if (mark === undefined) return true
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found !== undefined && fileMark(found) === mark
}

async function readFile(
  { ctx, dataset, conditions }: TakeOptions,
  { item, types, partsBefore, keysBefore }: Reading,
  local: Pick<LocalFile, 'path' | 'bytes'>,
  { target, report }: Writing,
): Promise<ReadPart> {
  const { format } = item
  if (local.bytes === 0) {
    return {
      parquet: target,
      columns: [],
      goodCount: 0,
      rejectedCount: 0,
      warnings: [],
    }
  }
  return ctx.data.use(async (connection) => {
    await connection.run('set enable_progress_bar = true; set enable_progress_bar_print = false')
    await connection.run("set TimeZone = 'UTC'")
    const request = {
      connection,
      path: local.path,
      name: item.name,
      rules: { dataset, conditions, partsBefore, hasCopies: keysBefore.length > 0 },
      forced: types,
      target,
      signal: ctx.signal,
      report,
    }
    switch (format.format) {
      case 'csv':
        return readCsv({ ...request, format })
      case 'parquet':
        return readParquet({ ...request, format })
      case 'json':
        return readJson({ ...request, format })
    }
  }, ctx.signal)
}

/** Sets rows aside whose key is in a part before; reads the parts again that have such rows. */
async function refuseCopies(
  options: TakeOptions,
  taken: Map<SourceItem, TakenPart>,
  types: ReadonlyMap<string, ColumnType>,
): Promise<void> {
  const { ctx, dataset, items, progress } = options
  const withRows = items.filter((item) => (taken.get(item)?.goodCount ?? 0) > 0)
  const hashes = [
    ...options.partsBefore.map(({ hash }) => hash),
    ...withRows.map((item) => taken.get(item)?.known?.hash),
  ]
  const isChecked =
    hashes.length === options.newestHashes.length && hashes.every((hash, place) => hash === options.newestHashes[place])
  if (withRows.length === 0 || isChecked) return
  progress.stage('check')
  const releases: (() => Promise<void>)[] = []
  const pathOf = async (part: TakenPart): Promise<string> => {
    if (part.written !== undefined) return part.written
    const file = await ctx.blobs.localFile(part.known?.hash ?? '')
    releases.push(() => file.release())
    return file.path
  }
  try {
    const before = options.partsBefore.map(({ path }) => path)
    const keysBefore = options.partsBefore.map(({ hash }) => hash)
    const paths: string[] = []
    for (const item of withRows) {
      const part = taken.get(item)
      if (part !== undefined) paths.push(await pathOf(part))
    }
    const copies = await partsWithCopies(ctx, [...before, ...paths], dataset.key)
    for (const [index, item] of withRows.entries()) {
      const place = before.length + index
      if (copies.has(place)) {
        const partsBefore = [...before, ...paths.slice(0, index)]
        const part = await readItem(options, { item, types, keysBefore: chainOf(keysBefore), partsBefore })
        taken.set(item, part)
        if (part.goodCount > 0) paths[index] = await pathOf(part)
      }
      keysBefore.push(taken.get(item)?.partKey ?? '')
    }
  } finally {
    for (const release of releases) await release()
  }
}

/** The places in a list of Parquet files that have a row whose key occurred before, in them or in one before. */
async function partsWithCopies(
  ctx: VerbContext,
  paths: readonly string[],
  key: readonly string[],
): Promise<ReadonlySet<number>> {
  const keys = key.map(sqlName).join(', ')
  const all = (more: string) => `read_parquet([${paths.map(sqlText).join(', ')}], union_by_name = true${more})`
  return ctx.data.use(async (connection) => {
    const [only, ...others] = key
    if (only !== undefined && others.length === 0 && (await isSurelyKey(connection, all(''), sqlName(only)))) {
      return new Set<number>()
    }
    const twice = `select ${keys} from ${all('')} group by all having count(*) > 1`
    const found = await connection.runAndReadAll(`select count(*)::double from (${twice} limit 1)`)
    if (found.value(0, 0) === 0) return new Set<number>()
    const places = paths.map((path, index) => `(${sqlText(path)}, ${index})`).join(', ')
    const result = await connection.runAndReadAll(`
      select distinct place from (
        select place, row_number() over (partition by ${keys} order by place, file_row_number) as copy
        from ${all(', filename = true, file_row_number = true')} f join (values ${places}) p (path, place) on p.path = f.filename
        where (${keys}) in (select (${keys}) from (${twice}))
      ) where copy > 1`)
    return new Set(rowsOf<{ place: number }>(result).map(({ place }) => Number(place)))
  }, ctx.signal)
}
