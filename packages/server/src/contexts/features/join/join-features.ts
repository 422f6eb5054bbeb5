import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract/client'
import { assert, limit } from '../../../kernel/index.js'
import { sqlName } from '../../../platform/duckdb/index.js'
import { findRows, ttlUnits } from './find-rows.js'
import { type MatchedKey, matchKeys } from './match-keys.js'
import type {
  JoinedRows,
  JoinedView,
  JoinRequest,
  NumberedRelation,
  Relation,
  RelationColumn,
  ViewReport,
} from './model.js'
import { momentSql, type TimeUnit, unitOf } from './moments.js'
import { type OutputColumns, outputColumns } from './output-columns.js'
import { columnOf, numbered, readRow, type ScratchTables, scratchTables } from './relation.js'

/**
 * Gives each entity row the features as they were at its time: the newest row of its keys that is no later. Exactly one row for each, in
 * their order; those that nothing matches have nulls. The result is read in `use`, and gone afterwards.
 *
 * Keys are equal by value and column, null equals nothing. Equal time is visible, an age of exactly the time-to-live is kept. Of rows of
 * one time the last created counts (null lowest), then the greatest by the columns for ties, then the last in the order of the view. A
 * feature that is null in that row is null: no older one is looked for. The threads of the engine make no difference.
 *
 * Errors: `feature_column_unknown`, `feature_key_type`, `feature_time_type`, `feature_name_clash`, `feature_columns_exceeded`,
 * `feature_join_too_large`. The connection is set to UTC.
 */
export async function joinFeatures<Result>(
  connection: DuckDBConnection,
  request: JoinRequest,
  use: (joined: JoinedRows) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const tables = scratchTables(connection, signal)
  await connection.run("set TimeZone = 'UTC'")
  try {
    return await use(await join(tables, request))
  } catch (error) {
    signal?.throwIfAborted()
    throw tooLarge(error) ?? error
  } finally {
    await tables.dropAll()
  }
}

/** What the engine says where it has no memory left, as an error of the catalogue. */
export function tooLarge(error: unknown): FabriqueError | undefined {
  if (!(error instanceof Error) || !/^Out of Memory/i.test(error.message)) return undefined
  return new FabriqueError('feature_join_too_large', { limit_bytes: limit('data.memory_bytes_max') }, { cause: error })
}

interface PreparedView {
  readonly view: JoinedView
  readonly keys: readonly MatchedKey[]
  readonly source: NumberedRelation
  readonly entities: string
  readonly rows: string
}

async function join(tables: ScratchTables, request: JoinRequest): Promise<JoinedRows> {
  const { connection } = tables
  checkNames(request)
  const output = outputColumns(request)
  const entities = await numberedEntities(tables, request, output)
  const time = columnOf(entities, request.entities.time)
  const sources: NumberedRelation[] = []
  for (const [index, view] of request.views.entries()) {
    sources.push(await numberedView(tables, view, at(output.views, index)))
  }
  const timesOf = (view: JoinedView, relation: Relation) =>
    [view.time, view.created]
      .filter((name) => name !== undefined)
      .map((name) => ({ relation, column: columnOf(relation, name) }))
  const unit = await unitOf(connection, [
    { relation: entities, column: time },
    ...request.views.flatMap((view, index) => timesOf(view, at(sources, index))),
  ])
  const found: { readonly table: string; readonly report: ViewReport }[] = []
  for (const [index, view] of request.views.entries()) {
    const source = at(sources, index)
    const keys = await matchKeys(connection, [entities, source], view.keys)
    const prepared = { view, keys, source, entities: comparedEntities(entities, keys, momentSql(time, unit)), rows: '' }
    found.push(await findRows(tables, compared({ ...prepared, rows: comparedRows(prepared, unit) }, request, unit)))
  }
  const [rows = 0] = await readRow(connection, `select count(*) from ${entities.from}`)
  for (const { report } of found) {
    const { unmatched, matched } = report
    const missing = Object.values(unmatched).reduce((sum: number, count: number) => sum + count, 0)
    assert(matched + missing === rows, `Of ${rows} rows ${matched} have features and ${missing} have none`)
  }
  const parts = { entities, sources, tables: found.map(({ table }) => table), output }
  const sql = await resultOf(tables, resultSql(request, parts), { request, parts, rows })
  const described = await connection.runAndReadAll(`select * from (${sql}) limit 0`)
  const columns = described.columnNames().map((name, index) => ({ name, type: String(described.columnType(index)) }))
  return { sql, columns, rows, views: found.map(({ report }) => report) }
}

/** A name that is not there is told before what follows from it. */
function checkNames({ entities, views }: JoinRequest): void {
  refuseMore('views', views.length, limit('features.views_max'))
  columnOf(entities.relation, entities.time)
  for (const { relation, keys, time, created, ties = [] } of views) {
    refuseMore('keys', keys.length, limit('features.keys_max'))
    for (const { entity, feature } of keys) {
      columnOf(entities.relation, entity)
      columnOf(relation, feature)
    }
    for (const name of [time, created, ...ties]) if (name !== undefined) columnOf(relation, name)
  }
}

function refuseMore(field: string, count: number, most: number): void {
  if (count <= most) return
  const reason = `${count} are more than the limit of ${most}`
  throw new FabriqueError('invalid_request', { field, reason, reason_fr: `${count} dépassent la limite de ${most}` })
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  assert(item !== undefined, `There is no item ${index}`)
  return item
}

function numberedEntities(
  tables: ScratchTables,
  { entities: { relation, time }, views }: JoinRequest,
  output: OutputColumns,
): Promise<NumberedRelation> {
  const keys = views.flatMap((view) => view.keys.map(({ entity }) => columnOf(relation, entity)))
  return numbered(tables, relation, [...output.entity, columnOf(relation, time), ...keys])
}

function numberedView(
  tables: ScratchTables,
  { relation, keys, time, created, ties = [] }: JoinedView,
  output: OutputColumns['views'][number],
): Promise<NumberedRelation> {
  const names = [...keys.map(({ feature }) => feature), time, ...(created === undefined ? [] : [created]), ...ties]
  const features = output.features.map(({ column }) => column)
  return numbered(tables, relation, [...names.map((name) => columnOf(relation, name)), ...features])
}

function comparedEntities({ order, from }: NumberedRelation, keys: readonly MatchedKey[], moment: string): string {
  const values = keys.map(({ entity }, index) => `${entity} as k${index}`).join(', ')
  return `select ${order} as r, ${values}, ${moment} as t from ${from}`
}

/** From here on a number takes more than 32 bits. */
const smallNumbers = 2 ** 32

function comparedRows({ view, keys, source }: Omit<PreparedView, 'rows' | 'entities'>, unit: TimeUnit): string {
  const { created, ties = [], time } = view
  const isSmall = source.orderMax !== undefined && source.orderMax < smallNumbers
  const values = [
    `${isSmall ? `(${source.order})::uinteger` : source.order} as r`,
    ...keys.map(({ feature }, index) => `${feature} as k${index}`),
    `${momentSql(columnOf(source, time), unit)} as event`,
    ...(created === undefined ? [] : [`${momentSql(columnOf(source, created), unit)} as created`]),
    ...ties.map((name, index) => `${columnOf(source, name).sql} as t${index}`),
  ]
  return `select ${values.join(', ')} from ${source.from}`
}

function compared({ view, keys, entities, rows }: PreparedView, { asKnown = false }: JoinRequest, unit: TimeUnit) {
  const hasCreated = view.created !== undefined
  assert(hasCreated || !asKnown, `View ${view.name} does not say when its rows became known`)
  return {
    name: view.name,
    entities,
    rows,
    keyCount: keys.length,
    tieCount: view.ties?.length ?? 0,
    hasCreated,
    asKnown,
    ttl: ttlUnits(view.ttlSeconds, unit.perSecond),
    perSecond: unit.perSecond,
  }
}

interface ResultParts {
  readonly entities: NumberedRelation
  readonly sources: readonly NumberedRelation[]
  /** Of rows found, by view. */
  readonly tables: readonly string[]
  readonly output: OutputColumns
}

/** The select of a result that is sorted at once, and the parts that it is made of otherwise. */
interface ResultSql {
  /** Table expressions of the features that were found, by view. */
  readonly features: readonly string[]
  /** The rows of the result in order; `features` stand for those expressions, and `where` keeps some entity rows by `r`. */
  select(features: readonly string[], where: string): string
}

/**
 * A result that fits in memory is sorted as it is read. The engine cannot sort beyond that, so any other is made piece by piece: some entity
 * rows after others, each piece small enough, to a table that may go to the disk.
 */
async function resultOf(
  tables: ScratchTables,
  { features, select }: ResultSql,
  { request, parts, rows }: { readonly request: JoinRequest; readonly parts: ResultParts; readonly rows: number },
): Promise<string> {
  const bytes = rows * (await rowBytes(tables, parts, request.ages === true))
  const pieces = Math.ceil(bytes / ((await memoryBytes(tables)) / pieceShare))
  if (pieces <= 1) return select(features, '')
  const fetched: string[] = []
  for (const feature of features) fetched.push(await tables.create(`select * from ${feature}`))
  const { order, from } = parts.entities
  const [first = 0, last = -1] = await readRow(tables.connection, `select min(${order}), max(${order}) from ${from}`)
  const step = Math.ceil((last - first + 1) / pieces)
  const piece = (start: number) => select(fetched, ` where ${order} between ${start} and ${start + step - 1}`)
  const result = await tables.create(piece(first))
  for (let start = first + step; start <= last; start += step) await tables.append(result, piece(start))
  await tables.drop(...fetched)
  return `select * from ${result}`
}

/** A piece of the result takes this part of the memory at most; sorting it takes several times as much. */
const pieceShare = 8
/** Rows that tell how long texts are. */
const sampledRows = 10_000

/** What a row of the result takes, roughly. */
async function rowBytes(
  tables: ScratchTables,
  { entities, sources, output }: ResultParts,
  ages: boolean,
): Promise<number> {
  let bytes = 0
  const groups = [
    { relation: entities, columns: output.entity },
    ...output.views.map(({ features }, index) => ({
      relation: at(sources, index),
      columns: features.map(({ column }) => column),
    })),
  ]
  for (const { relation, columns } of groups) {
    const long = columns.filter(
      ({ type }) => !/^(U?(TINY|SMALL|BIG)INT|U?INTEGER|DOUBLE|FLOAT|BOOLEAN|DATE|TIME)/.test(type),
    )
    bytes += 8 * (columns.length - long.length) + 24 * long.length + (ages ? 16 : 0)
    if (long.length === 0) continue
    const values = long.map(({ name }, index) => `${columnOf(relation, name).sql} as c${index}`).join(', ')
    const lengths = long.map((_column, index) => `coalesce(avg(strlen(c${index}::varchar)), 0)`).join(', ')
    const sample = `select ${values} from ${relation.from} limit ${sampledRows}`
    for (const length of await readRow(tables.connection, `select ${lengths} from (${sample})`)) bytes += length
  }
  return bytes
}

const unitBytes: Readonly<Record<string, number>> = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }

/** The memory that the engine may take. */
async function memoryBytes({ connection }: ScratchTables): Promise<number> {
  const [[text] = []] = (await connection.runAndReadAll(`select current_setting('memory_limit')`)).getRows()
  const [, count = '', unit = ''] = /^([\d.]+) (\w+)$/.exec(String(text)) ?? []
  return Number(count) * (unitBytes[unit] ?? 1) || limit('data.memory_bytes_max')
}

function resultSql({ views }: JoinRequest, { entities, sources, tables, output }: ResultParts): ResultSql {
  const selected = output.entity.map(({ name }, index) => `e.c${index} as ${sqlName(name)}`)
  const kept = output.entity.map(({ name }, index) => `, ${columnOf(entities, name).sql} as c${index}`).join('')
  const features = views.map((view, place) => {
    const [source, named] = [at(sources, place), at(output.views, place)]
    const columns: RelationColumn[] = named.features.map(({ column }) => columnOf(source, column.name))
    named.features.forEach(({ name }, index) => {
      selected.push(`v${place}.c${index} as ${sqlName(name)}`)
    })
    if (named.eventTime !== undefined) {
      selected.push(`v${place}.c${columns.length} as ${sqlName(named.eventTime)}`)
      columns.push(columnOf(source, view.time))
    }
    if (named.age !== undefined) selected.push(`v${place}.age as ${sqlName(named.age)}`)
    const values = columns.map(({ sql }, index) => `, ${sql} as c${index}`).join('')
    return `(select f.r, f.age, s.* from ${tables[place]} f
      join (select ${source.order} as s${values} from ${source.from}) s on s.s = f.source)`
  })
  const select: ResultSql['select'] = (found, where) => {
    const joins = found.map((feature, place) => `left join ${feature} v${place} on v${place}.r = e.r`).join('\n    ')
    return `select ${selected.join(', ')} from (select ${entities.order} as r${kept} from ${entities.from}${where}) e
    ${joins} order by e.r`
  }
  return { features, select }
}
