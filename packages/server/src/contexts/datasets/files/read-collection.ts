import { Readable } from 'node:stream'
import { FabriqueError, PageQuery, type Snapshot, type SnapshotFile } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, rowsOf, sqlText, type VerbContext } from '../../../platform/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { type CollectionFile, type CollectionForm, checkPath } from './model.js'
import { comparePaths } from './path-order.js'
import { type PackedFile, selectPackedOf } from './store.js'
import { formOfColumns } from './write-table.js'

/** A row of the table as the engine gives it: whole numbers of 64 bits as text. */
interface TableRow {
  readonly path: string
  readonly sha256: string
  readonly bytes: string
  readonly executable: boolean
  readonly width?: number
  readonly height?: number
  readonly format?: string
  readonly label?: string
}

/** The form of a snapshot of files; throws `snapshot_is_no_files`. */
export function formOf({ id, kind, columns }: Snapshot): CollectionForm {
  const form = kind === 'files' ? formOfColumns(columns.map(({ name }) => name)) : undefined
  if (form === undefined) throw new FabriqueError('snapshot_is_no_files', { snapshot: id })
  return form
}

async function selectRows(ctx: VerbContext, snapshot: Snapshot, rest: string): Promise<readonly TableRow[]> {
  formOf(snapshot)
  const [part] = snapshot.parts
  if (part === undefined) throw new FabriqueError('snapshot_is_no_files', { snapshot: snapshot.id })
  const file = await ctx.blobs.localFile(part.sha256)
  try {
    return await ctx.data.use(
      async (connection) =>
        rowsOf<TableRow>(await connection.runAndReadAll(`select * from read_parquet(${sqlText(file.path)}) ${rest}`)),
      ctx.signal,
    )
  } finally {
    await file.release()
  }
}

function toCollectionFile({ path, sha256, bytes, executable, width, height, format }: TableRow): CollectionFile {
  const isImage = width !== undefined && height !== undefined && format !== undefined
  return { path, sha256, bytes: Number(bytes), executable, ...(isImage ? { image: { width, height, format } } : {}) }
}

/** All files of a snapshot of files, in the order of their paths. Throws `snapshot_is_no_files`, `file_path_invalid`. */
export async function readCollection(ctx: VerbContext, snapshot: Snapshot): Promise<readonly CollectionFile[]> {
  const files = (await selectRows(ctx, snapshot, '')).map(toCollectionFile)
  // What came from elsewhere is not trusted a second time.
  for (const { path } of files) checkPath(path)
  return [...files].sort((left, right) => comparePaths(left.path, right.path))
}

/** A page of the files of a snapshot, by path. The token is the last path shown. Throws `snapshot_not_found`, `snapshot_is_no_files`. */
export const listSnapshotFiles = readVerb({
  name: 'datasets.list_snapshot_files',
  permission: 'datasets.read',
  input: PageQuery.extend({ snapshot: z.string(), prefix: z.string().default(''), label: z.string().optional() }),
  async run({ ctx, input }): Promise<{ items: SnapshotFile[]; next_page_token?: string }> {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const form = formOf(snapshot)
    const conditions = [
      `starts_with(path, ${sqlText(input.prefix)})`,
      ...(input.page_token === undefined ? [] : [`path > ${sqlText(input.page_token)}`]),
      ...(input.label === undefined ? [] : [form === 'labelled_images' ? `label = ${sqlText(input.label)}` : 'false']),
    ]
    const rest = `where ${conditions.join(' and ')} order by path limit ${input.limit + 1}`
    const rows = await selectRows(ctx, snapshot, rest)
    const items = rows
      .slice(0, input.limit)
      .map(({ executable: _, bytes, ...row }) => ({ ...row, bytes: Number(bytes) }))
    const last = items.at(-1)
    return rows.length > input.limit && last !== undefined ? { items, next_page_token: last.path } : { items }
  },
})

/** One file of a snapshot. Throws `snapshot_file_not_found`. */
export async function findFile(ctx: VerbContext, snapshot: Snapshot, path: string): Promise<CollectionFile> {
  const [row] = await selectRows(ctx, snapshot, `where path = ${sqlText(path)}`)
  if (row === undefined) throw new FabriqueError('snapshot_file_not_found', { snapshot: snapshot.id, path })
  return toCollectionFile(row)
}

/** Bytes from `start` to `end`, both included. */
interface Range {
  readonly start: number
  readonly end: number
}

/** Opens the content of a file of a snapshot. Who takes the stream must read or destroy it. Throws `blob_not_found`. */
export async function openContent(
  ctx: VerbContext,
  snapshot: Pick<Snapshot, 'id'>,
  file: Pick<CollectionFile, 'sha256' | 'bytes'>,
  range: Range = { start: 0, end: file.bytes - 1 },
): Promise<Readable> {
  if (range.end < range.start) return Readable.from([])
  const packed = (await selectPackedOf(ctx, snapshot.id, [file.sha256])).get(file.sha256)
  return openAt(ctx, file.sha256, packed, range)
}

/** The same where it is known whether the content lies in a pack. */
export function openAt(
  ctx: VerbContext,
  sha256: string,
  packed: PackedFile | undefined,
  range: Range,
): Promise<Readable> {
  if (packed === undefined) return ctx.blobs.open(sha256, range)
  return ctx.blobs.open(packed.pack, { start: packed.start + range.start, end: packed.start + range.end })
}

/** Opens a file of a snapshot by its path. Throws `snapshot_is_no_files`, `snapshot_file_not_found`. */
export async function openFile(
  ctx: VerbContext,
  snapshot: Snapshot,
  path: string,
): Promise<{ readonly file: CollectionFile; readonly content: Readable }> {
  const file = await findFile(ctx, snapshot, path)
  return { file, content: await openContent(ctx, snapshot, file) }
}
