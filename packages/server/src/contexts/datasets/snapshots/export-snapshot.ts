import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Snapshot, SnapshotColumn } from '@fabrique/contract'
import { z } from 'zod'
import { readChunks, readVerb, sqlName, sqlText, type VerbContext } from '../../../platform/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { useSnapshot } from '../read-snapshot.js'

/** A file made of a snapshot, to be sent as a stream. */
export interface SnapshotExport {
  readonly mediaType: string
  readonly fileName: string
  /** Known where the file is there before it is sent. */
  readonly bytes?: number
  /** Destroying it ends the work and removes what was made for it. */
  readonly content: Readable
}

export const ExportFormat = z.enum(['csv', 'csv-fr', 'parquet', 'ndjson'])
export type ExportFormat = z.infer<typeof ExportFormat>

const mediaTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  'csv-fr': 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  ndjson: 'application/x-ndjson',
}

/** The rows of a snapshot as one file, made while it is sent. Throws `snapshot_not_found`. */
export const exportSnapshot = readVerb({
  name: 'datasets.export_snapshot',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string(), format: ExportFormat.default('csv') }),
  async run({ ctx, input: { snapshot: id, format } }): Promise<SnapshotExport> {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: id } })
    const ending = format === 'csv-fr' ? 'csv' : format
    const fileName = `${snapshot.dataset}-${snapshot.content_hash.slice(0, 12)}.${ending}`
    const named = { mediaType: mediaTypes[format], fileName }
    if (format === 'parquet') return { ...named, ...(await openParquet(ctx, snapshot)) }
    return { ...named, content: await openText(ctx, snapshot, format) }
  },
})

/** The one part as it is kept; several are merged in a file beside the store, which goes when it was sent. */
async function openParquet(ctx: VerbContext, snapshot: Snapshot): Promise<Pick<SnapshotExport, 'bytes' | 'content'>> {
  const [first, ...others] = snapshot.parts
  if (first !== undefined && others.length === 0) {
    return { bytes: first.bytes, content: await ctx.blobs.open(first.sha256) }
  }
  const target = join(ctx.blobs.stagingFolder, ctx.ids.prefixed('snap'))
  try {
    await useSnapshot(ctx, snapshot, (connection, table) =>
      connection.run(
        `copy (select * from ${table}) to ${sqlText(target)} (format parquet, compression zstd, row_group_size 122880)`,
      ),
    )
    const { size } = await stat(target)
    const content = createReadStream(target)
    content.once('close', () => void rm(target, { force: true }))
    return { bytes: size, content }
  } catch (error) {
    await rm(target, { force: true })
    throw error
  }
}

type TextFormat = Exclude<ExportFormat, 'parquet'>

/** Lines of text, written by the engine and sent as they come; what is slow to receive holds the engine back. */
async function openText(ctx: VerbContext, snapshot: Snapshot, format: TextFormat): Promise<Readable> {
  const content = new PassThrough({ highWaterMark: 256 * 1024 })
  const abort = new AbortController()
  content.once('close', () => abort.abort())
  const signal = ctx.signal === undefined ? abort.signal : AbortSignal.any([ctx.signal, abort.signal])
  let begun = () => {}
  const beginning = new Promise<void>((resolve) => {
    begun = resolve
  })
  const writing = useSnapshot({ ...ctx, signal }, snapshot, async (connection, table) => {
    const { head, line } = textOf(snapshot.columns, format)
    const chunks = textChunks(connection, `select ${line} from ${table}`)
    const first = await chunks.next()
    content.write(head)
    begun()
    for (let chunk = first; chunk.done !== true; chunk = await chunks.next()) {
      if (!content.write(chunk.value)) await once(content, 'drain', { signal })
    }
    content.end()
  })
  // What fails before the first row is told as an error; after that the stream breaks off, so that no one takes a part for the whole.
  await Promise.race([beginning, writing])
  writing.catch((error: unknown) => content.destroy(error instanceof Error ? error : new Error(String(error))))
  return content
}

async function* textChunks(connection: DuckDBConnection, sql: string): AsyncGenerator<string, void> {
  for await (const chunk of readChunks(connection, sql)) {
    yield `${chunk.getColumnValues(0).join('\n')}\n`
  }
}

interface TextForm {
  readonly head: string
  /** SQL of one line of text. */
  readonly line: string
}

function textOf(columns: readonly SnapshotColumn[], format: TextFormat): TextForm {
  if (format === 'ndjson') {
    const members = columns.map(({ name, type }) => `${sqlText(name)}, ${jsonValue(name, type)}`)
    return { head: '', line: `json_object(${members.join(', ')})::varchar` }
  }
  const isFrench = format === 'csv-fr'
  const comma = isFrench ? ';' : ','
  const quoted = (value: string) =>
    /[",;\r\n]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value
  const head = `${isFrench ? '\ufeff' : ''}${columns.map(({ name }) => quoted(name)).join(comma)}\n`
  const values = columns.map((column) => csvValue(column, isFrench))
  return { head, line: values.length === 0 ? "''" : values.join(` || '${comma}' || `) }
}

/** NaN and infinities, which JSON does not have, as text. */
function jsonValue(name: string, type: SnapshotColumn['type']): string {
  const column = sqlName(name)
  if (type !== 'number') return column
  return `case when isfinite(${column}::double) then to_json(${column}) when ${column} is null then null else to_json(${column}::varchar) end`
}

/** A missing value is empty; an empty text has quotes, so that the two differ. */
function csvValue({ name, type }: SnapshotColumn, isFrench: boolean): string {
  const text = `${sqlName(name)}::varchar`
  if (type === 'number' && isFrench) return `coalesce(replace(${text}, '.', ','), '')`
  if (type !== 'text' && type !== 'category') return `coalesce(${text}, '')`
  return `coalesce(case when ${text} = '' or regexp_matches(${text}, '[",;\\r\\n]') or ${text} <> trim(${text})
    then '"' || replace(${text}, '"', '""') || '"' else ${text} end, '')`
}
