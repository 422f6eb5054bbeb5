import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { deleteExpired } from './upload-store.js'

export interface Swept {
  /** Contents that nothing named. */
  readonly blobs: number
  readonly bytes: number
  /** Unfinished files of writers that were killed. */
  readonly unfinished: number
  readonly expired_uploads: number
}

/** Blobs that are looked up in the database at once. */
const batchSize = 1000

/**
 * Removes content that no artifact, snapshot or upload names, uploads whose time is over, and what killed writers left.
 * Safe while others write: content younger than `blobs.grace_ms` stays, and so does one that is written again meanwhile.
 */
export const sweepBlobs = taskVerb({
  name: 'artifacts.sweep_blobs',
  permission: 'artifacts.write',
  input: z.object({}),
  async run({ ctx }): Promise<Swept> {
    const nowMs = ctx.clock.now().getTime()
    const expired_uploads = await deleteExpired(ctx)
    const unfinished = await ctx.blobs.clearStaging(new Date(nowMs - limit('blobs.staging_ms')))
    const swept = { blobs: 0, bytes: 0 }
    let batch: string[] = []
    const flush = async () => {
      for (const hash of await unnamedOf(ctx, batch)) {
        const entry = await ctx.blobs.find(hash)
        if (entry === undefined || entry.writtenAt.getTime() > nowMs - limit('blobs.grace_ms')) continue
        if (!(await ctx.blobs.remove(entry))) continue
        swept.blobs += 1
        swept.bytes += entry.bytes
      }
      batch = []
    }
    for await (const hash of ctx.blobs.list()) {
      batch.push(hash)
      if (batch.length === batchSize) await flush()
    }
    await flush()
    if (swept.blobs + unfinished + expired_uploads > 0) {
      ctx.log.info({ ...swept, unfinished, expired_uploads }, 'Removed content that nothing names')
    }
    return { ...swept, unfinished, expired_uploads }
  },
})

async function unnamedOf(ctx: VerbContext, hashes: readonly string[]): Promise<readonly string[]> {
  if (hashes.length === 0) return []
  const { rows } = await sql<{ sha256: string }>`
    select g.sha256 from unnest(${[...hashes]}::text[]) as g (sha256)
    where not exists (select from blob_references r where r.sha256 = g.sha256)
  `.execute(ctx.db)
  return rows.map(({ sha256 }) => sha256)
}
