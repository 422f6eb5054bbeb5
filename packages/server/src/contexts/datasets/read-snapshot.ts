import type { DuckDBConnection } from '@duckdb/node-api'
import type { Json, Snapshot, SnapshotPreview } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, sqlName, sqlText, type VerbContext } from '../../platform/index.js'
import { getSnapshot } from './get-snapshot.js'

/** The table of a snapshot with one more column: the place of each row, from 0, in the order of the snapshot. */
export type NumberedTable = (column: string) => string

/** The files of a snapshot on this machine. */
export interface LocalParts {
  /** One for each part, in order; the same path where parts have the same content. */
  readonly paths: readonly string[]
  release(): Promise<void>
}

/** Brings the parts of a snapshot to this machine; they stay until they are released. */
export async function localParts(ctx: VerbContext, snapshot: Snapshot): Promise<LocalParts> {
  const files = new Map<string, Awaited<ReturnType<VerbContext['blobs']['localFile']>>>()
  const release = async () => {
    await Promise.all([...files.values()].map((file) => file.release()))
  }
  const wanted = [...new Set(snapshot.parts.map(({ sha256 }) => sha256))]
  const next = async (): Promise<void> => {
    for (let hash = wanted.pop(); hash !== undefined; hash = wanted.pop()) {
      ctx.signal?.throwIfAborted()
      files.set(hash, await ctx.blobs.localFile(hash))
    }
  }
  const fetched = await Promise.allSettled(Array.from({ length: limit('data.parts_fetched_at_once') }, next))
  const failed = fetched.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await release()
    throw failed.reason
  }
  return { paths: snapshot.parts.map(({ sha256 }) => files.get(sha256)?.path ?? ''), release }
}

/** What stands after `from` in DuckDB SQL for some parts of a snapshot: its columns in their order, its rows in theirs. */
export function tableOfParts(paths: readonly string[], columns: Snapshot['columns']): string {
  const [first = ''] = paths
  if (paths.length === 1) return `read_parquet(${sqlText(first)})`
  if (paths.length === 0) return emptyTable(columns)
  return `(select ${columns.map(({ name }) => sqlName(name)).join(', ')} from ${readParts(paths)})`
}

function readParts(paths: readonly string[]): string {
  return `read_parquet([${paths.map(sqlText).join(', ')}], union_by_name = true)`
}

const emptyTypes = {
  number: 'DOUBLE',
  integer: 'BIGINT',
  text: 'VARCHAR',
  category: 'VARCHAR',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
} as const

function emptyTable(columns: Snapshot['columns']): string {
  const values = columns.map(({ name, type }) => `null::${emptyTypes[type]} as ${sqlName(name)}`)
  return `(select ${values.length === 0 ? '1' : values.join(', ')} limit 0)`
}

/** Rows are numbered through all parts: by the place in its file, and the rows of the files before. */
function numberedParts(paths: readonly string[], snapshot: Snapshot): NumberedTable {
  const names = snapshot.columns.map(({ name }) => sqlName(name))
  let before = 0
  const offsets = snapshot.parts.map(({ row_count }) => {
    before += row_count
    return before - row_count
  })
  return (column) => {
    if (paths.length === 0) return `(select *, 0::bigint as ${sqlName(column)} from ${emptyTable(snapshot.columns)})`
    const place =
      paths.length === 1
        ? 'file_row_number'
        : `[${offsets.map((offset) => `${offset}::bigint`).join(', ')}][file_index::bigint + 1] + file_row_number`
    return `(select ${[...names, `${place} as ${sqlName(column)}`].join(', ')} from ${readParts(paths)})`
  }
}

/**
 * Runs work on the content of a snapshot: `table` is what stands after `from` in DuckDB SQL, and `numbered` gives it with a column
 * for the place of each row. For verbs of higher contexts, which have authorised already.
 */
export async function useSnapshot<Result>(
  ctx: VerbContext,
  snapshot: Snapshot,
  work: (connection: DuckDBConnection, table: string, numbered: NumberedTable) => Promise<Result>,
): Promise<Result> {
  const { paths, release } = await localParts(ctx, snapshot)
  try {
    const table = tableOfParts(paths, snapshot.columns)
    return await ctx.data.use((connection) => work(connection, table, numberedParts(paths, snapshot)), ctx.signal)
  } finally {
    await release()
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
