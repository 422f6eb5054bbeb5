import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Profile, SnapshotColumn } from '@fabrique/contract'
import { type StoredBlob, sqlName, sqlText, type VerbContext } from '../../../platform/index.js'
import { profileAhead } from '../snapshots/profile-ahead.js'
import { type CollectionFile, type CollectionForm, labelOf, quotedPath } from './model.js'

interface TableColumn {
  readonly name: string
  readonly type: SnapshotColumn['type']
  /** In the SQL of DuckDB. */
  readonly sqlType: string
}

const fileColumns: readonly TableColumn[] = [
  { name: 'path', type: 'text', sqlType: 'VARCHAR' },
  { name: 'sha256', type: 'text', sqlType: 'VARCHAR' },
  { name: 'bytes', type: 'integer', sqlType: 'BIGINT' },
  { name: 'executable', type: 'boolean', sqlType: 'BOOLEAN' },
]
const imageColumns: readonly TableColumn[] = [
  { name: 'width', type: 'integer', sqlType: 'INTEGER' },
  { name: 'height', type: 'integer', sqlType: 'INTEGER' },
  { name: 'format', type: 'text', sqlType: 'VARCHAR' },
]
const labelColumn: TableColumn = { name: 'label', type: 'text', sqlType: 'VARCHAR' }

/** The columns of the table of a collection. */
export function tableColumnsOf(form: CollectionForm): readonly TableColumn[] {
  switch (form) {
    case 'files':
      return fileColumns
    case 'images':
      return [...fileColumns, ...imageColumns]
    case 'labelled_images':
      return [...fileColumns, ...imageColumns, labelColumn]
  }
}

/** The same as a snapshot tells them. */
export function snapshotColumnsOf(form: CollectionForm): SnapshotColumn[] {
  return tableColumnsOf(form).map(({ name, type }) => ({ name, type, nullable: false, declared: true }))
}

/** The form that has these columns; undefined where none has. */
export function formOfColumns(names: readonly string[]): CollectionForm | undefined {
  const forms = ['files', 'images', 'labelled_images'] as const
  const wanted = names.join(' ')
  return forms.find(
    (form) =>
      tableColumnsOf(form)
        .map(({ name }) => name)
        .join(' ') === wanted,
  )
}

/** Lines that are handed to the engine at once. */
const linesAtOnce = 20_000

/** A table in the blob store. */
export interface WrittenTable {
  readonly blob: StoredBlob
  /** Its figures; undefined where they could not be computed. */
  readonly figures: Promise<Profile | undefined>
  /** Ends the computing of the figures, and leaves no temporary file. */
  close(): Promise<void>
}

/** Writes the table that names the files, in the order of their paths, to the blob store. Whoever gets it closes it. */
export async function writeTable(
  ctx: VerbContext,
  form: CollectionForm,
  files: readonly CollectionFile[],
): Promise<WrittenTable> {
  const name = ctx.ids.hex32()
  const lines = join(ctx.blobs.stagingFolder, `files-${name}.ndjson`)
  const target = join(ctx.blobs.stagingFolder, `files-${name}.parquet`)
  try {
    for (let at = 0; at < files.length; at += linesAtOnce) {
      let text = ''
      for (const file of files.slice(at, at + linesAtOnce)) text += `${lineOf(form, file)}\n`
      await appendFile(lines, text)
    }
    const types = tableColumnsOf(form).map((column) => `${sqlName(column.name)}: ${sqlText(column.sqlType)}`)
    await ctx.data.use(
      (connection) =>
        connection.run(
          `copy (select * from read_json(${sqlText(lines)}, format = 'newline_delimited', columns = {${types.join(', ')}}))
           to ${sqlText(target)} (format parquet, compression zstd)`,
        ),
      ctx.signal,
    )
    const linkPath = `${target}.profile`
    const ahead = profileAhead(ctx, { path: target, linkPath, columns: snapshotColumnsOf(form) })
    const close = async () => {
      await ahead.end()
      await rm(linkPath, { force: true })
    }
    try {
      return { blob: await ctx.blobs.adopt(target), figures: ahead.figures, close }
    } catch (error) {
      await close()
      throw error
    }
  } finally {
    await rm(lines, { force: true })
    await rm(target, { force: true })
  }
}

function lineOf(form: CollectionForm, { path, sha256, bytes, executable, image }: CollectionFile): string {
  if (form === 'files') {
    // By hand, since it takes long for thousands.
    return `{"path":${quotedPath(path)},"sha256":"${sha256}","bytes":${bytes},"executable":${executable}}`
  }
  const row = { path, sha256, bytes, executable, ...image }
  return JSON.stringify(form === 'images' ? row : { ...row, label: labelOf(path) })
}
