import type { DuckDBConnection } from '@duckdb/node-api'
import { type ColumnType, FabriqueError, type SnapshotColumn } from '@fabrique/contract'
import { assert } from '../../../kernel/index.js'
import { inferredType, sqlName } from '../../../platform/index.js'
import { joinFeatures } from '../join/join-features.js'
import type { EntityRows, JoinedRows, JoinedView, ViewReport } from '../join/model.js'
import { momentSql } from '../join/moments.js'
import { columnOf, readRow, type ScratchTables, scratchTables } from '../join/relation.js'
import { spineOf, type TimeRange } from '../join/spine.js'
import { type AppliedView, featuresOf } from '../registry/model.js'
import type { SelectedView } from '../registry/select-features.js'
import { deriver, type FindFeatureCode } from './derive-values.js'
import { type DerivedColumn, fillDerived } from './fill-derived.js'
import { momentHistory, unknownReason } from './moment-history.js'
import {
  baseOf,
  codedFeatures,
  createdAt,
  engineTypes,
  eventTime,
  featureColumn,
  keyColumn,
  requireKnown,
  tieColumn,
  type ViewHistory,
  validFrom,
  viewHistory,
} from './view-history.js'
import { type OpenSnapshot, queryFailed, relationOf, sourceOf } from './view-sources.js'

/** What a training set is made of; snapshots are open already. */
export interface TrainingRowsInput {
  readonly connection: DuckDBConnection
  /** What the views read, by data set. */
  readonly sources: ReadonlyMap<string, OpenSnapshot>
  readonly views: readonly SelectedView[]
  readonly entities?: {
    readonly snapshot: OpenSnapshot
    readonly time: string
    readonly columns?: readonly string[] | undefined
  }
  /** Without entity rows: every moment of the first view within it. With them: only those within it. */
  readonly range?: Partial<TimeRange>
  readonly asKnown: boolean
  readonly fullNames: boolean
  readonly ages: boolean
  readonly code: FindFeatureCode
  readonly signal?: AbortSignal | undefined
  readonly report: (stage: 'read' | 'join' | 'derive', rows?: number) => void
}

export interface TrainingRows {
  /** A select of all rows in order, with the types that snapshots have. */
  readonly sql: string
  readonly columns: readonly SnapshotColumn[]
  readonly rows: number
  readonly views: readonly ViewReport[]
}

/**
 * The rows of a training set: for each entity row the features as they were at its time. Errors: those of `joinFeatures`, `viewHistory`,
 * `sourceOf` and `deriver`, and `feature_as_known_refused`, `feature_rows_missing`.
 */
export async function trainingRows<Result>(
  input: TrainingRowsInput,
  use: (rows: TrainingRows) => Promise<Result>,
): Promise<Result> {
  const { connection, signal, views, asKnown } = input
  if (asKnown) for (const { view } of views) requireKnown(view)
  const tables = scratchTables(connection, signal)
  try {
    input.report('read')
    const { histories, entities } = await historiesOf(tables, input)
    const parts = histories.map((history, place) => partOf(history, { selected: at(views, place), place, input }))
    input.report('join')
    const request = { entities, views: parts.map(({ joined }) => joined), asKnown }
    return await joinFeatures(
      connection,
      request,
      async (joined) => {
        const given = { parts, entities, joined: joined.sql, types: typesOf(joined.columns) }
        const select = await resultOf(tables, given, input)
        const described = await connection.runAndReadAll(`select * from (${select}) limit 0`)
        const columns = described.columnNames().map((name, index): SnapshotColumn => {
          const type = inferredType(String(described.columnType(index)))
          return { name, type, nullable: true, declared: false }
        })
        return use({ sql: select, columns, rows: joined.rows, views: await withReasons(connection, joined, given) })
      },
      signal,
    )
  } catch (error) {
    signal?.throwIfAborted()
    // What the values do not suit shows where they are read, which may be in the middle of the result.
    throw queryFailed(
      views.map(({ view }) => view),
      error,
    )
  } finally {
    await tables.dropAll()
  }
}

/** A view on its way through the join. */
interface Part {
  readonly joined: JoinedView
  readonly history: ViewHistory
  readonly place: number
  /** The features in order, under the names that they get, and the column of the joined rows or what code derives it. */
  readonly features: readonly { readonly as: string; readonly column: string; readonly coded?: DerivedColumn }[]
  /** In the joined rows: the time of the newest event, null where nothing matched. */
  readonly event: string
  /** Of values whose age is counted after the join. */
  readonly ttlSeconds: number | undefined
  /** In the joined rows: why nothing was known, where each moment has a row of its own. */
  readonly unknown: string | undefined
}

/** What the views held, and the rows that get features of them. */
async function historiesOf(
  tables: ScratchTables,
  input: TrainingRowsInput,
): Promise<{ readonly histories: readonly ViewHistory[]; readonly entities: EntityRows }> {
  const { connection, views, sources, asKnown } = input
  const entities = await entityRows(tables, input)
  const histories: ViewHistory[] = []
  for (const { view } of views) {
    const source = await sourceOf(connection, view, sources)
    const isAggregated = view.definition.aggregations.length > 0
    histories.push(
      isAggregated
        ? await momentHistory(tables, view, source, { entities, asKnown })
        : await viewHistory(tables, view, source),
    )
  }
  return { histories, entities }
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  assert(item !== undefined, `There is no item ${index}`)
  return item
}

const typesOf = (columns: readonly { readonly name: string; readonly type: string }[]) =>
  new Map(columns.map(({ name, type }) => [name, type]))

function partOf(
  history: ViewHistory,
  {
    selected,
    place,
    input,
  }: { readonly selected: SelectedView; readonly place: number; readonly input: TrainingRowsInput },
): Part {
  const { view, isStaircase, relation } = history
  const { definition } = view
  const all = featuresOf(definition).map(({ name }) => name)
  const coded = codedFeatures(definition)
  const hidden = (column: number) => `fabrique__v${place}_${column}`
  const event = `fabrique__v${place}_event`
  const needed = new Set<number>()
  const typeAt = (column: number): ColumnType => inferredType(columnOf(relation, featureColumn(column)).type)
  const features = selected.features.map(({ name, as }) => {
    const code = coded.find((feature) => feature.name === name)
    const given = input.fullNames ? `${view.name}__${as}` : as
    if (code === undefined) {
      needed.add(all.indexOf(name))
      return { as: given, column: hidden(all.indexOf(name)) }
    }
    for (const inputPlace of code.inputs) needed.add(inputPlace.place)
    return {
      as: given,
      column: '',
      coded: {
        type: code.type,
        derive: deriver(input.code, view, code),
        present: event,
        inputs: code.inputs.map((inner) => ({
          name: inner.name,
          column: hidden(inner.place),
          type: typeAt(inner.place),
        })),
      },
    }
  })
  const { ttl_seconds: ttl, ties } = definition
  const joined: JoinedView = {
    name: view.name,
    relation,
    keys: joinKeys(view),
    time: validFrom,
    ...createdOf(history, input.asKnown),
    // Of a staircase the age is that of the newest event, not that of the row.
    ...(ttl === null || isStaircase ? {} : { ttlSeconds: ttl }),
    ties: isStaircase ? [] : ties.map((_name, index) => tieColumn(index)),
    features: [
      { column: eventTime, name: event },
      ...(isStaircase ? [{ column: unknownReason, name: `${event}_unknown` }] : []),
      ...[...needed].map((column) => ({ column: featureColumn(column), name: hidden(column) })),
    ],
  }
  return {
    joined,
    history,
    place,
    features,
    event,
    ttlSeconds: ttl !== null && isStaircase ? ttl : undefined,
    unknown: isStaircase ? `${event}_unknown` : undefined,
  }
}

const joinKeys = ({ keys }: AppliedView) => keys.map(({ name }, index) => ({ entity: name, feature: keyColumn(index) }))

/** When rows became known; those of a moment are about what was known then, and are so from then on. */
function createdOf({ view, isStaircase }: ViewHistory, asKnown: boolean): Pick<JoinedView, 'created'> {
  if (isStaircase) return asKnown ? { created: validFrom } : {}
  return view.definition.created === undefined ? {} : { created: createdAt }
}

/** The rows that get features: those of the snapshot, or each moment of the first view. */
async function entityRows(
  tables: ScratchTables,
  { entities, range = {}, connection, views, sources }: TrainingRowsInput,
): Promise<EntityRows> {
  if (entities !== undefined) {
    const relation = await relationOf(entities.snapshot, connection)
    columnOf(relation, entities.time)
    for (const name of entities.columns ?? []) columnOf(relation, name)
    return { relation, time: entities.time }
  }
  const { view } = at(views, 0)
  const relation = await baseOf(tables, view, await sourceOf(connection, view, sources))
  const { start = new Date(-8.64e15), end = new Date(8.64e15) } = range
  const rows = await spineOf(
    tables,
    { name: view.name, relation, keys: joinKeys(view), time: eventTime, features: [] },
    { start, end },
  )
  const { time } = view.definition
  const taken = view.keys.some(({ name }) => name === time)
  const name = taken ? 'event_time' : time
  const columns = rows.relation.columns.map((column) => (column.name === eventTime ? { ...column, name } : column))
  return { relation: { ...rows.relation, columns }, time: name }
}

interface Joined {
  readonly parts: readonly Part[]
  readonly entities: EntityRows
  readonly joined: string
  readonly types: ReadonlyMap<string, string>
}

/** SQL of the time of a joined row, in microseconds. */
function momentOf({ relation, time }: EntityRows): string {
  const column = columnOf(relation, time)
  return momentSql({ ...column, sql: sqlName(column.name) }, { name: 'microseconds', perSecond: 1e6 })
}

/** SQL of the age of a view in a joined row, in microseconds. */
const ageOf = ({ event }: Part, entities: EntityRows) => `(${momentOf(entities)})::bigint - epoch_us(${event})`

/** Of moments the join finds rows of any age, and those of which nothing is known: they are counted here. */
async function withReasons(
  connection: DuckDBConnection,
  { views, sql }: JoinedRows,
  { parts, entities }: Joined,
): Promise<readonly ViewReport[]> {
  const reports: ViewReport[] = []
  for (const [place, report] of views.entries()) {
    const part = at(parts, place)
    const { ttlSeconds, unknown } = part
    if (ttlSeconds === undefined && unknown === undefined) {
      reports.push(report)
      continue
    }
    const isOld = ttlSeconds === undefined ? 'false' : `${ageOf(part, entities)} > ${Math.round(ttlSeconds * 1e6)}`
    const because = (reason: string) => (unknown === undefined ? 'false' : `${unknown} = '${reason}'`)
    const conditions = [isOld, because('no_row'), because('future'), because('not_known')]
    const [expired = 0, noRow = 0, future = 0, notKnown = 0] = await readRow(
      connection,
      `select ${conditions.map((condition) => `count(*) filter (where ${condition})`).join(', ')} from (${sql})`,
    )
    const { unmatched } = report
    reports.push({
      ...report,
      matched: report.matched - expired - noRow - future - notKnown,
      unmatched: {
        ...unmatched,
        expired,
        noRow: unmatched.noRow + noRow,
        future: unmatched.future + future,
        notKnown: unmatched.notKnown + notKnown,
      },
    })
  }
  return reports
}

/** The columns that people get, with names that stand once. */
async function resultOf(tables: ScratchTables, joined: Joined, input: TrainingRowsInput): Promise<string> {
  const { parts, entities, types } = joined
  const expired = parts.flatMap((part) => {
    const { ttlSeconds, event } = part
    if (ttlSeconds === undefined) return []
    return [`case when ${ageOf(part, entities)} <= ${Math.round(ttlSeconds * 1e6)} then ${event} end as ${event}`]
  })
  const aged = expired.length === 0 ? joined.joined : `select * replace (${expired.join(', ')}) from (${joined.joined})`
  const derived = parts.flatMap(({ features }) => features.flatMap(({ coded }) => coded ?? []))
  const kept = input.entities?.columns ?? entities.relation.columns.map(({ name }) => name)
  const selected: (readonly [string, string])[] = kept.map((name) => [name, castOf(sqlName(name), types.get(name))])
  for (const part of parts) {
    for (const { as, column, coded } of part.features) {
      if (coded === undefined) {
        const value = part.history.isStaircase ? `(case when ${part.event} is not null then ${column} end)` : column
        selected.push([as, castOf(value, types.get(column))])
      } else {
        selected.push([as, `cast(fabrique__d${derived.indexOf(coded)} as ${engineTypes[coded.type]})`])
      }
    }
    if (!input.ages) continue
    selected.push([`${part.joined.name}__age`, `((${ageOf(part, entities)}) / 1e6)::double`])
  }
  refuseClashes(
    selected.map(([name]) => name),
    entities.relation.name,
  )
  const columns = selected.map(([name, sql]) => `${sql} as ${sqlName(name)}`).join(', ')
  if (derived.length === 0) return `select ${columns} from (${aged})`
  input.report('derive')
  const filled = await fillDerived(tables, aged, derived, {
    signal: input.signal,
    report: (rows) => input.report('derive', rows),
  })
  return `select ${columns} from (select r.*, d.* exclude (fabrique__n) from ${filled.rows} r join ${filled.derived} d using (fabrique__n)) order by fabrique__n`
}

/** Values as snapshots hold them. */
function castOf(sql: string, type: string | undefined): string {
  const stored = engineTypes[inferredType(type ?? 'VARCHAR')]
  return type === stored ? sql : `cast(${sql} as ${stored})`
}

function refuseClashes(names: readonly string[], entities: string): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name.toLowerCase())) {
      throw new FabriqueError('feature_name_clash', { name, first: entities, second: 'the features' })
    }
    seen.add(name.toLowerCase())
  }
}
