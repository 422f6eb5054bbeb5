import { matchKeys } from '../join/match-keys.js'
import type { EntityRows, Relation } from '../join/model.js'
import { momentSql } from '../join/moments.js'
import { columnOf, type ScratchTables } from '../join/relation.js'
import type { AppliedView } from '../registry/model.js'
import {
  aggregateSql,
  baseOf,
  createdAt,
  eventOrder,
  eventTime,
  featureColumn,
  inputColumn,
  keyColumn,
  place,
  rowsOfMoments,
  type ViewHistory,
  windowedSql,
  withDerived,
} from './view-history.js'
import { queryFailed } from './view-sources.js'

/** Why nothing is there at a moment: `no_row`, `future` or `not_known`; null where something is. */
export const unknownReason = 'fabrique__unknown'

/** Which rows, and whether only what was known then counts. */
export interface AskedMoments {
  readonly entities: EntityRows
  readonly asKnown: boolean
}

/**
 * The values of a view with aggregations at the moments of entity rows alone, where a staircase would have a row for each event that enters
 * or leaves a window: a row for each key and moment, of moments without events as well. What becomes known late would change a staircase in
 * its past, so as known then each moment is computed for itself, and the work grows with the moments times the events of their key. Errors:
 * as for `viewHistory`, and `feature_key_type`.
 */
export async function momentHistory(
  tables: ScratchTables,
  view: AppliedView,
  source: Relation,
  { entities, asKnown }: AskedMoments,
): Promise<ViewHistory> {
  try {
    const asked = await askedOf(tables, view, { base: await baseOf(tables, view, source), entities })
    const rows = asKnown ? await knownRows(tables, view, asked) : await happenedRows(tables, view, asked)
    return { view, isStaircase: true, relation: await withDerived(tables, view, rows) }
  } catch (error) {
    throw queryFailed([view], error)
  }
}

interface Asked {
  /** The events, with keys of the type in which they are compared. */
  readonly base: Relation
  /** Table of the keys and of `t` (microseconds), each once. */
  readonly asked: string
}

const keyNames = ({ keys }: AppliedView) => keys.map((_key, index) => keyColumn(index))

async function askedOf(
  tables: ScratchTables,
  view: AppliedView,
  { base, entities }: { readonly base: Relation; readonly entities: EntityRows },
): Promise<Asked> {
  const names = keyNames(view)
  const matched = await matchKeys(
    tables.connection,
    [entities.relation, base],
    view.keys.map(({ name }, index) => ({ entity: name, feature: keyColumn(index) })),
  )
  const as = (side: 'entity' | 'feature') =>
    matched.map((key, index) => `${key[side]} as ${keyColumn(index)}`).join(', ')
  const time = momentSql(columnOf(entities.relation, entities.time), { name: 'microseconds', perSecond: 1e6 })
  const asked = await tables.create(
    `select distinct * from (select ${as('entity')}, (${time})::bigint as t from ${entities.relation.from})
     where ${names.map((name) => `${name} is not null`).join(' and ')} and t is not null`,
  )
  return { base: { ...base, from: `(select * replace (${as('feature')}) from ${base.from})` }, asked }
}

/** Events of the keys that are asked for, numbered in the order in which the last of a moment counts. */
function eventsOf(tables: ScratchTables, view: AppliedView, { base, asked }: Asked): Promise<string> {
  const names = keyNames(view)
  return tables.create(
    `select row_number() over (order by ${[...names, ...eventOrder(view)].join(', ')}) as r, epoch_us(${eventTime}) as t, * exclude (${place})
     from (select * from ${base.from} where ${eventTime} is not null) b
     semi join ${asked} a on ${names.map((name) => `a.${name} = b.${name}`).join(' and ')}`,
  )
}

/** The asked moments stand among the events, and windows reach back from them. */
async function happenedRows(tables: ScratchTables, view: AppliedView, given: Asked): Promise<Relation> {
  const { base, asked } = given
  const events = await eventsOf(tables, view, given)
  const { inputs, values, windows } = windowedSql(view)
  const names = keyNames(view)
  const key = names.join(', ')
  const moments = await tables.create(
    `select * exclude (is_asked) from (
       select ${key}, t, is_asked, max(r) over so_far as newest, ${values.join(', ')},
         case when max(r) over so_far is not null then null when count(r) over (partition by ${key}) > 0 then 'future' else 'no_row' end as ${unknownReason}
       from (select ${[...names, 't', 'r', ...inputs].join(', ')} from ${events} union all by name select ${key}, t, true as is_asked from ${asked})
       window ${windows.join(', ')})
     where is_asked`,
  )
  await tables.drop(asked)
  return rowsOfMoments(tables, view, base, { events, moments, more: [unknownReason] })
}

async function knownRows(tables: ScratchTables, view: AppliedView, given: Asked): Promise<Relation> {
  const { base, asked } = given
  const { aggregations, features } = view.definition
  const events = await eventsOf(tables, view, given)
  const known = `epoch_us(e.${createdAt})`
  const seen = `e.t <= m.t and ${known} <= m.t`
  const values = aggregations.map((aggregation, index) => {
    const where = `${seen} and e.t >= m.t - ${aggregation.window_seconds * 1e6}`
    return `${aggregateSql(aggregation, inputColumn(index), { where })} as ${featureColumn(features.length + index)}`
  })
  const names = keyNames(view)
  const key = names.map((name) => `m.${name}`).join(', ')
  const moments = await tables.create(
    `select ${key}, m.t, max(r) filter (where ${seen}) as newest, ${values.join(', ')},
       case when count(*) filter (where ${seen}) > 0 then null when count(*) filter (where e.t <= m.t) > 0 then 'not_known'
         when count(r) > 0 then 'future' else 'no_row' end as ${unknownReason}
     from ${asked} m left join ${events} e on ${names.map((name) => `m.${name} = e.${name}`).join(' and ')}
     group by ${key}, m.t`,
  )
  await tables.drop(asked)
  return rowsOfMoments(tables, view, base, { events, moments, more: [unknownReason] })
}
