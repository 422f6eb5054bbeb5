import type { DuckDBConnection } from '@duckdb/node-api'
import type { MonitorDefinition, MonitorSegment } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { segmentsMax } from '@fabrique/ml/monitoring'
import { rowsOf, sqlName, sqlText } from '../../../platform/duckdb/index.js'
import { type ColumnFamily, familyOf, labelSql, type Side } from '../drift/side.js'
import type { OpenedSides } from './open-sides.js'
import type { ScoredTable } from './opened-side.js'

/** One part of the rows; null holds those without a value. */
export interface Group {
  readonly segment: string | null
  readonly from?: number
  readonly below?: number
}

/** How a column parts the rows of both sides. */
export interface Grouping {
  readonly column: string
  readonly groups: readonly Group[]
  /** SQL of the place of a row's group, -1 where it has none of them; undefined where that side has no such column. */
  readonly reference: string | undefined
  readonly current: string
  /** Values of the current rows that are not told of. */
  readonly others: number
}

/** A column that parts no rows, and why. */
export interface Unparted {
  readonly column: string
  readonly whyNot: Said
}

/** Whole numbers of up to so many values are labels, as in the comparison of columns. */
const labelsOfIntegersMax = 10
const binsUsual = 4

/** What the log knows of a prediction beside its inputs, and that parts rows well. */
const aboutPredictions: ReadonlySet<string> = new Set(['model_version', 'model_alias', 'variant'])

interface Found {
  readonly scored: ScoredTable
  readonly name: string
  readonly family: ColumnFamily
}

/** How each of the columns parts the rows, or why not. */
export async function groupRows(
  { reference, current }: OpenedSides,
  { segments = [], types }: Pick<MonitorDefinition, 'segments' | 'types'>,
  signal: AbortSignal | undefined,
): Promise<readonly (Grouping | Unparted)[]> {
  const { scored } = current
  if (scored === undefined) return []
  const [before, now] = [await familiesOf(reference.scored), await familiesOf(scored)]
  const found: (Grouping | Unparted)[] = []
  for (const segment of segments) {
    signal?.throwIfAborted()
    const asked = toSegment(segment)
    const own = find(scored, now, asked.column)
    const earlier = find(reference.scored, before, asked.column)
    if (own === undefined) found.push({ column: asked.column, whyNot: missing(asked.column) })
    else found.push(await groupBy(asked, { own, earlier, reference: reference.features, asked: types[asked.column] }))
  }
  return found
}

type AskedSegment = Exclude<MonitorSegment, string>

const toSegment = (segment: MonitorSegment): AskedSegment =>
  typeof segment === 'string' ? { column: segment } : segment

async function familiesOf(scored: ScoredTable | undefined): Promise<ReadonlyMap<string, ColumnFamily>> {
  if (scored === undefined) return new Map()
  const described = await scored.connection.runAndReadAll(`describe select * from ${scored.table}`)
  const columns = rowsOf<{ column_name: string; column_type: string }>(described)
  return new Map(columns.map(({ column_name, column_type }) => [column_name, familyOf(column_type)]))
}

/** In a log an input may stand under another name, and what is no input is none of the model's. */
function find(
  scored: ScoredTable | undefined,
  families: ReadonlyMap<string, ColumnFamily>,
  asked: string,
): Found | undefined {
  if (scored === undefined) return undefined
  const { features } = scored
  const name =
    features === undefined || aboutPredictions.has(asked) ? (features?.get(asked) ?? asked) : features.get(asked)
  const family = name === undefined ? undefined : families.get(name)
  return name === undefined || family === undefined ? undefined : { scored, name, family }
}

interface Columns {
  readonly own: Found
  readonly earlier: Found | undefined
  /** All rows of the reference, also where their truth is not known. */
  readonly reference: Side
  readonly asked: MonitorDefinition['types'][string] | undefined
}

async function groupBy(segment: AskedSegment, columns: Columns): Promise<Grouping | Unparted> {
  const { own, asked } = columns
  const { column, edges, bins } = segment
  const wantsBins = edges !== undefined || bins !== undefined || asked === 'num'
  const isNumber = own.family === 'integer' || own.family === 'number'
  if (['time', 'clock', 'nested'].includes(own.family)) return { column, whyNot: notParting }
  if (!isNumber && wantsBins && !(own.family === 'text' && asked === 'num')) return { column, whyNot: noNumbers }
  const isLabels = !wantsBins && (!isNumber || asked === 'cat' || (await isFew(columns)))
  if (isLabels) return byLabels(column, columns)
  const cuts = edges ?? (await cutsOf(bins ?? binsUsual, column, columns))
  return cuts.length === 0 ? { column, whyNot: oneValue } : byBins(column, cuts, columns)
}

async function isFew({ own, earlier }: Columns): Promise<boolean> {
  for (const one of [own, earlier]) {
    if (one === undefined) continue
    if (one.family !== 'integer') return false
    if ((await countLabels(one)) > labelsOfIntegersMax) return false
  }
  return true
}

/** Those of most rows of both sides; the rows without a value are one more. */
async function byLabels(column: string, { own, earlier }: Columns): Promise<Grouping> {
  const counts = new Map<string, number>()
  for (const one of [own, earlier]) {
    if (one === undefined) continue
    for (const [label, rows] of await commonest(one)) counts.set(label, (counts.get(label) ?? 0) + rows)
  }
  const labels = [...counts.keys()]
    .sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1))
    .slice(0, segmentsMax - 1)
  const list = `[${labels.map(sqlText).join(', ')}]::varchar[]`
  const placeOf = (found: Found) =>
    `case when ${sqlName(found.name)} is null then ${labels.length} else coalesce(list_position(${list}, ${labelSql(found)}), 0) - 1 end::integer`
  const known = await countLabels(own, list)
  return {
    column,
    groups: [...labels.map((segment) => ({ segment })), { segment: null }],
    reference: earlier === undefined ? undefined : placeOf(earlier),
    current: placeOf(own),
    others: (await countLabels(own)) - known,
  }
}

async function commonest(found: Found): Promise<readonly (readonly [string, number])[]> {
  const { scored, name } = found
  const read = await scored.connection.runAndReadAll(
    `select ${labelSql(found)} as v, count(*)::double as n from ${scored.table} where ${sqlName(name)} is not null
      group by v order by n desc, v limit ${segmentsMax}`,
  )
  return read.getRows().map(([label, rows]) => [String(label), Number(rows)] as const)
}

/** Different labels, of a list only where one is given. */
async function countLabels(found: Found, list?: string): Promise<number> {
  const label = labelSql(found)
  const only = list === undefined ? '' : ` where list_contains(${list}, ${label})`
  return countOf(found.scored.connection, `select count(distinct ${label})::double from ${found.scored.table}${only}`)
}

async function countOf(connection: DuckDBConnection, text: string): Promise<number> {
  return Number((await connection.runAndReadAll(text)).value(0, 0))
}

function byBins(column: string, cuts: readonly number[], { own, earlier }: Columns): Grouping {
  const placeOf = (found: Found) => {
    const value = numberOf(found)
    const places = cuts.map((cut, place) => `when ${value} < ${cut} then ${place}`)
    return `case when ${value} is null or isnan(${value}) then ${cuts.length + 1} ${places.join(' ')} else ${cuts.length} end::integer`
  }
  const isReadable = earlier !== undefined && ['integer', 'number', 'text'].includes(earlier.family)
  const groups = [...cuts, Number.POSITIVE_INFINITY].map((below, place): Group => {
    const from = cuts[place - 1]
    return {
      segment: nameOf(from, below),
      ...(from === undefined ? {} : { from }),
      ...(below === Number.POSITIVE_INFINITY ? {} : { below }),
    }
  })
  return {
    column,
    groups: [...groups, { segment: null }],
    reference: isReadable ? placeOf(earlier) : undefined,
    current: placeOf(own),
    others: 0,
  }
}

function nameOf(from: number | undefined, below: number): string {
  if (from === undefined) return `< ${below}`
  return below === Number.POSITIVE_INFINITY ? `≥ ${from}` : `${from} – ${below}`
}

const numberOf = ({ name, family }: Found) =>
  family === 'text' ? `try_cast(${sqlName(name)} as double)` : `${sqlName(name)}::double`

/** Where the reference is cut into bins of equally many rows; the current rows where it has no such column. */
async function cutsOf(bins: number, column: string, { own, reference }: Columns): Promise<readonly number[]> {
  const known = reference.columns.get(column)
  const isKnown = known !== undefined && ['integer', 'number', 'text'].includes(known.family)
  const sorted = isKnown ? (await reference.numbers([known]))[0]?.sorted : undefined
  const shares = Array.from({ length: bins - 1 }, (_, place) => (place + 1) / bins)
  if (sorted !== undefined && sorted.length > 0) {
    const values = shares.map((share) => sorted[Math.floor(share * sorted.length)] ?? Number.NaN)
    return shortened(values, sorted[0] ?? 0)
  }
  const value = numberOf(own)
  const read = await own.scored.connection.runAndReadAll(
    `select ${[...shares.map((share) => `quantile_disc(${value}, ${share})`), `min(${value})`].join(', ')} from ${own.scored.table} where isfinite(${value})`,
  )
  const [values = []] = read.getRows()
  const all = values.map((one) => (one === null ? Number.NaN : Number(one)))
  return shortened(all.slice(0, -1), all.at(-1) ?? Number.NaN)
}

/** Cuts that differ and leave rows below the first, with three digits where those tell them apart. */
function shortened(values: readonly number[], least: number): readonly number[] {
  const apart = (cuts: readonly number[]) => [...new Set(cuts)].filter((cut) => cut > least)
  const [exact, short] = [apart(values), apart(values.map((value) => Number(value.toPrecision(3))))]
  return short.length === exact.length ? short : exact
}

const missing = (column: string): Said => ({
  en: `The current predictions have no ${column}`,
  fr: `Les prédictions actuelles n’ont pas de ${column}`,
})
const notParting: Said = {
  en: 'Dates, times, lists and structures part no rows',
  fr: 'Les dates, les heures, les listes et les structures ne partagent pas les lignes',
}
const noNumbers: Said = {
  en: 'It holds no numbers, so that it has no bins',
  fr: 'Elle ne contient pas de nombres\u202f: elle n’a pas d’intervalles',
}
const oneValue: Said = { en: 'It has one value only', fr: 'Elle n’a qu’une seule valeur' }
