import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Snapshot, SnapshotColumn } from '@fabrique/contract'
import { sql } from 'kysely'
import { getSnapshot } from '../../src/contexts/datasets/index.js'
import { recordLineage } from '../../src/contexts/lineage/index.js'
import type { VerbContext } from '../../src/platform/verbs/index.js'

export interface MadeSnapshot {
  readonly project: string
  readonly dataset?: string
  readonly columns: Readonly<Record<string, SnapshotColumn['type']>>
  /** Whether someone declared the columns; they are unless told otherwise. */
  readonly declared?: boolean
  /** A select of DuckDB for each part. */
  readonly parts: readonly string[]
  /** Where it came from; a CSV file unless told otherwise. */
  readonly source?: Pick<Snapshot['source'], 'kind' | 'location'>
}

/** A snapshot of what some selects give, as an ingest would keep it. */
export async function makeSnapshot(ctx: VerbContext, given: MadeSnapshot): Promise<Snapshot> {
  const { project, dataset = 'data', declared = true } = given
  const id = ctx.ids.prefixed('snap')
  const parts: { sha256: string; bytes: number; rows: number }[] = []
  for (const [index, select] of given.parts.entries()) {
    const path = join(ctx.blobs.stagingFolder, `${id}-${index}`)
    const rows = await ctx.data.use(async (connection) => {
      await connection.run(`copy (${select}) to '${path}' (format parquet, compression zstd)`)
      return Number((await connection.runAndReadAll(`select count(*) from read_parquet('${path}')`)).value(0, 0))
    })
    parts.push({ ...(await ctx.blobs.adopt(path)), rows })
  }
  const hashes = parts.map(({ sha256 }) => sha256)
  const hash = hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join('\n')).digest('hex')
  const columns = Object.entries(given.columns).map(([name, type]) => ({ name, type, nullable: true, declared }))
  const from = given.source ?? { kind: 'csv', location: `${dataset}.csv` }
  const source = { ...from, bytes: 1, sha256: 'a'.repeat(64) }
  const total = (key: 'bytes' | 'rows') => parts.reduce((sum, part) => sum + part[key], 0)
  await sql`insert into snapshots (id, kind, project, dataset, content_hash, source, columns, row_count, bytes, created_at)
    values (${id}, 'table', ${project}, ${dataset}, ${hash}, ${JSON.stringify(source)}, ${JSON.stringify(columns)}, ${total('rows')},
      ${total('bytes')}, ${ctx.clock.now()})`.execute(ctx.db)
  for (const [position, { sha256, bytes, rows }] of parts.entries()) {
    await sql`insert into snapshot_parts (snapshot_id, position, sha256, bytes, row_count, source)
      values (${id}, ${position}, ${sha256}, ${bytes}, ${rows}, ${`part ${position}`})`.execute(ctx.db)
  }
  await recordLineage(ctx, { things: [{ kind: 'snapshot', id, label: dataset, project }] })
  return getSnapshot({ ctx, input: { snapshot: id } })
}
