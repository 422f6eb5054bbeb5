import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { sqlText } from '../../../platform/index.js'
import {
  createdAt,
  eventTime,
  featureColumn,
  keyColumn,
  tieColumn,
  type ViewHistory,
  validFrom,
} from '../history/view-history.js'
import type { RelationColumn } from '../join/model.js'
import { columnOf, readRow, type ScratchTables } from '../join/relation.js'
import type { KeyType } from '../registry/model.js'

/** What is to be in the online store, as a table expression of `bucket`, `batch` (of its bucket), `k0`…, `event`, `created` and `steps`. */
export interface LatestRows {
  readonly table: string
  /** Whether the table has `key` as well: the keys as `encodeKey` gives them. */
  readonly hasKeyText: boolean
  readonly keyTypes: Readonly<Record<string, KeyType>>
  readonly count: number
  /** The keys are parted in so many. */
  readonly buckets: number
  /** Of all keys, those without later events included. */
  readonly keys: number
  readonly newestEventUs: number | undefined
  /** The steps of some keys that hold at the moment: of the same keys each time. */
  readonly sample: readonly string[]
}

export interface LatestOptions {
  /** What comes later is left out. */
  readonly untilUs: number
  /** Only keys with a row later than this. */
  readonly sinceUs?: number
  readonly bucketRows: number
  readonly sampleRows?: number
}

/**
 * Finds what holds for each key at a moment, and what is known to hold later: all rows of a staircase from there on. Features that code
 * derives are null. Throws `feature_key_type`.
 */
export async function latestRows(
  tables: ScratchTables,
  { view, relation, isStaircase }: ViewHistory,
  { untilUs, sinceUs, bucketRows, sampleRows = 0 }: LatestOptions,
): Promise<LatestRows> {
  const { connection } = tables
  const { definition } = view
  const keys: CastKey[] = []
  for (const [place, { name, type }] of view.keys.entries()) {
    const column = columnOf(relation, keyColumn(place))
    keys.push(await castKey(connection, relation.from, { ...column, name, declared: type }, view.name))
  }
  const grouped = keys.map((_key, place) => `k${place}`).join(', ')
  const count = definition.features.length + definition.aggregations.length + definition.derived.length
  const values = Array.from({ length: count }, (_, place) =>
    relation.columns.find(({ name }) => name === featureColumn(place)),
  )
  const validSql = `epoch_us(${validFrom})`
  const eventSql = `epoch_us(${eventTime})`
  const named = values.map((column, place) => (column === undefined ? undefined : { ...column, sql: `v${place}` }))
  // Made of the rows that are read, when they are read: numbers are held in a third of the memory of their JSON.
  const step = `concat('[', valid, ',', event, ',', ${jsonArraySql(named)}, ']')`
  const selected = values.map((column, place) => (column === undefined ? '' : `, ${column.sql} as v${place}`)).join('')
  const isWhole = keys.map(({ sql }) => `${sql} is not null`).join(' and ')
  const ties = [
    ...(isStaircase ? [] : definition.ties.map((_name, place) => tieColumn(place))),
    ...(relation.order === undefined ? [] : [relation.order]),
  ]
  const given = (more: string) =>
    `(select ${keys.map(({ sql }, place) => `${sql} as k${place}`).join(', ')}, ${validSql} as valid, ${eventSql} as event${more}${selected}
      from ${relation.from} where ${isWhole} and isfinite(${eventTime}) and ${eventSql} <= ${untilUs})`
  const newest = await tables.create(
    `select ${grouped}, max(event) as newest, max(valid) as valid from ${given('')} where valid <= ${untilUs} group by ${grouped}`,
  )
  const isNew = sinceUs === undefined ? 'true' : `newest > ${sinceUs}`
  const [all = 0, rows = 0, newestUs = 0] = await readRow(
    connection,
    `select count(*), count(*) filter (${isNew}), max(newest) from ${newest}`,
  )
  const isSampled = await sampling(connection, { table: newest, grouped, rows: sampleRows })
  const created = definition.created === undefined ? 'null::bigint' : `epoch_us(${createdAt})`
  const own = `, ${created} as created, struct_pack(${tieFields(ties)}) as tie`
  const buckets = Math.max(1, Math.ceil(rows / bucketRows))
  const batches = Math.max(1, Math.ceil(rows / buckets / limit('features.online_batch')))
  const bucket = `(hash(${grouped}) % ${buckets})::integer as bucket, (hash(${grouped}) // ${buckets} % ${batches})::integer as batch`
  const equals = await tables.create(
    `select ${bucket}, * from ${given(own)} join ${newest} using (${grouped}, valid) where ${isNew} or ${isSampled}`,
  )
  const [wanted = 0] = await readRow(connection, `select count(*) from ${newest} where ${isNew} or ${isSampled}`)
  const held = named.flatMap((column) => (column === undefined ? [] : [column.sql]))
  const now = await bestOfEqual(tables, equals, { grouped, held, keys: wanted })
  const sampled = await connection.runAndReadAll(
    `select ${step} from ${now} where ${isSampled} order by hash(${grouped}) limit ${sampleRows}`,
  )
  const key = await keySql(connection, now, keys)
  const keyText = key === undefined ? '' : `${key} as key, `
  const table = isStaircase
    ? await tables.create(
        `select bucket, batch, ${keyText}${grouped}, event, created, steps from (
          select bucket, batch, ${grouped}, n.event, n.created, concat('[', string_agg(g.step, ',' order by g.valid), ']') as steps
          from ${now} n join (select *, ${step} as step from ${given('')}) g using (${grouped}) where g.valid >= n.valid and ${isNew}
          group by all)`,
      )
    : `(select bucket, batch, ${keyText}${grouped}, event, created, concat('[', ${step}, ']') as steps from ${now} where ${isNew})`
  await tables.drop(newest)
  return {
    table,
    hasKeyText: key !== undefined,
    keyTypes: Object.fromEntries(keys.map(({ name, keyType }) => [name, keyType])),
    count: rows,
    buckets,
    keys: all,
    newestEventUs: all === 0 ? undefined : newestUs,
    sample: sampled.getRows().map(([text]) => `[${String(text)}]`),
  }
}

/** Whether a key is among those that are looked at: those with the least digests, as SQL. */
async function sampling(
  connection: DuckDBConnection,
  { table, grouped, rows }: { readonly table: string; readonly grouped: string; readonly rows: number },
): Promise<string> {
  if (rows === 0) return 'false'
  const greatest = await connection.runAndReadAll(
    `select max(digest)::varchar from (select hash(${grouped}) as digest from ${table} order by digest limit ${rows})`,
  )
  const digest = greatest.getRows()[0]?.[0] ?? null
  return digest === null ? 'false' : `hash(${grouped}) <= ${String(digest)}::ubigint`
}

/** Of rows of one key and moment the one that counts; most keys have no other. */
async function bestOfEqual(
  tables: ScratchTables,
  equals: string,
  { grouped, held, keys }: { readonly grouped: string; readonly held: readonly string[]; readonly keys: number },
): Promise<string> {
  const [rows = 0] = await readRow(tables.connection, `select count(*) from ${equals}`)
  if (rows === keys) return equals
  const fields = ['valid', 'event', 'created', ...held].map((name) => `${name} := ${name}`).join(', ')
  const best = await tables.create(
    `select bucket, batch, ${grouped}, newest, unnest(arg_max(struct_pack(${fields}),
      row(created is not null, created, tie))) from ${equals} group by bucket, batch, ${grouped}, newest`,
  )
  await tables.drop(equals)
  return best
}

/** Keys of no more bytes than this are never a digest, however they are escaped. */
const shortBytes = 900

/** SQL of the keys as `encodeKey` gives them; undefined where it is not that simple: for long texts, and some that JSON has escapes for. */
async function keySql(
  connection: DuckDBConnection,
  table: string,
  keys: readonly CastKey[],
): Promise<string | undefined> {
  const texts = keys.flatMap(({ keyType }, place) => (keyType === 'text' ? [`k${place}`] : []))
  const isOdd = texts.map(
    (text) =>
      `strlen(${text}) > ${Math.floor(shortBytes / (2 * texts.length))} or regexp_matches(${text}, '[[:cntrl:]]')`,
  )
  if (isOdd.length > 0) {
    const [odd = 0] = await readRow(connection, `select count(*) from ${table} where ${isOdd.join(' or ')}`)
    if (odd > 0) return undefined
  }
  const parts = keys.map(({ keyType }, place) =>
    keyType === 'text' ? `to_json(k${place})::varchar` : `k${place}::varchar`,
  )
  return `concat('[', ${parts.join(", ',', ")}, ']')`
}

/** Nulls are lowest in each; a struct without fields is none. */
function tieFields(ties: readonly string[]): string {
  if (ties.length === 0) return 't := 0'
  return ties.map((sql, place) => `n${place} := (${sql}) is not null, t${place} := ${sql}`).join(', ')
}

interface CastKey {
  readonly name: string
  readonly sql: string
  readonly keyType: KeyType
}

/** A key in the type in which it is read by: numbers that are whole as such, days and moments as texts. */
async function castKey(
  connection: DuckDBConnection,
  from: string,
  { name, type, sql, declared }: RelationColumn & { readonly declared: KeyType | undefined },
  view: string,
): Promise<CastKey> {
  const isNumber = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|FLOAT|DECIMAL.*)$/.test(type)
  const natural: KeyType = isNumber ? 'integer' : type === 'BOOLEAN' ? 'boolean' : 'text'
  const keyType = declared ?? natural
  const target = { integer: 'HUGEINT', boolean: 'BOOLEAN', text: 'VARCHAR' }[keyType]
  // A number that is not whole as text is its text; whole ones have no `.0`.
  const base = natural === 'integer' && keyType === 'text' ? `try_cast(${sql} as hugeint)::varchar` : sql
  const cast = `try_cast(${base} as ${target})`
  const back = `try_cast(${cast} as ${type})`
  const wrong = await connection.runAndReadAll(
    `select left(${sql}::varchar, 60) from ${from} where ${sql} is not null and ${back} is distinct from ${sql} limit 1`,
  )
  const [value] = wrong.getRows()[0] ?? []
  if (value === undefined) return { name, sql: cast, keyType }
  throw new FabriqueError('feature_key_type', {
    key: name,
    entities: 'the online store',
    entity_type: keyType,
    features: view,
    feature_type: type,
    reason: `${JSON.stringify(value)} would change as ${keyType}`,
    reason_fr: `${JSON.stringify(value)} changerait en ${keyType}`,
  })
}

const exactMax = 2n ** 53n - 1n

/**
 * SQL of the JSON of values, as they are read back online. Where all of a row are what JSON has numbers for, they are written at once, which
 * takes half the time of one after the other; the texts are the same.
 */
function jsonArraySql(columns: readonly (RelationColumn | undefined)[]): string {
  if (columns.length === 0) return "'[]'"
  const values = columns.map((column) => (column === undefined ? undefined : plainValue(column)))
  const isPlain = values.map((value) => value?.isPlain).filter((sql) => sql !== undefined)
  const atOnce = `json_array(${values.map((value) => value?.sql ?? 'null').join(', ')})::varchar`
  if (isPlain.length === 0) return atOnce
  const each = columns.map((column) => (column === undefined ? "'null'" : jsonSql(column)))
  return `case when ${isPlain.join(' and ')} then ${atOnce} else '[' || ${each.join(" || ',' || ")} || ']' end`
}

/** A value in a type that JSON has, and when that is the same value; always where nothing is said. */
function plainValue({ type, sql }: RelationColumn): { readonly sql: string; readonly isPlain?: string } {
  if (type === 'DOUBLE' || type === 'FLOAT') return { sql, isPlain: `coalesce(isfinite(${sql}), true)` }
  if (/^U?(BIGINT|HUGEINT)$/.test(type)) {
    return { sql: `try_cast(${sql} as bigint)`, isPlain: `coalesce(abs(${sql}::hugeint) <= ${exactMax}, true)` }
  }
  if (type.startsWith('DECIMAL')) return { sql: `${sql}::double` }
  if (type === 'DATE') return { sql: `${sql}::varchar` }
  if (type === 'TIMESTAMP WITH TIME ZONE')
    return plainValue({ name: '', type: 'TIMESTAMP', sql: `(${sql} at time zone 'UTC')` })
  if (type.startsWith('TIMESTAMP')) return { sql: `strftime((${sql})::timestamp, ${sqlText('%Y-%m-%dT%H:%M:%S.%fZ')})` }
  return { sql }
}

/** SQL of the JSON of a value, as it is read back online. */
function jsonSql({ type, sql }: RelationColumn): string {
  return `coalesce((${jsonOfType(type, sql)})::varchar, 'null')`
}

function jsonOfType(type: string, sql: string): string {
  if (type === 'DOUBLE' || type === 'FLOAT') {
    return `case when isfinite(${sql}) then to_json(${sql}) when isnan(${sql}) then '"NaN"' when ${sql} > 0 then '"Infinity"'
      when ${sql} < 0 then '"-Infinity"' end`
  }
  // What a number of JavaScript does not tell apart is a text.
  if (/^U?(BIGINT|HUGEINT)$/.test(type)) {
    return `case when abs(${sql}::hugeint) <= ${exactMax} then ${sql}::varchar else '"' || ${sql} || '"' end`
  }
  if (type.startsWith('DECIMAL')) return `to_json(${sql}::double)`
  if (type === 'DATE') return `'"' || ${sql} || '"'`
  if (type === 'TIMESTAMP WITH TIME ZONE') return jsonOfType('TIMESTAMP', `(${sql} at time zone 'UTC')`)
  if (type.startsWith('TIMESTAMP')) return `strftime((${sql})::timestamp, ${sqlText('"%Y-%m-%dT%H:%M:%S.%fZ"')})`
  return `to_json(${sql})`
}
