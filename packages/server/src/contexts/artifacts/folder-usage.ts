import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { parseArtifactPath } from './model.js'
import { below, deleteTree, lockTree } from './store.js'

export interface FolderUsage {
  readonly files: number
  /** Sum of the sizes of the files; content that several files share counts for each. */
  readonly bytes: number
}

/** What folders hold, by folder; one that does not exist holds nothing. The caller has made sure who asks. */
export async function artifactBytesUnder(
  ctx: VerbContext,
  folders: readonly string[],
): Promise<ReadonlyMap<string, FolderUsage>> {
  const { rows } = await sql<FolderUsage & { folder: string }>`
    select g.folder, u.files, u.bytes from unnest(${[...folders]}::text[]) as g (folder) cross join lateral (
      select count(*)::int as files, coalesce(sum(bytes), 0)::bigint as bytes from artifacts
      where path > g.folder || '/' collate "C" and path < g.folder || '0' collate "C"
    ) u
  `.execute(ctx.db)
  return new Map(rows.map(({ folder, files, bytes }) => [folder, { files, bytes }]))
}

export interface PurgedFolder extends FolderUsage {
  /** Of content that nothing else names now: the next sweep frees it. */
  readonly bytes_freed: number
}

/**
 * Removes the records of all files of a folder, in the transaction of `ctx` and for a verb that records it. The content
 * goes with the next `sweepBlobs`. Throws `artifact_path_invalid`, so the root of the tree cannot be purged.
 */
export async function purgeFolder(ctx: VerbContext, folder: string): Promise<PurgedFolder> {
  const path = parseArtifactPath(folder)
  // Writers of the run hold the lock of its folder of artifacts, whichever of the two was given.
  await lockTree(ctx, `${path.replace(/\/artifacts$/, '')}/artifacts/-`)
  const { rows: contents } = await sql<{ sha256: string; files: number; bytes: number }>`
    select sha256, count(*)::int as files, max(bytes)::bigint as bytes from artifacts
    where path = ${path} or (${below(path)}) group by sha256
  `.execute(ctx.db)
  await deleteTree(ctx, path)
  const { rows: kept } = await sql<{ sha256: string }>`
    select g.sha256 from unnest(${contents.map(({ sha256 }) => sha256)}::text[]) as g (sha256)
    where exists (select from blob_references r where r.sha256 = g.sha256)
  `.execute(ctx.db)
  const named = new Set(kept.map(({ sha256 }) => sha256))
  return {
    files: contents.reduce((sum, { files }) => sum + files, 0),
    bytes: contents.reduce((sum, { files, bytes }) => sum + files * bytes, 0),
    bytes_freed: contents.reduce((sum, { sha256, bytes }) => sum + (named.has(sha256) ? 0 : bytes), 0),
  }
}
