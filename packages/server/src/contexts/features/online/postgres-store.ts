import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { CompiledQuery, sql } from 'kysely'
import { type Db, prepared, toDatabaseError } from '../../../platform/index.js'
import type { OnlineStore } from './model.js'
import { rowLines } from './row-lines.js'

/**
 * All keys of all views of a request in one round trip, and what is found as one text with a line for each key: a row for each would take longer to
 * be sent and read than to be found. Neither keys nor steps have line ends.
 */
const readStatement = prepared(
  `select string_agg(coalesce(v.steps, ''), e'\\n' order by w.place) as lines
    from unnest($1::integer[], string_to_array($2, e'\\n')) with ordinality as w (version_id, key, place)
    left join online_values v on v.version_id = w.version_id and v.key = w.key`,
)

const linesOfKeys = `select split_part(line, e'\\t', 1) as key, split_part(line, e'\\t', 2)::bigint as event_us,
  split_part(line, e'\\t', 3)::bigint as created_us, split_part(line, e'\\t', 4) as steps from unnest(string_to_array($2, e'\\n')) as line`

/** Rows whose keys are not there. The order keeps two writers from waiting for one another. */
const insertStatement = prepared(
  `insert into online_values (version_id, key, event_us, created_us, steps)
    select $1::integer, key, event_us, created_us, steps from (${linesOfKeys}) g order by key on conflict do nothing`,
)

/** What would change nothing is found without a lock on its row, so that a repeat writes nothing. */
const writeStatement = prepared(
  `with given as (
    select g.*, coalesce((v.event_us, v.created_us) > (g.event_us, g.created_us), false) as is_older,
      coalesce((v.event_us, v.created_us, v.steps) = (g.event_us, g.created_us, g.steps), false) as is_same
    from (${linesOfKeys}) g
    left join online_values v on v.version_id = $1 and v.key = g.key
  ), kept as (
    insert into online_values as v (version_id, key, event_us, created_us, steps)
    select $1, key, event_us, created_us, steps from given where not is_older and not is_same order by key
    on conflict (version_id, key) do update
      set event_us = excluded.event_us, created_us = excluded.created_us, steps = excluded.steps
      where (excluded.event_us, excluded.created_us) >= (v.event_us, v.created_us)
  )
  select count(*) as older from given where is_older`,
)

/** Values in the database that has everything else: one row for each key of a version. */
export function postgresStore(db: Db): OnlineStore {
  /** Versions of which keys were there before they were written: their rows have to be compared. */
  const known = new Set<number>()
  return {
    kind: 'postgresql',
    async write(version, rows) {
      if (rows.length === 0) return { written: 0, older: 0 }
      const values = [version, rowLines(rows).text]
      // Most keys of a version are written once, at its first materialisation. That takes half as long where nothing is compared.
      if (!known.has(version)) {
        const { numAffectedRows } = await failing(() => db.executeQuery(CompiledQuery.raw(insertStatement, values)))
        if (Number(numAffectedRows) === rows.length) return { written: rows.length, older: 0 }
        known.add(version)
      }
      const { rows: counted } = await failing(() =>
        db.executeQuery<{ older: number }>(CompiledQuery.raw(writeStatement, values)),
      )
      const older = counted[0]?.older ?? 0
      return { written: rows.length - older, older }
    },
    async read(wanted) {
      const versions: number[] = []
      const keys: string[] = []
      for (const { version, keys: own } of wanted) {
        for (const key of own) {
          versions.push(version)
          keys.push(key)
        }
      }
      if (keys.length === 0) return wanted.map(() => [])
      const values = [`{${versions.join()}}`, keys.join('\n')]
      const { rows } = await failing(() => db.executeQuery<{ lines: string }>(CompiledQuery.raw(readStatement, values)))
      const found = (rows[0]?.lines ?? '').split('\n')
      let start = 0
      return wanted.map(({ keys: own }) => {
        start += own.length
        return found.slice(start - own.length, start).map((steps) => (steps === '' ? undefined : steps))
      })
    },
    async drop(version) {
      known.delete(version)
      // By pieces: one statement over millions of rows would be cut off.
      for (let removed = 1; removed > 0; ) {
        const { numAffectedRows } = await failing(() =>
          sql`delete from online_values where version_id = ${version} and key in (
            select key from online_values where version_id = ${version} limit 50000)`.execute(db),
        )
        removed = Number(numAffectedRows ?? 0)
      }
    },
    async count(version) {
      const { rows } = await failing(() =>
        sql<{ count: number }>`select count(*) as count from online_values where version_id = ${version}`.execute(db),
      )
      return rows[0]?.count ?? 0
    },
    close: () => Promise.resolve(),
  }
}

async function failing<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action()
  } catch (error) {
    const known = toDatabaseError(error)
    if (!isFabriqueError(known) || known.code !== 'database_unavailable') throw known
    throw new FabriqueError(
      'online_store_unavailable',
      { store: 'PostgreSQL', reason: String(known.params.reason) },
      { cause: error },
    )
  }
}
