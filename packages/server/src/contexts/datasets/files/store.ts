import { sql } from 'kysely'
import { inTransaction, type VerbContext } from '../../../platform/index.js'
import type { ImageFacts } from './model.js'
import type { PackedEntry } from './pack-writer.js'
import { sortByPath } from './path-order.js'

/** Rows that one statement takes. */
const batchSize = 5_000

function* batchesOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += batchSize) yield items.slice(at, at + batchSize)
}

/** Texts without commas, quotes and spaces, as hashes are, in the words of PostgreSQL: quicker than where each may need quotes. */
const plainArray = (texts: readonly string[]) => `{${texts.join()}}`

/** Where a content is in a pack. */
export interface PackedFile {
  readonly pack: string
  readonly start: number
  readonly bytes: number
}

interface FileState {
  readonly mark: string
  readonly sha256: string
}

/** What is known of the files below a folder, by their full paths. */
export async function selectStates(ctx: VerbContext, folder: string): Promise<ReadonlyMap<string, FileState>> {
  const { rows } = await sql<FileState & { path: string }>`
    select path, mark, sha256 from file_states where path > ${`${folder}/`} and path < ${`${folder}0`}
  `.execute(ctx.db)
  return new Map(rows.map((row) => [row.path, row]))
}

/** Whether anything is known of the files below a folder. */
export async function hasStates(ctx: VerbContext, folder: string): Promise<boolean> {
  const { rows } = await sql<{ is_known: boolean }>`
    select exists (select from file_states where path > ${`${folder}/`} and path < ${`${folder}0`}) as is_known
  `.execute(ctx.db)
  return rows[0]?.is_known === true
}

/** What is known of some files, by their full paths. */
export async function selectStatesOf(
  ctx: VerbContext,
  paths: readonly string[],
): Promise<ReadonlyMap<string, FileState>> {
  const states = new Map<string, FileState>()
  for (const batch of batchesOf(paths)) {
    const { rows } = await sql<FileState & { path: string }>`
      select path, mark, sha256 from file_states where path = any(${batch as string[]}::text[])
    `.execute(ctx.db)
    for (const row of rows) states.set(row.path, row)
  }
  return states
}

export interface NewState extends FileState {
  readonly path: string
}

export async function upsertStates(ctx: VerbContext, states: readonly NewState[]): Promise<void> {
  const at = ctx.clock.now()
  // In one order from every caller, so that two never wait for each other in a circle.
  const sorted = sortByPath([...states])
  for (const batch of batchesOf(sorted)) {
    await sql`
      insert into file_states (path, mark, sha256, read_at)
      select path, mark, sha256, ${at} from unnest(
        ${batch.map(({ path }) => path)}::text[], ${plainArray(batch.map(({ mark }) => mark))}::text[],
        ${plainArray(batch.map(({ sha256 }) => sha256))}::text[]) as t (path, mark, sha256)
      on conflict (path) do update set mark = excluded.mark, sha256 = excluded.sha256, read_at = excluded.read_at
    `.execute(ctx.db)
  }
}

/** What is known of some contents as images. */
export async function selectImageFacts(
  ctx: VerbContext,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, ImageFacts>> {
  const facts = new Map<string, ImageFacts>()
  for (const batch of batchesOf(hashes)) {
    const { rows } = await sql<ImageFacts & { sha256: string }>`
      select sha256, width, height, format from image_facts where sha256 = any(${plainArray(batch)}::text[])
    `.execute(ctx.db)
    for (const { sha256, ...image } of rows) facts.set(sha256, image)
  }
  return facts
}

export async function insertImageFacts(ctx: VerbContext, facts: ReadonlyMap<string, ImageFacts>): Promise<void> {
  const sorted = [...facts].sort(([left], [right]) => (left < right ? -1 : 1))
  for (const batch of batchesOf(sorted)) {
    await sql`
      insert into image_facts (sha256, width, height, format)
      select * from unnest(${batch.map(([sha256]) => sha256)}::text[], ${batch.map(([, { width }]) => width)}::int[],
        ${batch.map(([, { height }]) => height)}::int[], ${batch.map(([, { format }]) => format)}::text[])
      on conflict do nothing
    `.execute(ctx.db)
  }
}

/** The packs that hold some contents: one for each content, preferably one of few packs. */
export async function selectPacked(
  ctx: VerbContext,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, PackedFile>> {
  const packed = new Map<string, PackedFile>()
  for (const batch of batchesOf(hashes)) {
    const { rows } = await sql<PackedFile & { sha256: string }>`
      select distinct on (sha256) sha256, pack_sha256 as pack, start_byte as start, bytes
      from packed_files where sha256 = any(${plainArray(batch)}::text[]) order by sha256, pack_sha256
    `.execute(ctx.db)
    for (const { sha256, ...file } of rows) packed.set(sha256, file)
  }
  return packed
}

/** Writes the index of a pack; telling it again changes nothing. */
export async function insertPack(ctx: VerbContext, pack: string, entries: readonly PackedEntry[]): Promise<void> {
  // In the order of the hashes: those that come to one page of an index come together.
  const sorted = [...entries].sort(([left], [right]) => (left < right ? -1 : 1))
  await inTransaction(ctx, async (inner) => {
    for (const batch of batchesOf(sorted)) await insertEntries(inner, pack, batch)
  })
}

/** Whether it was written what is in a pack: all of it or nothing. */
export async function isIndexed(ctx: VerbContext, pack: string): Promise<boolean> {
  const { rows } = await sql<{ is_there: boolean }>`
    select exists (select from packed_files where pack_sha256 = ${pack}) as is_there
  `.execute(ctx.db)
  return rows[0]?.is_there === true
}

async function insertEntries(ctx: VerbContext, pack: string, batch: readonly PackedEntry[]): Promise<void> {
  await sql`
      insert into packed_files (pack_sha256, sha256, start_byte, bytes)
      select ${pack}, t.* from unnest(${plainArray(batch.map(([sha256]) => sha256))}::text[],
        ${plainArray(batch.map(([, start]) => String(start)))}::bigint[],
        ${plainArray(batch.map(([, , bytes]) => String(bytes)))}::bigint[]) as t
      on conflict do nothing
    `.execute(ctx.db)
}

export async function deletePacks(ctx: VerbContext, packs: readonly string[]): Promise<void> {
  await sql`delete from packed_files where pack_sha256 = any(${[...packs]}::text[])`.execute(ctx.db)
}

/** Names the blobs that a snapshot needs. */
export async function insertSnapshotBlobs(ctx: VerbContext, snapshot: string, blobs: readonly string[]): Promise<void> {
  for (const batch of batchesOf(blobs)) {
    await sql`
      insert into snapshot_blobs (snapshot_id, sha256)
      select ${snapshot}, sha256 from unnest(${batch as string[]}::text[]) as t (sha256)
      on conflict do nothing
    `.execute(ctx.db)
  }
}

export async function selectSnapshotBlobs(ctx: VerbContext, snapshot: string): Promise<readonly string[]> {
  const { rows } = await sql<{ sha256: string }>`
    select sha256 from snapshot_blobs where snapshot_id = ${snapshot} order by sha256
  `.execute(ctx.db)
  return rows.map(({ sha256 }) => sha256)
}

/** Where the contents of a snapshot are, of those that lie in one of its packs. */
export async function selectPackedOf(
  ctx: VerbContext,
  snapshot: string,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, PackedFile>> {
  const packed = new Map<string, PackedFile>()
  for (const batch of batchesOf(hashes)) {
    const { rows } = await sql<PackedFile & { sha256: string }>`
      select distinct on (p.sha256) p.sha256, p.pack_sha256 as pack, p.start_byte as start, p.bytes
      from packed_files p join snapshot_blobs b on b.sha256 = p.pack_sha256 and b.snapshot_id = ${snapshot}
      where p.sha256 = any(${plainArray(batch)}::text[]) order by p.sha256, p.pack_sha256
    `.execute(ctx.db)
    for (const { sha256, ...file } of rows) packed.set(sha256, file)
  }
  return packed
}

/** The contents that lie in some packs. */
export async function packedIn(ctx: VerbContext, packs: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ sha256: string }>`
    select distinct sha256 from packed_files where pack_sha256 = any(${[...packs]}::text[])
  `.execute(ctx.db)
  return new Set(rows.map(({ sha256 }) => sha256))
}

/** First number of the advisory lock between those who name packs and the clean-up that forgets packs which are gone. */
const packLock = 7241

/** Holds off the clean-up until the end of the transaction. */
export async function lockPacks(ctx: VerbContext): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${packLock}, 0)`.execute(ctx.db)
}

/** Holds off those who name packs until the end of the transaction. */
export async function lockPacksAlone(ctx: VerbContext): Promise<void> {
  await sql`select pg_advisory_xact_lock(${packLock}, 0)`.execute(ctx.db)
}

/** How many of some packs have an index. */
export async function countPacks(ctx: VerbContext, packs: readonly string[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from unnest(${[...packs]}::text[]) as g (sha256)
    where exists (select from packed_files p where p.pack_sha256 = g.sha256)
  `.execute(ctx.db)
  return rows[0]?.count ?? 0
}
