import { rename } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError, type FeatureLookup, type Json, type ModelSignature } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { openParquetWriter, readChunks, sqlName, sqlText, type VerbContext } from '../../platform/index.js'
import { lookUpRows, type ReadOnline } from '../serving/index.js'
import type { RowColumn } from './model.js'

/** A column that says, as JSON, why a row has no features; null where it has them. */
export const refusedColumn = 'fabrique__refused'

/** Whether rows with these columns name keys that a model finds its features by, and none of those features. */
export function namesKeys(signature: ModelSignature | undefined, columns: ReadonlySet<string>): boolean {
  const lookup = signature?.feature_lookup
  if (lookup === undefined) return false
  return lookup.keys.every((key) => columns.has(key)) && !lookup.features.some((name) => columns.has(name))
}

export interface LookUpInput {
  /** What stands after `from` in DuckDB SQL. */
  readonly table: string
  readonly columns: readonly RowColumn[]
  readonly signature: ModelSignature
  readonly lookup: FeatureLookup
  readonly readOnline: ReadOnline
  /** The Parquet file that is written, whole or not at all. */
  readonly path: string
  readonly report: (rowsDone: number) => void
}

/** Writes rows with the features that the online store has for their keys, in their order. */
export async function writeWithFeatures(ctx: VerbContext, input: LookUpInput): Promise<void> {
  const { table, path } = input
  const features = `${path}.features`
  await ctx.data.use((writing) =>
    ctx.data.use((reading) => writeFeatures({ writing, reading }, { ...input, features }), ctx.signal),
  )
  await ctx.data.use(
    (connection) =>
      connection.run(
        `copy (select r.*, f.* from (select * from ${table}) r positional join (select * from read_parquet(${sqlText(features)})) f)
          to ${sqlText(`${path}.new`)} (format parquet, compression zstd, row_group_size 122880)`,
      ),
    ctx.signal,
  )
  await rename(`${path}.new`, path)
}

interface Connections {
  readonly reading: DuckDBConnection
  readonly writing: DuckDBConnection
}

async function writeFeatures(
  { reading, writing }: Connections,
  { table, columns, signature, lookup, readOnline, features, report }: LookUpInput & { readonly features: string },
): Promise<void> {
  const specs = signature.features.filter(({ name }) => lookup.features.includes(name))
  const isText = (type: string) => type === 'text' || type === 'category' || type === 'timestamp'
  const writer = await openParquetWriter(writing, {
    path: features,
    columns: [
      ...specs.map(({ name, type }) => ({ name, given: isText(type) ? ('VARCHAR' as const) : ('DOUBLE' as const) })),
      { name: refusedColumn, given: 'VARCHAR' as const },
    ],
  })
  try {
    let done = 0
    for await (const rows of keyRows(reading, { table, columns, keys: lookup.keys })) {
      const found = await lookUpRows(rows, { signature }, readOnline)
      await writer.append([
        ...specs.map(({ name, type }) => found.map((row) => featureValue(row, name, isText(type)))),
        found.map((row) => (row instanceof FabriqueError ? JSON.stringify(row.params) : null)),
      ])
      done += rows.length
      report(done)
    }
    await writer.finish()
  } catch (error) {
    await writer.discard()
    throw error
  }
}

function featureValue(row: Readonly<Record<string, Json>> | FabriqueError, name: string, isText: boolean) {
  const value = row instanceof FabriqueError ? null : (row[name] ?? null)
  if (value === null) return null
  return isText ? String(value) : Number(value)
}

type KeyRow = Readonly<Record<string, string | number | boolean | null>>

/** The keys of rows, as many at once as the online store is asked for. */
async function* keyRows(
  connection: DuckDBConnection,
  { table, columns, keys }: Pick<LookUpInput, 'table' | 'columns'> & { readonly keys: readonly string[] },
): AsyncGenerator<readonly KeyRow[]> {
  const selected = keys.map((key) => keySql(key, columns.find(({ name }) => name === key)?.type ?? 'VARCHAR'))
  const atOnce = limit('features.online_rows_max')
  let held: KeyRow[] = []
  for await (const chunk of readChunks(connection, `select ${selected.join(', ')} from ${table}`)) {
    for (const values of chunk.getRows()) {
      held.push(Object.fromEntries(keys.map((key, index) => [key, keyValue(values[index])])))
      if (held.length < atOnce) continue
      yield held
      held = []
    }
  }
  if (held.length > 0) yield held
}

/** Keys are texts, whole numbers or truth values, as JSON has them. */
function keySql(key: string, type: string): string {
  const isKept = type === 'VARCHAR' || type === 'BOOLEAN' || /INT/.test(type)
  return isKept ? sqlName(key) : `${sqlName(key)}::varchar`
}

function keyValue(value: unknown): KeyRow[string] {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
