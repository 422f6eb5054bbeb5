import type { EntityRows, JoinedView } from './model.js'
import { momentSql, unitOf } from './moments.js'
import { columnOf, type ScratchTables } from './relation.js'

/** From when to when, both included. */
export interface TimeRange {
  readonly start: Date
  readonly end: Date
}

/**
 * Entity rows out of a view, where nobody gives any: each moment of each key within the range once, by time and then by key. The columns
 * are the keys under their names in the entity rows, and the time. The table is one of `tables`, whose connection has to be in UTC.
 */
export async function spineOf(tables: ScratchTables, view: JoinedView, range: TimeRange): Promise<EntityRows> {
  const { relation } = view
  const time = columnOf(relation, view.time)
  const unit = await unitOf(tables.connection, [{ relation, column: time }])
  const keys = view.keys.map(({ entity, feature }) => ({ ...columnOf(relation, feature), name: entity }))
  const moment = momentSql(time, unit)
  const bound = (at: Date) => `${BigInt(at.getTime()) * BigInt(unit.perSecond / 1000)}`
  const values = keys.map(({ sql }, index) => `${sql} as c${index}`).join(', ')
  const names = keys.map((_key, index) => `c${index}`)
  const whole = keys.map(({ sql }) => ` and ${sql} is not null`).join('')
  const distinct = await tables.create(
    `select ${values}, ${moment} as moment, any_value(${time.sql}) as seen from ${relation.from}
      where ${moment} between ${bound(range.start)} and ${bound(range.end)}${whole} group by all`,
  )
  const from = await tables.create(
    `select row_number() over (order by moment, ${names.join(', ')}) as r, * exclude (moment) from ${distinct} order by r`,
  )
  await tables.drop(distinct)
  return {
    relation: {
      name: view.name,
      from,
      order: 'r',
      columns: [
        ...keys.map(({ name, type }, index) => ({ name, type, sql: `c${index}` })),
        { name: time.name, type: time.type, sql: 'seen' },
      ],
    },
    time: time.name,
  }
}
