import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnProfile, ColumnType, Json, Profile } from '@fabrique/contract'
import { limit, present } from '../../../kernel/index.js'
import { readChunks, rowsOf, sqlName } from '../../../platform/duckdb/index.js'
import { type HeldNumbers, holdNumbers } from './hold-numbers.js'
import { describeNumbers, type NumbersFound, readNumbers, shownValue } from './profile-values.js'

/** Raised when the same snapshot would get other figures, so that kept ones are computed again. */
export const profileVersion = 2

export interface ProfiledColumn {
  readonly name: string
  readonly type: ColumnType
}

/** What one look at all columns tells of each. */
interface Basics {
  readonly count: number
  /** NaN and infinities. */
  readonly notFinite: number
  /** How many of NaN, infinity and minus infinity are there. */
  readonly notFiniteKinds: number
  /** Extremes of the finite values as they are sorted; absent for texts and truths. */
  readonly low: number | null
  readonly high: number | null
}

const batchColumns = 50

/** True where values are computed with as numbers: moments as microseconds since 1970. */
function isMeasured(type: ColumnType): boolean {
  return type === 'number' || type === 'integer' || type === 'timestamp' || type === 'date'
}

function isMoment(type: ColumnType): boolean {
  return type === 'timestamp' || type === 'date'
}

/** The value that the figures are of: DOUBLE for what is measured, else text. */
function measureOf({ name, type }: ProfiledColumn): string {
  if (isMoment(type)) return `(case when isfinite(${sqlName(name)}) then epoch_us(${sqlName(name)})::double end)`
  return isMeasured(type) ? `${sqlName(name)}::double` : `${sqlName(name)}::varchar`
}

/**
 * Figures of each column of a table. Numbers are computed exactly, from the values in their order: mean, standard deviation (ddof 1),
 * quantiles (interpolated linearly), histogram, distinct and top values. Values that are not finite count as values and are left out of
 * the other figures. Texts with more than `profile.distinct_max` distinct values have an approximate count of them and no top.
 * `table` is what stands after `from`.
 */
export async function computeProfile(
  connection: DuckDBConnection,
  table: string,
  columns: readonly ProfiledColumn[],
): Promise<Profile> {
  const counted = await connection.runAndReadAll(`select count(*)::double from ${table}`)
  const rows = Number(counted.value(0, 0))
  if (columns.length === 0 || rows * columns.length > limit('profile.copied_cells_max')) {
    return profileTable(connection, table, columns, rows)
  }
  // Many statements follow; each would open the files again, which costs more than a small table.
  await connection.run(`create or replace temp table profiled as from ${table}`)
  try {
    return await profileTable(connection, 'profiled', columns, rows)
  } finally {
    await connection.run('drop table if exists profiled')
  }
}

async function profileTable(
  connection: DuckDBConnection,
  table: string,
  columns: readonly ProfiledColumn[],
  rows: number,
): Promise<Profile> {
  const profiles: ColumnProfile[] = []
  for (let first = 0; first < columns.length; first += batchColumns) {
    const batch = columns.slice(first, first + batchColumns)
    const isHeld = rows <= limit('profile.held_values_max')
    const basics = await readBasics(connection, table, { columns: batch, isHeld })
    const workOf = (index: number): ColumnWork => {
      const column = present(batch[index], 'column')
      return { connection, table, rows, column, basics: present(basics[index], 'figures'), found: undefined }
    }
    const texts = new Map<number, ColumnProfile>()
    const readTexts = async () => {
      for (const [index, { type }] of batch.entries()) {
        if (!isMeasured(type)) texts.set(index, await profileColumn(workOf(index)))
      }
    }
    const held = isHeld ? await readHeld({ connection, table, rows, columns: batch, basics }, readTexts) : []
    for (const index of batch.keys()) {
      profiles.push(texts.get(index) ?? (await profileColumn({ ...workOf(index), ...held[index] })))
    }
  }
  const isUnique = profiles.some((column) => column.distinct_is_exact && column.distinct === rows)
  const duplicates = isUnique ? 0 : await countDuplicates(connection, table, columns, rows)
  return {
    row_count: rows,
    ...(duplicates === undefined ? {} : { duplicate_rows: duplicates }),
    columns: profiles,
  }
}

/** One pass over some columns; what is told of values that are held and of the groups of texts is left open. */
async function readBasics(
  connection: DuckDBConnection,
  table: string,
  { columns, isHeld }: { readonly columns: readonly ProfiledColumn[]; readonly isHeld: boolean },
): Promise<readonly Basics[]> {
  const inner = columns.map(
    (column, index) => `${sqlName(column.name)} as r${index}, ${measureOf(column)} as v${index}`,
  )
  const outer = columns.flatMap(({ type }, index) => {
    const value = `v${index}`
    const finite = type === 'number' ? `filter (isfinite(${value}))` : ''
    const kinds = ['nan', 'inf', '-inf'].map((kind) => `coalesce(bool_or(${value} = '${kind}'::double), false)::int`)
    return [
      `count(r${index})::double as count${index}`,
      ...(isMeasured(type) && !isHeld
        ? [
            `count(${value}) ${finite} as finite${index}`,
            `${type === 'number' ? kinds.join(' + ') : '0'} as kinds${index}`,
            `min(${value}) ${finite} as low${index}`,
            `max(${value}) ${finite} as high${index}`,
          ]
        : []),
    ]
  })
  // A file tells the numbers of most columns without being read, if it is asked for one column at a time.
  const counts = columns.map(
    ({ name }, index) => `(select count(${sqlName(name)})::double from ${table}) as count${index}`,
  )
  const result = await connection.runAndReadAll(
    isHeld
      ? `select ${counts.join(', ')}`
      : `select ${outer.join(', ')} from (select ${inner.join(', ')} from ${table})`,
  )
  const row = present(rowsOf<Record<string, string | number | null>>(result)[0], 'row of figures')
  return columns.map(({ type }, index): Basics => {
    const number = (name: string) => Number(row[`${name}${index}`] ?? 0)
    const optional = (name: string) => (row[`${name}${index}`] == null ? null : number(name))
    const count = number('count')
    return {
      count,
      notFinite: isMeasured(type) && !isHeld ? count - number('finite') : 0,
      notFiniteKinds: number('kinds'),
      low: optional('low'),
      high: optional('high'),
    }
  })
}

/** One column on its way into the profile. */
interface ColumnWork {
  readonly connection: DuckDBConnection
  readonly table: string
  readonly rows: number
  readonly column: ProfiledColumn
  readonly basics: Basics
  /** Its figures where they are known already. */
  readonly found: NumbersFound | undefined
}

function readerOf({ type }: ProfiledColumn, { count, notFinite, low, high }: Basics) {
  return readNumbers({ type, count: count - notFinite, min: low ?? 0, max: high ?? 0 })
}

/** Columns of which all is read at once. */
interface HeldWork {
  readonly connection: DuckDBConnection
  readonly table: string
  readonly rows: number
  readonly columns: readonly ProfiledColumn[]
  readonly basics: readonly Basics[]
}

type HeldFigures = Pick<ColumnWork, 'basics' | 'found'>

/**
 * The figures of the measured columns, by their place: their values are brought here, as many columns at once as may be held. `meanwhile`
 * uses the engine while the last of them are computed here.
 */
async function readHeld(work: HeldWork, meanwhile: () => Promise<void>): Promise<readonly (HeldFigures | undefined)[]> {
  const { rows, columns, basics } = work
  const places = columns.flatMap(({ type }, index) => (isMeasured(type) && basics[index]?.count !== 0 ? [index] : []))
  const atOnce = Math.max(1, Math.floor(limit('profile.held_values_max') / Math.max(1, rows)))
  const found: (HeldFigures | undefined)[] = []
  for (let first = 0; first < places.length; first += atOnce) {
    const some = places.slice(first, first + atOnce)
    const held = await holdColumns(work, some)
    const compute = async () => {
      for (const [index, place] of some.entries()) {
        found[place] = figuresOf(work, place, present(held[index], 'values'))
        await nextTurn()
      }
    }
    await Promise.all([first + atOnce < places.length ? undefined : meanwhile(), compute()])
  }
  return found
}

/** Brings the values of some columns here. */
async function holdColumns(
  { connection, table, rows, columns }: HeldWork,
  places: readonly number[],
): Promise<readonly HeldNumbers[]> {
  const held = places.map(() => holdNumbers(rows))
  const values = places.map((index) => `coalesce(${measureOf(present(columns[index], 'column'))}, 'nan'::double)`)
  for await (const chunk of readChunks(connection, `select ${values.join(', ')} from ${table}`))
    for (const [index, column] of held.entries()) column.take(doublesOf(chunk.getColumnVector(index)), chunk.rowCount)
  return held
}

function figuresOf({ rows, columns, basics }: HeldWork, place: number, held: HeldNumbers): HeldFigures {
  const { type } = present(columns[place], 'column')
  const known = present(basics[place], 'figures')
  const { count, min, max, infinities, hasNaN, readInto } = held.end(rows - known.count)
  const finite = { low: count === 0 ? null : min, high: count === 0 ? null : max }
  const notFiniteKinds = type === 'number' ? infinities + (hasNaN ? 1 : 0) : 0
  const reader = readNumbers({ type, count, min, max })
  if (count > 0) readInto(reader)
  return {
    basics: { ...known, ...finite, notFinite: known.count - count, notFiniteKinds },
    found: count > 0 ? reader.end() : undefined,
  }
}

async function profileColumn(work: ColumnWork): Promise<ColumnProfile> {
  const { column, basics, rows } = work
  const { name, type } = column
  const base = { name, type, count: basics.count, missing: rows - basics.count }
  if (basics.count === 0) return { ...base, distinct: 0, distinct_is_exact: true }
  return isMeasured(type) ? profileMeasures(work, base) : profileTexts(work, base)
}

type Base = Pick<ColumnProfile, 'name' | 'type' | 'count' | 'missing'>

async function profileMeasures(work: ColumnWork, base: Base): Promise<ColumnProfile> {
  const { connection, table, column, basics } = work
  const { type } = column
  const notFinite = basics.notFinite === 0 ? {} : { not_finite: basics.notFinite }
  // Infinite moments are all that is not measured of a column of moments.
  const otherDistinct =
    isMoment(type) && basics.notFinite > 0 ? await countInfinite(connection, table, column) : basics.notFiniteKinds
  if (basics.low === null || basics.high === null) {
    return { ...base, distinct: otherDistinct, distinct_is_exact: true, ...notFinite }
  }
  const found = work.found ?? (await readOrdered(work))
  const isLarge = type === 'integer' && Math.max(Math.abs(basics.low), Math.abs(basics.high)) > Number.MAX_SAFE_INTEGER
  const exact = isLarge ? await readLargeIntegers(connection, table, column) : undefined
  return {
    ...base,
    distinct: (exact?.distinct ?? found.distinct) + otherDistinct,
    distinct_is_exact: true,
    min: exact === undefined ? shownValue(type, basics.low) : exact.min,
    max: exact === undefined ? shownValue(type, basics.high) : exact.max,
    ...describeNumbers(type, found),
    top: exact?.top ?? found.top.map(({ value, count }) => ({ value: shownValue(type, value), count })),
    ...notFinite,
  }
}

/** A whole number as JSON: text where a double would lose digits. */
function wholeNumber(text: string | number | null): Json {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : String(text)
}

async function countInfinite(connection: DuckDBConnection, table: string, { name }: ProfiledColumn): Promise<number> {
  const result = await connection.runAndReadAll(
    `select count(distinct ${sqlName(name)})::double from ${table} where not isfinite(${sqlName(name)})`,
  )
  return Number(result.value(0, 0))
}

/** The values of more rows than may be held, in their order, once; grouped where a look at the first rows finds few different ones, which is quicker. */
async function readOrdered({ connection, table, column, basics }: ColumnWork): Promise<NumbersFound> {
  const value = measureOf(column)
  const reader = readerOf(column, basics)
  const probe = await connection.runAndReadAll(
    `select approx_count_distinct(v)::double from (select ${value} as v from ${table} limit ${limit('profile.probe_rows')})`,
  )
  const isGrouped = Number(probe.value(0, 0)) < limit('profile.probe_rows') / 20
  const values = `select ${value} as v from ${table} where isfinite(${value})`
  const ordered = isGrouped
    ? `select v, count(*)::double as n from (${values}) group by v order by v`
    : `select v from (${values}) order by v`
  for await (const chunk of readChunks(connection, ordered)) {
    const weights = isGrouped ? doublesOf(chunk.getColumnVector(1)) : undefined
    reader.take(doublesOf(chunk.getColumnVector(0)), chunk.rowCount, weights)
  }
  return reader.end()
}

/** The values of a column of doubles without missing ones, as the engine holds them. */
function doublesOf(vector: object): Float64Array {
  const { items } = vector as { readonly items?: unknown }
  return items instanceof Float64Array ? items : new Float64Array()
}

/** Distinct and top values of whole numbers that a double cannot tell apart. */
async function readLargeIntegers(connection: DuckDBConnection, table: string, { name }: ProfiledColumn) {
  const result = await connection.runAndReadAll(
    `select v::varchar as value, n::double as count, (count(*) over ())::double as found,
       (min(v) over ())::varchar as min, (max(v) over ())::varchar as max
     from (select ${sqlName(name)} as v, count(*) as n from ${table} where ${sqlName(name)} is not null group by 1)
     order by n desc, v limit ${limit('profile.top_max')}`,
  )
  const groups = rowsOf<{ value: string; count: number; found: number; min: string; max: string }>(result)
  return {
    distinct: groups[0]?.found ?? 0,
    min: wholeNumber(groups[0]?.min ?? null),
    max: wholeNumber(groups[0]?.max ?? null),
    top: groups.map(({ value, count }) => ({ value: wholeNumber(value), count })),
  }
}

/** So many times as many rows as different texts may be counted are grouped without looking how different they are. */
const groupedRows = 4

async function profileTexts(work: ColumnWork, base: Base): Promise<ColumnProfile> {
  const { connection, table, column, rows } = work
  const value = measureOf(column)
  const isTruth = column.type === 'boolean'
  const cut = limit('profile.value_chars_max')
  const isMuch = rows > groupedRows * limit('profile.distinct_max')
  if (!isTruth && isMuch && (await isDiverse(connection, table, value))) {
    const counted = await connection.runAndReadAll(
      `select approx_count_distinct(v)::double from (select ${value} as v from ${table})`,
    )
    const rough = Number(counted.value(0, 0))
    if (rough > limit('profile.distinct_max')) {
      const result = await connection.runAndReadAll(
        `select left(min(v), ${cut}) as min, left(max(v), ${cut}) as max, min(length(v))::double as shortest,
           max(length(v))::double as longest, avg(length(v))::double as mean_length
         from (select ${value} as v from ${table})`,
      )
      const { min, max, ...found } = present(rowsOf<TextFigures>(result)[0], 'figures of texts')
      const distinct = Math.min(rough, base.count)
      return { ...base, distinct, distinct_is_exact: false, min, max, length: lengthOf(found) }
    }
  }
  const result = await connection.runAndReadAll(
    `with g as materialized (select ${value} as v, count(*) as n from ${table} where ${sqlName(column.name)} is not null group by 1)
     select g.found, left(t.v, ${cut}) as value, t.n::double as count, g.* from (
       select count(*)::double as found, left(min(v), ${cut}) as min, left(max(v), ${cut}) as max,
         min(length(v))::double as shortest, max(length(v))::double as longest,
         (sum(length(v) * n) / sum(n))::double as mean_length from g) g,
       (select v, n from g order by n desc, v limit ${limit('profile.top_max')}) t
     order by t.n desc, t.v`,
  )
  const groups = rowsOf<TextFigures & { value: string; count: number; found: number }>(result)
  const figures = present(groups[0], 'groups of texts')
  const top = groups.map(({ value: text, count }) => ({ value: isTruth ? text === 'true' : text, count }))
  const whole = { ...base, distinct: figures.found, distinct_is_exact: true }
  if (isTruth) return { ...whole, top }
  return { ...whole, min: figures.min, max: figures.max, top, length: lengthOf(figures) }
}

interface TextFigures {
  readonly min: string
  readonly max: string
  readonly shortest: number
  readonly longest: number
  readonly mean_length: number
}

const lengthOf = ({ shortest: min, longest: max, mean_length: mean }: Omit<TextFigures, 'min' | 'max'>) => ({
  min,
  max,
  mean,
})

/** True where the texts of the first rows are so different that the whole may have too many to count. */
async function isDiverse(connection: DuckDBConnection, table: string, value: string): Promise<boolean> {
  const rows = limit('profile.probe_rows')
  const probe = await connection.runAndReadAll(
    `select approx_count_distinct(v)::double from (select ${value} as v from ${table} limit ${rows})`,
  )
  return Number(probe.value(0, 0)) > rows / 20
}

/** Rows that are equal to an earlier one in every column. Hashes find candidates; those alone are compared. */
async function countDuplicates(
  connection: DuckDBConnection,
  table: string,
  columns: readonly ProfiledColumn[],
  rows: number,
): Promise<number | undefined> {
  if (rows > limit('profile.duplicate_rows_max') || columns.length === 0) return undefined
  const names = columns.map(({ name }) => sqlName(name)).join(', ')
  const hashed = await connection.runAndReadAll(
    `select count(distinct fabrique_hash)::double from (select hash(${names}) as fabrique_hash from ${table})`,
  )
  if (Number(hashed.value(0, 0)) === rows) return 0
  const result = await connection.runAndReadAll(
    `with hashed as (select hash(${names}) as fabrique_hash, ${names} from ${table}),
       repeated as (select fabrique_hash from hashed group by fabrique_hash having count(*) > 1)
     select (sum(n) - count(*))::double from (
       select count(*) as n from hashed where fabrique_hash in (select fabrique_hash from repeated) group by fabrique_hash, ${names})`,
  )
  return Number(result.value(0, 0) ?? 0)
}
