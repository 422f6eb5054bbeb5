import { join } from 'node:path'
import type { SnapshotColumn } from '@fabrique/contract'
import { sql } from 'kysely'
import { sqlText } from '../../src/platform/duckdb/index.js'
import type { TestContext } from './test-context.js'

export interface MadeSnapshot {
  readonly project: string
  readonly dataset: string
  /** One select in the SQL of DuckDB for each part. */
  readonly parts: readonly string[]
  readonly columns: readonly Pick<SnapshotColumn, 'name' | 'type'>[]
}

/** Makes a snapshot of what selects give, without a source: its id. The clock goes on by a minute, so that snapshots have an order. */
export async function makeSnapshot(suite: TestContext, made: MadeSnapshot): Promise<string> {
  const { ctx, clock } = suite
  clock.advance(60_000)
  const id = ctx.ids.prefixed('snap')
  const blobs: { sha256: string; bytes: number; rows: number }[] = []
  for (const [place, select] of made.parts.entries()) {
    const path = join(ctx.blobs.stagingFolder, `${id}-${place}`)
    const rows = await ctx.data.use(async (connection) => {
      await connection.run(`copy (${select}) to ${sqlText(path)} (format parquet, compression zstd)`)
      const counted = await connection.runAndReadAll(`select count(*)::double from read_parquet(${sqlText(path)})`)
      return Number(counted.value(0, 0))
    })
    const { sha256, bytes } = await ctx.blobs.adopt(path)
    blobs.push({ sha256, bytes, rows })
  }
  const sum = (of: 'bytes' | 'rows') => blobs.reduce((all, blob) => all + blob[of], 0)
  const source = JSON.stringify({ kind: 'test', location: 'test', bytes: 0, sha256: '0'.repeat(64) })
  const columns = JSON.stringify(made.columns.map((column) => ({ ...column, nullable: true, declared: false })))
  // One content twice would be one snapshot: the id makes each its own.
  const contentHash = blobs.length === 1 ? (blobs[0]?.sha256 ?? '') : id.slice(-26).padStart(64, '0')
  await sql`
    insert into snapshots (id, kind, project, dataset, content_hash, source, columns, row_count, bytes, created_at)
    values (${id}, 'table', ${made.project}, ${made.dataset}, ${contentHash}, ${source}::jsonb, ${columns}::jsonb, ${sum('rows')},
      ${sum('bytes')}, ${ctx.clock.now()})
  `.execute(ctx.db)
  for (const [position, { sha256, bytes, rows }] of blobs.entries()) {
    await sql`
      insert into snapshot_parts (snapshot_id, position, sha256, bytes, row_count, source)
      values (${id}, ${position}, ${sha256}, ${bytes}, ${rows}, 'test')
    `.execute(ctx.db)
  }
  return id
}
