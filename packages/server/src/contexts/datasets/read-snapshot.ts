import type { DuckDBConnection } from '@duckdb/node-api'
import type { Json, Snapshot, SnapshotPreview } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, sqlText, type VerbContext } from '../../platform/index.js'
import { getSnapshot } from './get-snapshot.js'

/**
 * Runs work on the content of a snapshot: `table` is what stands after `from` in DuckDB SQL. For verbs of higher contexts,
 * which have authorised already.
 */
export async function useSnapshot<Result>(
  ctx: VerbContext,
  snapshot: Snapshot,
  work: (connection: DuckDBConnection, table: string) => Promise<Result>,
): Promise<Result> {
  const file = await ctx.blobs.localFile(snapshot.content_hash)
  try {
    return await ctx.data.use((connection) => work(connection, `read_parquet(${sqlText(file.path)})`), ctx.signal)
  } finally {
    await file.release()
  }
}

/** The first rows of a snapshot. */
export const previewSnapshot = readVerb({
  name: 'datasets.preview_snapshot',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string(), limit: z.number().int().min(1).max(500) }),
  async run({ ctx, input }): Promise<SnapshotPreview> {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const rows = await useSnapshot(ctx, snapshot, async (connection, table) => {
      const result = await connection.runAndReadAll(`select * from ${table} limit ${input.limit}`)
      return result.getRowsJson() as Json[][]
    })
    return { columns: snapshot.columns, rows, row_count: snapshot.row_count }
  },
})
