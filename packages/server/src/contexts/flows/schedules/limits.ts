import type { Db } from '../../../platform/index.js'
import { notifyWorkers, query } from '../engine/statements.js'
import { wakeRuns } from '../engine/wake-runs.js'

/** Who holds a slot: a run, or one of its steps. */
export interface SlotHolder {
  readonly run: string
  readonly step?: string
}

export interface SlotsToTake extends SlotHolder {
  readonly limits: readonly string[]
  /** False where the work goes on that took its place before: rates do not count it again. */
  readonly countsRate?: boolean
}

export type TakenSlots =
  | { readonly taken: true }
  /** `until`: the moment before which the rate of the limit lets nothing more begin; without it, a slot must be given back first. */
  | { readonly taken: false; readonly limit: string; readonly until?: Date }

// Whoever takes of a limit waits for who takes of it at the moment; not "for update", which what holds a slot would wait for.
const lock = 'select name from flow_limits where name = any($1) order by name for no key update'

const take = `
  with wanted as (
    select l.name, l.rate_takes, s.is_mine,
      not s.is_mine and s.held >= l.slots as is_full,
      case when $4 and not s.is_mine then (
        select t.taken_at + l.rate_per_ms * interval '1 ms' from flow_limit_takes t
        where t.limit_name = l.name and t.taken_at > clock_timestamp() - l.rate_per_ms * interval '1 ms'
        order by t.taken_at desc offset l.rate_takes - 1 limit 1
      ) end as rate_until
    from flow_limits l, lateral (
      select count(*) as held, coalesce(bool_or(run_id = $2 and step = $3), false) as is_mine
      from flow_limit_slots where limit_name = l.name
    ) s
    where l.name = any($1)
  ), refused as (
    select name, is_full, rate_until from wanted where is_full or rate_until is not null
  ), taken as (
    insert into flow_limit_slots (limit_name, run_id, step, taken_at)
    select name, $2, $3, clock_timestamp() from wanted where not is_mine and not exists (select from refused)
  ), counted as (
    insert into flow_limit_takes (limit_name, taken_at)
    select name, clock_timestamp() from wanted
    where $4 and not is_mine and rate_takes is not null and not exists (select from refused)
  ), forgotten as (
    delete from flow_limit_takes t using flow_limits l
    where l.name = any($1) and t.limit_name = l.name and t.taken_at <= clock_timestamp() - coalesce(l.rate_per_ms, 0) * interval '1 ms'
  )
  select name, is_full, rate_until from refused order by is_full desc, rate_until desc nulls last, name limit 1`

/**
 * Takes a slot of each of these limits, or of none. Part of the transaction that begins the work. A name that is no limit bounds nothing;
 * who holds a slot already keeps it.
 */
export async function takeSlots(
  db: Db,
  { run, step = '', limits, countsRate = true }: SlotsToTake,
): Promise<TakenSlots> {
  const bounded = limits.length === 0 ? [] : await query<{ name: string }>(db, lock, [limits])
  if (bounded.length === 0) return { taken: true }
  const names = bounded.map(({ name }) => name)
  const [refused] = await query<{ name: string; is_full: boolean; rate_until: Date | null }>(db, take, [
    names,
    run,
    step,
    countsRate,
  ])
  if (refused === undefined) return { taken: true }
  const { name, is_full, rate_until } = refused
  return { taken: false, limit: name, ...(is_full || rate_until === null ? {} : { until: rate_until }) }
}

const release = `
  delete from flow_limit_slots where run_id = $1 and ($2::text is null or step = $2) returning limit_name`

const releaseUnheld = `
  delete from flow_limit_slots as slot where run_id = $1 and not exists (
    select from flow_steps step where step.key = slot.run_id || ':' || slot.step and step.ended_at is null and step.state_type = 'PAUSED'
  ) returning limit_name`

/** Gives back what a run holds, its steps included, or what one step holds, and wakes the next. */
export async function releaseSlots(db: Db, { run, step }: SlotHolder): Promise<void> {
  await wakeNext(db, await query<{ limit_name: string }>(db, release, [run, step ?? null]))
}

/** Gives back what a run holds that goes on later. A step that waits, such as for its job, keeps its slot: its work goes on. */
export async function releaseUnheldSlots(db: Db, run: string): Promise<void> {
  await wakeNext(db, await query<{ limit_name: string }>(db, releaseUnheld, [run]))
}

const wakeNext = (db: Db, freed: readonly { readonly limit_name: string }[]) =>
  wakeWaiting(db, [...new Set(freed.map(({ limit_name }) => limit_name))])

// Begun within the time of the rate.
const begun = `(
  select count(*) from flow_limit_takes t
  where t.limit_name = l.name and t.taken_at > clock_timestamp() - l.rate_per_ms * interval '1 ms'
)`
const room = `least(
  l.slots - (select count(*) from flow_limit_slots s where s.limit_name = l.name), l.rate_takes - ${begun}
)`

// As many as there is room for; what a limit that is gone held back, all of it. Taking decides: a wake is only a hint.
const choose = `
  with freed as (
    select f.name, ${room} as room from unnest($1::text[]) as f (name) left join flow_limits l using (name)
  )
  update flow_runs set waits_for_limit = null
  where id in (
    select w.id from freed, lateral (
      select id from flow_runs
      where waits_for_limit = freed.name and state_type = 'PAUSED' and worker_id is null and ended_at is null
      order by priority desc, requested_at, id
      limit case when freed.room is not null then greatest(freed.room, 0) end for update skip locked
    ) w
  )
  returning id`

/** Makes ready what waits for slots that are free: by priority, then by age. Runs that have not begun are looked at again by workers. */
export async function wakeWaiting(db: Db, limits: readonly string[]): Promise<void> {
  if (limits.length === 0) return
  const woken = await query<{ id: string }>(db, choose, [limits])
  await wakeRuns(
    db,
    woken.map(({ id }) => id),
  )
  for (const name of limits) await notifyWorkers(db, `limit:${name}`)
}

const forgetEnded = `
  delete from flow_limit_slots s using flow_runs r where r.id = s.run_id and r.ended_at is not null`

const startable = `
  select distinct w.waits_for_limit as name from flow_runs w left join flow_limits l on l.name = w.waits_for_limit
  where w.waits_for_limit is not null and w.state_type = 'PAUSED' and w.worker_id is null and (l.name is null or ${room} > 0)`

/** Repairs what a lost wake-up left: what waits though there is a free slot, and slots of runs that are over. */
export async function sweepLimits(db: Db): Promise<void> {
  await query(db, forgetEnded, [])
  const rows = await query<{ name: string }>(db, startable, [])
  await wakeWaiting(
    db,
    rows.map(({ name }) => name),
  )
}

const nextRoom = `
  select extract(epoch from min(t.taken_at + l.rate_per_ms * interval '1 ms') - clock_timestamp())::float8 * 1000 as left_ms
  from flow_limits l join flow_limit_takes t on t.limit_name = l.name
  where l.rate_takes is not null and t.taken_at > clock_timestamp() - l.rate_per_ms * interval '1 ms'
    and exists (select from flow_runs w where w.waits_for_limit = l.name and w.state_type = 'PAUSED')`

/** How long no rate lets begin more of what waits for it; undefined where nothing does. */
export async function rateLeftMs(db: Db): Promise<number | undefined> {
  const [row] = await query<{ left_ms: number | null }>(db, nextRoom, [])
  return row?.left_ms ?? undefined
}
