import { type ColumnType, FabriqueError } from '@fabrique/contract'
import { assert } from '../../../kernel/index.js'
import { sqlName } from '../../../platform/index.js'
import type { Relation, RelationColumn } from '../join/model.js'
import { momentSql, unitOf } from '../join/moments.js'
import { columnOf, type ScratchTables } from '../join/relation.js'
import type { AppliedView } from '../registry/model.js'
import { queryFailed } from './view-sources.js'

/**
 * All values of a view over time: what training sets and the online store are both made of. Columns have names that no column of people has:
 * they are told by the functions below.
 */
export interface ViewHistory {
  readonly view: AppliedView
  /** Keys, the two times, `created`, those for ties, then all features but those that code derives. */
  readonly relation: Relation
  /**
   * True where values change by themselves as events leave their windows: then a row holds from `validFrom` until the next one of its keys,
   * and of one moment there is one row.
   */
  readonly isStaircase: boolean
}

/** From when on a row holds (timestamp); without aggregations the time of its event. */
export const validFrom = 'fabrique__valid_from'
/** Time of the newest event in a row (timestamp); what its age is counted from. */
export const eventTime = 'fabrique__event_time'
/** When the row became known (timestamp), where the view says so. */
export const createdAt = 'fabrique__created'
export const keyColumn = (place: number) => `fabrique__k${place}`
export const tieColumn = (place: number) => `fabrique__x${place}`
/** A feature by its place in the view: of the source, then aggregated, then derived. */
export const featureColumn = (place: number) => `fabrique__f${place}`

/** How the engine holds values of a type. */
export const engineTypes: Readonly<Record<ColumnType, string>> = {
  number: 'DOUBLE',
  integer: 'BIGINT',
  text: 'VARCHAR',
  category: 'VARCHAR',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
}

/**
 * The history of a view over the rows of its source. A view without aggregations has a row for each row of its source; one with them has
 * a row for each moment at which an event enters or leaves a window, and the features of the source are those of the newest event. Windows
 * reach from `t - window` to `t`, both included; nulls in them are ignored; sum and count of nothing are 0, the others null. Rows without a
 * key or a time are left out where there are aggregations. With `fromUs` only rows that hold then or later are made of them, which is less
 * work. Errors: `feature_time_type`, `feature_query_failed`.
 */
export async function viewHistory(
  tables: ScratchTables,
  view: AppliedView,
  source: Relation,
  fromUs?: number,
): Promise<ViewHistory> {
  try {
    const base = await baseOf(tables, view, source)
    const isStaircase = view.definition.aggregations.length > 0
    const rows = isStaircase ? await staircaseOf(tables, view, base, fromUs) : base
    return { view, isStaircase, relation: await withDerived(tables, view, rows) }
  } catch (error) {
    throw queryFailed([view], error)
  }
}

/** Columns for the inputs of aggregations, before they are aggregated. */
export const inputColumn = (place: number) => `fabrique__a${place}`
/** Place of a row: a whole number that grows in the order of the source. */
export const place = 'fabrique__n'

/** The source with its columns by place, and its times as timestamps of microseconds. */
export async function baseOf({ connection }: ScratchTables, view: AppliedView, source: Relation): Promise<Relation> {
  const { keys, definition } = view
  const { time, created, ties, features, aggregations } = definition
  const times = [time, ...(created === undefined ? [] : [created])].map((name) => columnOf(source, name))
  const unit = await unitOf(
    connection,
    times.map((column) => ({ relation: source, column })),
  )
  // Online stores know microseconds alone, and both shall agree.
  const moment = (name: string) => {
    const sql = momentSql(columnOf(source, name), unit)
    return `make_timestamp((${unit.name === 'nanoseconds' ? `floor(${sql} / 1000)` : sql})::bigint)`
  }
  const typed = ({ sql, type }: RelationColumn, as: string): readonly [string, string, string] => [
    as,
    type.startsWith('ENUM') ? `${sql}::varchar` : sql,
    type.startsWith('ENUM') ? 'VARCHAR' : type,
  ]
  const columns: (readonly [string, string, string])[] = [
    ...keys.map(({ column }, index) => typed(columnOf(source, column), keyColumn(index))),
    [validFrom, moment(time), 'TIMESTAMP'],
    [eventTime, moment(time), 'TIMESTAMP'],
    ...(created === undefined ? [] : [[createdAt, moment(created), 'TIMESTAMP'] as const]),
    ...ties.map((name, index) => typed(columnOf(source, name), tieColumn(index))),
    ...features.map(({ name, column = name }, index) => typed(columnOf(source, column), featureColumn(index))),
    ...aggregations.flatMap(({ column }, index) =>
      column === undefined ? [] : [typed(columnOf(source, column), inputColumn(index))],
    ),
  ]
  const order = source.order ?? 'row_number() over ()'
  const selected = columns.map(([as, sql]) => `${sql} as ${as}`).join(', ')
  return {
    name: view.name,
    from: `(select ${order} as ${place}, ${selected} from ${source.from})`,
    columns: columns.map(([as, , type]) => ({ name: as, type, sql: as })),
    ...(source.order === undefined ? {} : { order: place }),
  }
}

/** One row for each moment at which a value of a key may change. */
async function staircaseOf(
  tables: ScratchTables,
  view: AppliedView,
  base: Relation,
  fromUs: number | undefined,
): Promise<Relation> {
  const names = view.keys.map((_key, index) => keyColumn(index))
  const whole = [...names, eventTime].map((column) => `${column} is not null`).join(' and ')
  const events = await tables.create(
    `select row_number() over (order by ${[...names, ...eventOrder(view)].join(', ')}) as r, epoch_us(${eventTime}) as t, * exclude (${place})
     from ${base.from} where ${whole}`,
  )
  const { inputs, values, windows, lengths } = windowedSql(view)
  const key = names.join(', ')
  const changes = [
    `select ${key}, t from ${events}`,
    ...lengths.map((length) => `select ${key}, t + ${length + 1} as t from ${events}`),
  ]
  const last = fromUs === undefined ? undefined : await lastChanges(tables, view, { events, lengths, fromUs })
  const marks =
    last === undefined
      ? changes.join(' union ')
      : `select ${key}, t from ${last} union ${changes.map((change) => `select * from (${change}) where t > ${fromUs}`).join(' union ')}`
  const counted =
    last === undefined
      ? events
      : `(select e.* from ${events} e left join ${last} l on ${names.map((name) => `l.${name} = e.${name}`).join(' and ')}
          where l.t is null or e.t >= l.t - ${Math.max(...lengths)} or e.r = l.newest)`
  const moments = await tables.create(
    `select * exclude (is_mark) from (
       select ${key}, t, is_mark, max(r) over so_far as newest, ${values.join(', ')}
       from (select ${[...names, 't', 'r', ...inputs].join(', ')} from ${counted}
         union all by name select *, true as is_mark from (${marks}))
       window ${windows.join(', ')})
     where is_mark`,
  )
  if (last !== undefined) await tables.drop(last)
  return rowsOfMoments(tables, view, base, { events, moments })
}

interface ChangesUntil {
  readonly events: string
  readonly lengths: readonly number[]
  readonly fromUs: number
}

/** By key the last moment until `fromUs` at which something changed (`t`), and the `newest` event then. */
function lastChanges(
  tables: ScratchTables,
  { keys }: AppliedView,
  { events, lengths, fromUs }: ChangesUntil,
): Promise<string> {
  const key = keys.map((_key, index) => keyColumn(index)).join(', ')
  const until = (moment: string) => `max(${moment}) filter (where ${moment} <= ${fromUs})`
  const moments = ['t', ...lengths.map((length) => `t + ${length + 1}`)].map(until)
  return tables.create(
    `select ${key}, greatest(${moments.join(', ')}) as t, max(r) filter (where t <= ${fromUs}) as newest
     from ${events} group by ${key} having count(*) filter (where t <= ${fromUs}) > 0`,
  )
}

/** SQL of the aggregations of a view, over windows of the engine that reach from `t - length` to `t`, and one so far. */
export function windowedSql({ keys, definition: { aggregations, features } }: AppliedView) {
  const key = keys.map((_key, index) => keyColumn(index)).join(', ')
  const lengths = [...new Set(aggregations.map(({ window_seconds }) => window_seconds * 1e6))]
  const frame = (start: string) => `(partition by ${key} order by t range between ${start} preceding and current row)`
  return {
    /** Lengths of the windows (microseconds), each once. */
    lengths,
    /** Columns of the events that are aggregated. */
    inputs: aggregations.flatMap(({ column }, index) => (column === undefined ? [] : [inputColumn(index)])),
    values: aggregations.map((aggregation, index) => {
      const over = `over w${lengths.indexOf(aggregation.window_seconds * 1e6)}`
      return `${aggregateSql(aggregation, inputColumn(index), { over })} as ${featureColumn(features.length + index)}`
    }),
    windows: [
      ...lengths.map((length, index) => `w${index} as ${frame(String(length))}`),
      `so_far as ${frame('unbounded')}`,
    ],
  }
}

/** The order in which the last event of a moment counts: by its time, when it was known, what is declared for ties, then its place. */
export function eventOrder({ definition: { created, ties } }: AppliedView): readonly string[] {
  return [
    eventTime,
    ...(created === undefined ? [] : [`${createdAt} nulls first`]),
    ...ties.map((_name, index) => `${tieColumn(index)} nulls first`),
    place,
  ]
}

/** Values of some moments, as tables. */
export interface Moments {
  /** Events by `r`, in their order. */
  readonly events: string
  /** Keys, `t` (microseconds), the aggregations, and the `newest` event, where there is one. */
  readonly moments: string
  /** More columns of the moments that are kept. */
  readonly more?: readonly string[]
}

/** The rows of moments, each with the features of its newest event. Both tables are gone afterwards. */
export async function rowsOfMoments(
  tables: ScratchTables,
  { name, keys, definition: { aggregations, features } }: AppliedView,
  base: Relation,
  { events, moments, more = [] }: Moments,
): Promise<Relation> {
  const keyNames = keys.map((_key, index) => keyColumn(index))
  const left = new Set([...keyNames, validFrom, ...aggregations.map((_aggregation, index) => inputColumn(index))])
  const kept = base.columns.filter((column) => !left.has(column.name))
  const selected = [
    ...keyNames.map((column) => `m.${column}`),
    `make_timestamp(m.t) as ${validFrom}`,
    ...kept.map((column) => `e.${column.name}`),
    ...aggregations.map((_aggregation, index) => `m.${featureColumn(features.length + index)}`),
    ...more.map((column) => `m.${column}`),
  ]
  const rows = await tables.create(
    `select row_number() over (order by m.t, ${keyNames.map((column) => `m.${column}`).join(', ')}) as ${place}, ${selected.join(', ')}
     from ${moments} m left join ${events} e on e.r = m.newest`,
  )
  await tables.drop(events, moments)
  const described = await tables.connection.runAndReadAll(`select * exclude (${place}) from ${rows} limit 0`)
  const columns = described.columnNames().map((column, index) => {
    const type = String(described.columnType(index))
    return { name: column, type, sql: column }
  })
  assert(columns.length === selected.length, `The history of ${name} has ${columns.length} columns`)
  return { name, from: rows, order: place, columns }
}

type Aggregation = AppliedView['definition']['aggregations'][number]

/** Over what an aggregation is: a window of the engine, or the rows of a group for which a condition holds, added up in their order. */
type AggregatedRows = { readonly over: string } | { readonly where: string }

/** SQL of an aggregation of `input`; `r` is the place of an event. */
export function aggregateSql({ function: how, column }: Aggregation, input: string, rows: AggregatedRows): string {
  const isGroup = 'where' in rows
  const order = isGroup ? ' order by r' : ''
  const filtered = (...conditions: readonly string[]) => {
    const all = [...conditions, ...(isGroup ? [rows.where] : [])].join(' and ')
    return `${all === '' ? '' : ` filter (where ${all})`}${isGroup ? '' : ` ${rows.over}`}`
  }
  switch (how) {
    case 'count':
      return `count(${column === undefined ? 'r' : input})${filtered()}`
    case 'sum':
      return `coalesce(sum(${input}::double${order})${filtered()}, 0)`
    case 'mean':
      return `avg(${input}::double${order})${filtered()}`
    case 'min':
    case 'max':
      return `${how}(${input})${filtered()}`
    case 'last':
      // The greatest place among those that have a value.
      return `arg_max(${input}, r)${filtered(`${input} is not null`)}`
  }
}

/** Adds the features that SQL derives, each from the features of its row. */
export async function withDerived(
  tables: ScratchTables,
  { name, definition }: AppliedView,
  rows: Relation,
): Promise<Relation> {
  const { features, aggregations, derived } = definition
  const first = features.length + aggregations.length
  const added = derived.flatMap(({ sql, type }, index) => {
    if (sql === undefined) return []
    // On a line of its own, so that a comment at its end ends there.
    const column = { name: featureColumn(first + index), type: engineTypes[type], sql: featureColumn(first + index) }
    return [{ column, expression: `cast((${sql}\n) as ${engineTypes[type]}) as ${column.name}` }]
  })
  if (added.length === 0) return rows
  const inputs = [...features, ...aggregations].map(
    (input, index) => `${featureColumn(index)} as ${sqlName(input.name)}`,
  )
  const expressions = added.map(({ expression }) => `, ${expression}`).join('')
  const from = `(select *${expressions} from (select *, ${inputs.join(', ')} from ${rows.from}))`
  // What does not bind is told of the view, before anything is joined.
  await tables.connection.runAndReadAll(`select * from ${from} limit 0`)
  return { ...rows, name, from, columns: [...rows.columns, ...added.map(({ column }) => column)] }
}

/** A feature that code of the project derives. */
export interface CodedFeature {
  readonly name: string
  /** Its place among the features of the view. */
  readonly place: number
  readonly type: ColumnType
  readonly digest: string
  /** Its inputs by name, each with the place of its column. */
  readonly inputs: readonly { readonly name: string; readonly place: number }[]
}

/** The features of a view that code derives. */
export function codedFeatures({ features, aggregations, derived }: AppliedView['definition']): readonly CodedFeature[] {
  const known = [...features, ...aggregations].map(({ name }) => name)
  return derived.flatMap(({ name, type, code, inputs }, index) =>
    code === undefined
      ? []
      : [
          {
            name,
            type,
            digest: code,
            place: known.length + index,
            inputs: inputs.map((input) => ({ name: input, place: known.indexOf(input) })),
          },
        ],
  )
}

/** Throws `feature_as_known_refused` for a view of which nobody can say what was known when. */
export function requireKnown({ name, definition }: AppliedView): void {
  if (definition.created === undefined) {
    throw new FabriqueError('feature_as_known_refused', {
      view: name,
      reason: 'it does not say when its rows became known (created)',
      reason_fr: 'elle ne dit pas quand ses lignes ont été connues (created)',
    })
  }
}
