import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnType, ModelSignature } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { openParquetWriter, type ParquetWriter, rowsOf, sqlText, type VerbContext } from '../../../platform/index.js'
import { widerType } from '../../datasets/index.js'
import { logTable, pointerTo, rawColumns, type SeenNames } from './log-columns.js'
import { type RawRow, readDay } from './read-day.js'
import type { CompactedDay, DayPart, DueDay } from './store.js'

export interface WritingDay {
  readonly due: DueDay
  /** A folder of its own on the volume of the blob store. */
  readonly folder: string
  /** What a version takes and gives; undefined where it is not known, or not any more. */
  readonly signatureOf: (version: string) => Promise<ModelSignature | undefined>
  readonly partRows: number
  /** Told of the rows that are done. */
  readonly onRows: (rows: number) => void
}

/**
 * Writes the rows of a day as typed Parquet files into the blob store. Memory is bounded by a page of rows and what the engine may take; what
 * is written first are the rows as they are, since their columns are known at their end.
 */
export async function writeDay(ctx: VerbContext, writing: WritingDay): Promise<CompactedDay> {
  const { due, folder, partRows, onRows } = writing
  const parts: DayPart[] = []
  const versions = new Set<string>()
  const raw = join(folder, 'raw.parquet')
  await ctx.data.use(async (connection) => {
    // Times without a zone are UTC wherever this runs.
    await connection.run("set TimeZone = 'UTC'")
    let writer: ParquetWriter | undefined
    let rows = 0
    let ofPart = new Set<string>()
    const finish = async () => {
      if (writer === undefined) return
      await writer.finish()
      writer = undefined
      parts.push(await writePart(ctx, { connection, writing, raw, rows, versions: [...ofPart] }))
      rows = 0
      ofPart = new Set()
    }
    try {
      for await (const page of readDay(ctx, due)) {
        for (let start = 0; start < page.length; ) {
          writer ??= await openParquetWriter(connection, { path: raw, columns: rawTypes })
          const some = page.slice(start, start + partRows - rows)
          await writer.append(rawColumns.map((name) => some.map((row: RawRow) => row[name])))
          for (const { version } of some) {
            versions.add(version)
            ofPart.add(version)
          }
          start += some.length
          rows += some.length
          onRows(some.length)
          if (rows >= partRows) await finish()
        }
      }
      await finish()
    } finally {
      await writer?.discard()
      await rm(raw, { force: true })
    }
  }, ctx.signal)
  return { ...due, versions: [...versions].sort(), parts }
}

export const rawTypes = rawColumns.map((name) => ({ name, given: 'VARCHAR' as const }))

interface WritingPart {
  readonly connection: DuckDBConnection
  readonly writing: WritingDay
  readonly raw: string
  readonly rows: number
  readonly versions: readonly string[]
}

async function writePart(
  ctx: VerbContext,
  { connection, writing, raw, rows, versions }: WritingPart,
): Promise<DayPart> {
  const found = await Promise.all(versions.map(writing.signatureOf))
  const signatures = found.flatMap((signature) => signature ?? [])
  const from = `read_parquet(${sqlText(raw)})`
  const table = logTable(signatures, await seenIn(connection, from))
  const path = join(writing.folder, 'part.parquet')
  await connection.run(`copy (${table.select(from)}) to ${sqlText(path)} (format parquet, compression zstd)`)
  return { ...(await ctx.blobs.adopt(path)), row_count: rows, columns: table.columns }
}

/** The names and types of what stands in the JSON of some rows. */
export async function seenIn(connection: DuckDBConnection, from: string): Promise<SeenNames> {
  const keys = async (json: string): Promise<readonly string[]> => {
    const list = `select distinct unnest(json_keys(${json})) as name from ${from} where json_type(${json}) = 'OBJECT'`
    const result = await connection.runAndReadAll(`${list} order by name limit ${limit('predictions.columns_max')}`)
    return rowsOf<{ name: string }>(result).map(({ name }) => name)
  }
  type Types = Map<string, ColumnType | undefined>
  const types = async (json: string, names: readonly string[], below = ''): Promise<Types> => {
    if (names.length === 0) return new Map()
    const pointers = names.map((name) => sqlText(`${pointerTo(name)}${below}`)).join(', ')
    const result = await connection.runAndReadAll(`
      select place::integer as place, list_sort(list(distinct type)) as types from (
        select unnest(range(${names.length})) as place, unnest(json_type(${json}, [${pointers}]::varchar[])) as type from ${from}
      ) where type is not null group by place`)
    const found = new Map(
      rowsOf<{ place: number; types: string[] }>(result).map(({ place, types: all }) => [names[place], typeOf(all)]),
    )
    return new Map(names.map((name) => [name, found.get(name)]))
  }
  const [inputNames, looked] = [await keys('inputs'), await keys('looked')]
  const inputs = await types('inputs', inputNames)
  for (const [name, type] of await types('looked', looked, '/0')) {
    inputs.set(name, inputs.has(name) ? widerType(inputs.get(name), type) : type)
  }
  const outputs = "json_extract(output, '/outputs')"
  return {
    inputs,
    looked: new Set(looked),
    probabilities: new Set(await keys("json_extract(output, '/probabilities')")),
    scores: new Set(await keys("json_extract(output, '/scores')")),
    outputs: await types(outputs, await keys(outputs)),
    prediction: (await types('output', ['prediction'])).get('prediction'),
  }
}

/** The type that holds values of these types of JSON; undefined where all are null. */
function typeOf(types: readonly string[]): ColumnType | undefined {
  return types.reduce<ColumnType | undefined>((found, type) => widerType(found, columnTypes[type]), undefined)
}

const columnTypes: Readonly<Record<string, ColumnType | undefined>> = {
  BIGINT: 'integer',
  UBIGINT: 'integer',
  DOUBLE: 'number',
  BOOLEAN: 'boolean',
  VARCHAR: 'text',
  ARRAY: 'text',
  OBJECT: 'text',
}
