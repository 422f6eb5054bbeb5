import type { Relation } from '../join/model.js'
import { momentSql } from '../join/moments.js'
import { columnOf } from '../join/relation.js'
import type { AppliedView } from '../registry/model.js'

/** Rows of a source that are no later, and those whose time is none, which are told of elsewhere: what a window holds later is not known then. */
export function beforeUntil(source: Relation, { definition }: AppliedView, untilUs: number): Relation {
  const time = columnOf(source, definition.time)
  if (!/^(DATE$|TIMESTAMP|VARCHAR$)/.test(time.type)) return source
  const moment = momentSql(time, { name: 'microseconds', perSecond: 1e6 })
  return { ...source, from: `(select * from ${source.from} where coalesce(${moment} <= ${untilUs}, true))` }
}
