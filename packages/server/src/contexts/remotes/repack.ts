import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { inTransaction, type VerbContext } from '../../platform/index.js'
import {
  adoptPack,
  countPacks,
  getSnapshot,
  insertSnapshotBlobs,
  lockPacks,
  openPackWriter,
  readCollection,
} from '../datasets/index.js'

interface PackState {
  readonly sha256: string
  readonly start: number
  readonly bytes: number
}

/**
 * Writes packs anew of which less than a share is needed: the snapshots that name one name the new one instead, and the sweep takes the
 * old one. Who begins to use the old one meanwhile keeps it.
 */
export async function repackDeadPacks(ctx: VerbContext, packs: readonly string[]): Promise<void> {
  const needed = new Map<string, ReadonlySet<string>>()
  for (const pack of packs) {
    ctx.signal?.throwIfAborted()
    const { rows: users } = await sql<{ id: string }>`
      select snapshot_id as id from snapshot_blobs where sha256 = ${pack} order by 1
    `.execute(ctx.db)
    if (users.length === 0) continue
    const live = new Set<string>()
    for (const { id } of users) {
      const hashes = needed.get(id) ?? (await hashesOf(ctx, id))
      needed.set(id, hashes)
      for (const hash of hashes) live.add(hash)
    }
    const { rows } = await sql<PackState>`
      select sha256, start_byte as start, bytes from packed_files where pack_sha256 = ${pack} order by start_byte
    `.execute(ctx.db)
    const kept = rows.filter(({ sha256 }) => live.has(sha256))
    const sum = (entries: readonly PackState[]) => entries.reduce((total, { bytes }) => total + bytes, 0)
    if (sum(kept) >= sum(rows) * limit('gc.pack_live_share_min')) continue
    await replacePack(
      ctx,
      pack,
      kept,
      users.map(({ id }) => id),
    )
  }
}

async function hashesOf(ctx: VerbContext, id: string): Promise<ReadonlySet<string>> {
  const snapshot = await getSnapshot({ ctx, input: { snapshot: id } })
  return new Set((await readCollection(ctx, snapshot)).map(({ sha256 }) => sha256))
}

async function replacePack(
  ctx: VerbContext,
  pack: string,
  kept: readonly PackState[],
  users: readonly string[],
): Promise<void> {
  const path = join(ctx.blobs.stagingFolder, `repack-${ctx.ids.hex32()}`)
  try {
    const writer = openPackWriter(path)
    for (const { sha256, start, bytes } of kept) {
      const content =
        bytes === 0 ? new Uint8Array() : await buffer(await ctx.blobs.open(pack, { start, end: start + bytes - 1 }))
      writer.append([[sha256, bytes]], content)
    }
    const finished = await writer.finish()
    await adoptPack(ctx, finished)
    await inTransaction(ctx, async (inner) => {
      await lockPacks(inner)
      if ((await countPacks(inner, [finished.sha256])) === 0) return
      const { rows } = await sql<{ id: string }>`
        delete from snapshot_blobs where sha256 = ${pack} and snapshot_id = any(${[...users]}::text[])
        returning snapshot_id as id
      `.execute(inner.db)
      for (const { id } of rows) await insertSnapshotBlobs(inner, id, [finished.sha256])
    })
  } finally {
    await rm(path, { force: true })
  }
}
