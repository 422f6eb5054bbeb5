import { sql } from 'kysely'
import pg from 'pg'
import { limit, present } from '../../kernel/index.js'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import type { Level, Sample } from './model.js'
import type { Frame } from './roll-up.js'

type Db = VerbContext['db']
type Values = readonly (number | null)[]

/** A series that has a place in the frames of its process. */
export interface StoredSeries extends Omit<Sample, 'value'> {
  readonly writerId: number
  readonly place: number
}

/** The number of a process, under the name that it keeps when it starts again. Whoever had the name before is no writer any more. */
export async function claimWriter(
  db: Db,
  { name, process, now }: { readonly name: string; readonly process: string; readonly now: Date },
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into metric_history_writers (name, claimed_by, seen_at) values (${name}, ${process}, ${now})
    on conflict (name) do update set seen_at = excluded.seen_at, claimed_by = excluded.claimed_by returning id`.execute(
    db,
  )
  return present(rows[0], 'writer').id
}

export async function selectOwnSeries(db: Db, writer: number): Promise<readonly StoredSeries[]> {
  const { rows } = await sql<{ place: number; name: string; labels: unknown; kind: Sample['kind'] }>`
    select place, name, labels, kind from metric_history_series where writer_id = ${writer} order by place`.execute(db)
  return rows.map(({ labels, ...row }) => ({ ...row, labels: fromJsonb<Sample['labels']>(labels), writerId: writer }))
}

export interface Written {
  readonly writer: number
  readonly process: string
  readonly frames: readonly Frame[]
  /** With a place for the first time, or told of again so that they are not taken for gone. */
  readonly series: readonly Omit<StoredSeries, 'writerId'>[]
  readonly leftOut: number
  readonly now: Date
}

const arrayText = (values: Values | undefined) =>
  values === undefined ? null : `{${values.map((value) => (value === null ? 'NULL' : String(value))).join(',')}}`

/** One statement: the frames of a moment, and what they name. Twice changes nothing. False where another process has the name. */
export async function writeFrames(db: Db, written: Written): Promise<boolean> {
  const { writer, process, frames, series, leftOut, now } = written
  const column = <Item, Value>(items: readonly Item[], read: (item: Item) => Value) => sql.val(items.map(read))
  const { rows } = await sql<{ is_mine: boolean }>`
    with mine as (
      select id from metric_history_writers where id = ${writer} and claimed_by = ${process}
    ), told as (
      insert into metric_history_series (writer_id, place, name, labels, kind, seen_at)
      select mine.id, place, name, labels::jsonb, kind, ${now}
      from mine, unnest(
        ${column(series, ({ place }) => place)}::int[], ${column(series, ({ name }) => name)}::text[],
        ${column(series, ({ labels }) => JSON.stringify(labels))}::text[], ${column(series, ({ kind }) => kind)}::text[]
      ) as rows (place, name, labels, kind)
      on conflict (writer_id, place) do update set seen_at = excluded.seen_at
    ), seen as (
      update metric_history_writers w set seen_at = ${now}, left_out = ${leftOut} from mine
      where w.id = mine.id and ${series.length > 0}
    ), written as (
      insert into metric_history_frames (writer_id, step_s, at, seen_s, value, low, high)
      select mine.id, step_s, at, seen_s, value::float8[], low::float8[], high::float8[]
      from mine, unnest(
        ${column(frames, ({ step_s }) => step_s)}::int[], ${column(frames, ({ at }) => at)}::timestamptz[],
        ${column(frames, ({ seen_s }) => seen_s)}::real[], ${column(frames, ({ value }) => arrayText(value))}::text[],
        ${column(frames, ({ low }) => arrayText(low))}::text[], ${column(frames, ({ high }) => arrayText(high))}::text[]
      ) as rows (step_s, at, seen_s, value, low, high)
      on conflict do nothing
    ) select exists (select from mine) as is_mine`.execute(db)
  return rows[0]?.is_mine === true
}

/** When the last frame of a level begins. */
export async function selectLastAt(db: Db, writer: number, level: Level): Promise<Date | undefined> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(at) as at from metric_history_frames where writer_id = ${writer} and step_s = ${level}`.execute(db)
  return rows[0]?.at ?? undefined
}

/** Whether the database cannot hold what it was given, and never will. */
export function isRefused(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith('22') === true
}

export interface FrameRange {
  readonly writer: number
  readonly level: Level
  readonly from: Date
  readonly to: Date
}

interface FrameRow {
  readonly at: Date
  readonly seen_s: number
  readonly value: Values | null
  readonly low: Values | null
  readonly high: Values | null
}

/** Whole frames, in order. */
export async function selectFrames(db: Db, { writer, level, from, to }: FrameRange): Promise<readonly Frame[]> {
  const { rows } = await sql<FrameRow>`
    select at, seen_s, value, low, high from metric_history_frames
    where writer_id = ${writer} and step_s = ${level} and at >= ${from} and at < ${to} order by at`.execute(db)
  return rows.map((row) => toFrame(row, level))
}

/** The same with the values at some places only, in their order. */
export async function selectPlaces(
  db: Db,
  { writer, level, from, to }: FrameRange,
  places: readonly number[],
): Promise<readonly Frame[]> {
  // The empty array has each row read once, not once for each place: arrays of this size are compressed.
  const picked = (array: 'value' | 'low' | 'high') => sql`(
    select array_agg(whole.${sql.raw(array)}[p.place] order by p.position)
    from unnest(${places}::int[]) with ordinality as p (place, position)) as ${sql.raw(array)}`
  const ofGauges =
    level === 5 ? sql`null::float8[] as low, null::float8[] as high` : sql`${picked('low')}, ${picked('high')}`
  const { rows } = await sql<FrameRow>`
    select f.at, f.seen_s, ${picked('value')}, ${ofGauges} from metric_history_frames f,
      lateral (select f.value || '{}'::float8[] as value, f.low || '{}'::float8[] as low, f.high || '{}'::float8[] as high offset 0) whole
    where f.writer_id = ${writer} and f.step_s = ${level} and f.at >= ${from} and f.at < ${to} order by f.at`.execute(
    db,
  )
  return rows.map((row) => toFrame(row, level))
}

function toFrame({ at, seen_s, value, low, high }: FrameRow, level: Level): Frame {
  return {
    at,
    step_s: level,
    seen_s,
    value: value ?? [],
    ...(low === null ? {} : { low }),
    ...(high === null ? {} : { high }),
  }
}

/** Series by the names of metrics; those of the processes that wrote last. `models` are those that may be looked at. */
export async function selectSeries(
  db: Db,
  { names, models }: { readonly names?: readonly string[]; readonly models?: ReadonlySet<string> | undefined },
): Promise<readonly (StoredSeries & { readonly writer: string })[]> {
  const { rows } = await sql<{
    writer_id: number
    writer: string
    place: number
    name: string
    labels: unknown
    kind: Sample['kind']
  }>`
    with writers as (
      select id, name from metric_history_writers order by seen_at desc limit ${limit('metrics.history_writers_max')}
    )
    select s.writer_id, w.name as writer, s.place, s.name, s.labels, s.kind
    from metric_history_series s join writers w on w.id = s.writer_id
    where ${names === undefined ? sql`true` : sql`s.name = any(${[...names]}::text[])`}
      and ${models === undefined ? sql`true` : sql`(s.labels->>'model' is null or s.labels->>'model' = any(${[...models]}::text[]))`}
    order by s.name, s.writer_id, s.place limit 200000`.execute(db)
  return rows.map(({ writer_id, labels, ...row }) => ({
    ...row,
    writerId: writer_id,
    labels: fromJsonb<Sample['labels']>(labels),
  }))
}

export async function countLeftOut(db: Db): Promise<number> {
  const { rows } = await sql<{ left_out: string }>`
    select coalesce(sum(left_out), 0) as left_out from metric_history_writers`.execute(db)
  return Number(rows[0]?.left_out ?? 0)
}

/** Erases frames by their age, series that no frame has any more, and processes without frames. */
export async function eraseOld(db: Db, now: Date): Promise<void> {
  const before = (ms: number) => new Date(now.getTime() - ms)
  const oldest = before(limit('metrics.history_quarters_ms'))
  await sql`
    delete from metric_history_frames where (step_s = 5 and at < ${before(limit('metrics.history_fine_ms'))})
      or (step_s = 60 and at < ${before(limit('metrics.history_minutes_ms'))}) or (step_s = 900 and at < ${oldest})
  `.execute(db)
  await sql`delete from metric_history_series where seen_at < ${oldest}`.execute(db)
  await sql`
    delete from metric_history_writers w where seen_at < ${before(limit('metrics.history_fine_ms'))}
      and not exists (select from metric_history_frames f where f.writer_id = w.id)`.execute(db)
}
