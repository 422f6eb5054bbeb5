import { limit } from '../../../kernel/index.js'
import type { UnmatchedRows, ViewReport } from './model.js'
import { readRow, type ScratchTables } from './relation.js'

/** Entity rows and rows of a view in the form in which they are compared. */
export interface ComparedView {
  readonly name: string
  /** A select of `r` (number of the row), `k0`… (keys) and `t` (time) of the entity rows. */
  readonly entities: string
  /** A select of `r`, `k0`…, `event`, `created` where there is one, and `t0`… (ties) of the view. */
  readonly rows: string
  readonly keyCount: number
  readonly tieCount: number
  readonly hasCreated: boolean
  readonly asKnown: boolean
  /** Units of time; undefined for values that never grow too old. */
  readonly ttl: number | undefined
  /** Units of time in a second. */
  readonly perSecond: number
}

export interface FoundRows {
  /** Table expression of `r` (entity row), `source` (row of the view) and `age` (seconds): one row for each entity row that has one. */
  readonly table: string
  readonly report: ViewReport
}

/**
 * Finds the row of a view that each entity row sees: of those with its keys and no later than it, the newest. One of the newest is found
 * first, and compared with those that have the same times afterwards. Of the view only what is compared is held, and only of the keys that
 * are asked for.
 */
export async function findRows(tables: ScratchTables, view: ComparedView): Promise<FoundRows> {
  const keys = Array.from({ length: view.keyCount }, (_, index) => `k${index}`)
  const isWhole = `${keys.map((key) => `${key} is not null`).join(' and ')} and t is not null`
  // Keys become numbers: what follows compares those, and rows of keys that nobody asks for are gone at once.
  const known = await tables.create(
    `select (row_number() over ())::uinteger as code, * from (select distinct ${keys.join(', ')} from (${view.entities}) where ${isWhole})`,
  )
  const onKeys = (side: string) => keys.map((key) => `${side}.${key} = k.${key}`).join(' and ')
  const askedRows = `select e.r, k.code, e.t from (${view.entities}) e join ${known} k on ${onKeys('e')} where e.t is not null`
  // As known then they are read several times.
  const asked = view.asKnown ? await tables.create(askedRows) : `(${askedRows})`
  // What is compared of the rows of these keys: the view itself is read once here, and once for its features.
  const candidates = await tables.create(
    `select k.code, v.r, v.event${view.asKnown ? ', v.created' : ''} from (${view.rows}) v join ${known} k on ${onKeys('v')} where v.event is not null`,
  )
  const compared = { ...view, asked, candidates }
  const found = view.asKnown ? await newestKnown(tables, compared) : await newest(tables, compared)
  const { ttl } = view
  const isFresh = ttl === undefined ? 'event is not null' : `t::hugeint - event <= ${ttl}::hugeint`
  const [all = 0, matched = 0, none = 0] = await readRow(
    tables.connection,
    `select count(event), count(*) filter (${isFresh}), count(*) filter (event is null) from ${found}`,
  )
  const winners = `(select * from ${found} where ${isFresh})`
  const best = await bestOfEqual(tables, compared, winners)
  const unmatched = none === 0 ? { noRow: 0, future: 0, notKnown: 0 } : await countUnmatched(tables, compared, found)
  const counts = await countRows(tables, compared, found)
  await tables.drop(known, candidates, ...(view.asKnown ? [asked] : []))
  const report: ViewReport = {
    view: view.name,
    rows: counts.rows,
    matched,
    unmatched: { ...counts.unmatched, ...unmatched, expired: all - matched },
    leftOut: counts.leftOut,
  }
  return { table: `(select r, source, (t::hugeint - event)::double / ${view.perSecond} as age from ${best})`, report }
}

type Compared = ComparedView & { readonly asked: string; readonly candidates: string }

/** For each entity row the newest row, or one of them: `r`, `code`, `t`, `event`, `source`; nulls where there is none. */
function newest(tables: ScratchTables, { asked, candidates }: Compared): Promise<string> {
  return tables.create(
    `select q.*, c.event, c.r as source from ${asked} q asof left join ${candidates} c on q.code = c.code and q.t >= c.event`,
  )
}

/**
 * The same among the rows that were known, and when the newest of them became known. A row counts from the later of its two moments on, for
 * the first entity time from there and all after it: the newest of all that came before is a running maximum over the entity times.
 */
async function newestKnown(tables: ScratchTables, { asked, candidates }: Compared): Promise<string> {
  const times = await tables.create(
    `select row_number() over () as b, code, t from (select distinct code, t from ${asked})`,
  )
  const firsts = await tables.create(
    `select s.b, max(c.event) as event from (select code, event, greatest(event, created) as since from ${candidates} where created is not null) c
      asof join ${times} s on c.code = s.code and c.since <= s.t group by s.b`,
  )
  const events = await tables.create(
    `select code, t, event from (
      select s.code, s.t, max(f.event) over (partition by s.code order by s.t) as event from ${times} s left join ${firsts} f on f.b = s.b
    ) where event is not null`,
  )
  const equal = `(select c.code, c.event, c.created, c.r from ${candidates} c
    join (select distinct code, event from ${events}) w on w.code = c.code and w.event = c.event)`
  const newest = await tables.create(
    `select e.code, e.t, e.event, c.created, c.r as source from ${events} e
      asof join ${equal} c on e.code = c.code and e.event = c.event and e.t >= c.created`,
  )
  const found = await tables.create(
    `select q.*, n.event, n.created, n.source from ${asked} q left join ${newest} n on q.code = n.code and q.t = n.t`,
  )
  await tables.drop(times, firsts, events, newest)
  return found
}

/** The winners where of the rows of their times the one that counts is the source. */
async function bestOfEqual(
  tables: ScratchTables,
  { rows, candidates, asKnown, hasCreated, tieCount }: Compared,
  winners: string,
): Promise<string> {
  const names = asKnown ? ['code', 'event', 'created'] : ['code', 'event']
  const same = (side: string) => names.map((name) => `w.${name} = ${side}.${name}`).join(' and ')
  // Most have no equal, and to compare many values takes its time.
  const equals = await tables.create(
    `select distinct ${names.map((name) => `c.${name}`).join(', ')} from ${candidates} c semi join ${winners} w on ${same('c')} and w.source <> c.r`,
  )
  const [count = 0] = await readRow(tables.connection, `select count(*) from ${equals}`)
  if (count === 0) return winners
  // The view is read once more for what these are compared by.
  const greatest = [
    ...(hasCreated && !asKnown ? ['created'] : []),
    ...Array.from({ length: tieCount }, (_, index) => `t${index}`),
  ].flatMap((name) => [`v.${name} is not null`, `v.${name}`])
  const others = greatest.length === 0 ? '' : `join (${rows}) v on v.r = c.r`
  const last = greatest.length === 0 ? 'max(c.r)' : `arg_max(c.r, row(${[...greatest, 'c.r'].join(', ')}))`
  const best = await tables.create(
    `select ${names.map((name) => `c.${name}`).join(', ')}, ${last} as source from ${candidates} c join ${equals} w on ${same('c')} ${others} group by all`,
  )
  return `(select w.r, w.t, w.event, coalesce(b.source, w.source) as source from ${winners} w left join ${best} b on ${same('b')})`
}

type EntityCounts = Pick<UnmatchedRows, 'nullKey' | 'nullTime'>

async function countRows(
  { connection }: ScratchTables,
  { entities, rows, candidates, keyCount, asKnown }: Compared,
  found: string,
): Promise<{ readonly rows: number; readonly unmatched: EntityCounts; readonly leftOut: ViewReport['leftOut'] }> {
  const hasNull = Array.from({ length: keyCount }, (_, index) => `k${index} is null`).join(' or ')
  const filtered = (condition: string) => `count(*) filter (${condition})`
  const countOf = (table: string) => `(select count(*) from ${table})`
  const [entityCount = 0, askedCount = 0, count = 0, compared = 0, leftCreated = 0] = await readRow(
    connection,
    `select ${countOf(`(${entities})`)}, ${countOf(found)}, ${countOf(`(${rows})`)}, ${countOf(candidates)}, ${asKnown ? countOf(`${candidates} where created is null`) : '0'}`,
  )
  // Where every row is compared none was left out, and nothing need be read for that.
  const [nullKey = 0, nullTime = 0] =
    askedCount === entityCount
      ? []
      : await readRow(
          connection,
          `select ${filtered(hasNull)}, ${filtered(`not (${hasNull}) and t is null`)} from (${entities})`,
        )
  const isAll = compared === count
  const [leftKey = 0, leftTime = 0, unasked = 0] = isAll
    ? []
    : await readRow(
        connection,
        `select ${filtered(hasNull)}, ${filtered(`not (${hasNull}) and event is null`)}, ${asKnown ? filtered(`not (${hasNull}) and event is not null and created is null`) : '0'} from (${rows})`,
      )
  return {
    rows: count,
    unmatched: { nullKey, nullTime },
    leftOut: { nullKey: leftKey, nullTime: leftTime, nullCreated: isAll ? leftCreated : unasked },
  }
}

async function countUnmatched(
  { connection }: ScratchTables,
  { candidates }: Compared,
  found: string,
): Promise<Pick<UnmatchedRows, 'noRow' | 'future' | 'notKnown'>> {
  const rest = `(select code, t from ${found} where event is null)`
  const [noRow = 0, future = 0, notKnown = 0] = await readRow(
    connection,
    `with first as (
      select c.code, min(c.event) as event from ${candidates} c semi join ${rest} r on r.code = c.code group by c.code
    )
    select count(*) filter (event is null), count(*) filter (event > t), count(*) filter (event <= t)
    from ${rest} left join first using (code)`,
  )
  return { noRow, future, notKnown }
}

/** Units of a time-to-live in seconds; 0 is none. */
export function ttlUnits(seconds: number | undefined, perSecond: number): number | undefined {
  if (seconds === undefined || seconds === 0) return undefined
  return Math.round(Math.min(seconds, limit('features.ttl_seconds_max')) * perSecond)
}
