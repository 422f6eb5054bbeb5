import type { ExpectationKwargs, Json, KnownExpectation } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { columnOf, isMoment, isNumeric, numericColumn, type TableColumn } from './columns.js'
import { asCount, compareJson, groupedSource, jsonValue, type Outcome } from './evaluate-rows.js'
import type { KnownColumn } from './known-figures.js'
import { cannotEvaluate, type EvaluateOptions } from './model.js'
import { readMoment } from './read-moment.js'
import { inSetSql, rowsOf } from './row-checks.js'
import type { Scan } from './scan.js'
import { dtypeName, isOfType, typeName } from './types.js'

/** Evaluates an expectation about a table or about figures of a column; undefined where it is of another kind. */
export async function evaluateWhole(
  scan: Scan,
  known: KnownExpectation,
  options: EvaluateOptions,
): Promise<Outcome | undefined> {
  const { type, kwargs } = known
  const within = (observed: Json) => between(observed, kwargs as Bounds)
  switch (type) {
    case 'expect_column_values_to_be_of_type': {
      const column = scan.column(kwargs.column)
      return {
        success: kwargs.type_ === undefined || isOfType(column, [kwargs.type_]),
        result: { observed_value: typeName(column) },
      }
    }
    case 'expect_column_values_to_be_in_type_list': {
      const column = scan.column(kwargs.column)
      return {
        success: kwargs.type_list === undefined || isOfType(column, kwargs.type_list),
        result: { observed_value: typeName(column) },
      }
    }
    case 'expect_column_type_to_be': {
      const column = scan.column(kwargs.column)
      return { success: isOfType(column, [kwargs.type_]), result: { observed_value: dtypeName(column) } }
    }
    case 'expect_column_min_to_be_between':
    case 'expect_column_max_to_be_between': {
      const column = scan.column(kwargs.column)
      const name = type === 'expect_column_min_to_be_between' ? 'min' : 'max'
      const looked = lookedAt(scan, type, kwargs, column)
      const cast = isMoment(column) || column.kind === 'integer' ? '::VARCHAR' : ''
      const known = isWhole(column, looked) ? scan.known(column)?.extremes : undefined
      const found =
        known === undefined
          ? await scan.ask(
              scan.base,
              `(${name}(${column.sql})${isWhole(column, looked) ? '' : ` filter (where ${looked})`})${cast}`,
            )
          : await scan.tell(`(${known[name]})${cast}`)
      return withinOfColumn(column, jsonValue(column, found), kwargs)
    }
    case 'expect_column_mean_to_be_between':
      return within(
        toldFigure(scan, type, kwargs, ({ mean }) => mean) ??
          (await figure(scan, type, kwargs, (sql) => `avg(${sql}::DOUBLE)`)),
      )
    case 'expect_column_median_to_be_between':
      return within(
        toldFigure(scan, type, kwargs, medianOf) ??
          (await figure(scan, type, kwargs, (sql) => `median(${sql}::DOUBLE)`)),
      )
    case 'expect_column_stdev_to_be_between':
      return within(
        toldFigure(scan, type, kwargs, ({ std }) => std) ??
          (await figure(scan, type, kwargs, (sql) => `stddev_samp(${sql}::DOUBLE)`)),
      )
    case 'expect_column_sum_to_be_between':
      return within((await figure(scan, type, kwargs, (sql) => `sum(${sql})`)) ?? 0)
    case 'expect_column_unique_value_count_to_be_between':
      return within(await distinctCount(scan, type, kwargs))
    case 'expect_column_proportion_of_unique_values_to_be_between': {
      const distinct = distinctCount(scan, type, kwargs)
      const there = asCount(await figureOf(scan, type, kwargs, '(count(*)', ')::DOUBLE'))
      const count = await distinct
      return within(there === 0 ? 0 : count / there)
    }
    case 'expect_column_proportion_of_non_null_values_to_be_between': {
      const rows = scan.count(rowsOf(type, kwargs, scan.columns))
      const there = asCount(await figureOf(scan, type, kwargs, '(count(*)', ')::DOUBLE'))
      const all = await rows
      return within(all === 0 ? 0 : there / all)
    }
    case 'expect_column_quantile_values_to_be_between':
      return quantiles(scan, type, kwargs)
    case 'expect_column_most_common_value_to_be_in_set':
      return mostCommon(scan, type, kwargs)
    case 'expect_column_distinct_values_to_be_in_set':
    case 'expect_column_distinct_values_to_contain_set':
    case 'expect_column_distinct_values_to_equal_set':
      return distinctValues(scan, known as DistinctExpectation, options)
    case 'expect_column_max_to_be_recent':
      return recent(scan, type, kwargs, options.now)
    default:
      return undefined
  }
}

interface Bounds {
  readonly min_value?: string | number | undefined
  readonly max_value?: string | number | undefined
  readonly strict_min?: boolean | undefined
  readonly strict_max?: boolean | undefined
}

interface ColumnKwargs {
  readonly column: string
  readonly row_condition?: string | Readonly<Record<string, unknown>> | undefined
  readonly condition_parser?: string | undefined
}

/** A number, or text beside text, against bounds; what is missing is within none. */
export function between(observed: Json, bounds: Bounds): Outcome {
  const { min_value: min, max_value: max, strict_min, strict_max } = bounds
  if (observed === null || typeof observed === 'object') return { success: false, result: { observed_value: null } }
  const compare = (bound: string | number) => {
    if (typeof bound !== typeof observed)
      return cannotEvaluate(`${JSON.stringify(observed)} cannot be compared with ${JSON.stringify(bound)}`)
    return observed === bound ? 0 : observed < bound ? -1 : 1
  }
  const isAbove = min === undefined || compare(min) > (strict_min === true ? 0 : -1)
  const isBelow = max === undefined || compare(max) < (strict_max === true ? 0 : 1)
  return { success: isAbove && isBelow, result: { observed_value: observed } }
}

function withinOfColumn(column: TableColumn, observed: Json, bounds: Bounds): Outcome {
  if (!isMoment(column) || typeof observed !== 'string') return between(observed, bounds)
  const moment = (bound: string | number | undefined) => {
    if (bound === undefined) return {}
    return { bound: readMoment(String(bound)) ?? cannotEvaluate(`${bound} is not a moment`) }
  }
  const min = moment(bounds.min_value)
  const max = moment(bounds.max_value)
  const { success } = between(readMoment(observed) ?? null, {
    strict_min: bounds.strict_min,
    strict_max: bounds.strict_max,
    min_value: min.bound,
    max_value: max.bound,
  })
  return { success, result: { observed_value: observed } }
}

/** The condition of the rows that have a value in the column, among those that an expectation is asked about. */
export function lookedAt(scan: Scan, type: string, kwargs: Omit<ColumnKwargs, 'column'>, column: TableColumn): string {
  const rows = rowsOf(type, kwargs, scan.columns)
  return rows === 'true' ? `${column.sql} is not null` : `(${rows}) and (${column.sql} is not null)`
}

/** True where all values of a column are looked at. */
function isWhole({ sql }: TableColumn, looked: string): boolean {
  return looked === `${sql} is not null`
}

/** Two ways to sum the same numbers differ by less than this share. */
const roundingShare = 1e-9

/** A figure of a column that is known; undefined too where a bound is so near that the last digits decide. */
function toldFigure(
  scan: Scan,
  type: string,
  kwargs: ColumnKwargs & Bounds,
  figureIn: (known: KnownColumn) => number | undefined,
): number | undefined {
  const column = numericColumn(scan.columns, kwargs.column)
  const known = isWhole(scan.column(kwargs.column), lookedAt(scan, type, kwargs, column))
    ? scan.known(column)
    : undefined
  const found = known === undefined ? undefined : figureIn(known)
  if (found === undefined) return undefined
  const isNear = (bound: string | number | undefined) =>
    typeof bound === 'number' && Math.abs(found - bound) <= roundingShare * Math.max(Math.abs(found), Math.abs(bound))
  return isNear(kwargs.min_value) || isNear(kwargs.max_value) ? undefined : found
}

function medianOf({ neighbours }: KnownColumn): number | undefined {
  const beside = neighbours.get(0.5)
  return beside === undefined ? undefined : (beside.low + beside.high) / 2
}

async function figureOf(scan: Scan, type: string, kwargs: ColumnKwargs, before: string, after: string): Promise<Json> {
  const column = scan.column(kwargs.column)
  const looked = lookedAt(scan, type, kwargs, column)
  if (before === '(count(*)') return scan.count(looked)
  // Aggregates leave missing values out themselves; a filter would make them copy every chunk.
  const filter = isWhole(column, looked) ? '' : ` filter (where ${looked})`
  return scan.ask(scan.base, `${before}${filter}${after}`)
}

/** A figure of the numbers of a column, null where it has none. */
async function figure(
  scan: Scan,
  type: string,
  kwargs: ColumnKwargs,
  expression: (sql: string) => string,
): Promise<number | null> {
  const { sql } = numericColumn(scan.columns, kwargs.column)
  const found = await figureOf(scan, type, kwargs, `(${expression(sql)}`, ')::DOUBLE')
  // JSON has no other numbers: a NaN or an infinity comes as text.
  return typeof found === 'number' ? found : null
}

async function distinctCount(scan: Scan, type: string, kwargs: ColumnKwargs): Promise<number> {
  const column = scan.column(kwargs.column)
  const looked = lookedAt(scan, type, kwargs, column)
  const known = isWhole(column, looked) ? scan.known(column)?.distinct : undefined
  return known ?? asCount(await scan.ask(groupedSource(scan, column, looked), 'count(*)::DOUBLE'))
}

async function quantiles(
  scan: Scan,
  type: 'expect_column_quantile_values_to_be_between',
  kwargs: ExpectationKwargs<'expect_column_quantile_values_to_be_between'>,
): Promise<Outcome> {
  const { quantile_ranges: ranges, allow_relative_error } = kwargs
  if (ranges.quantiles.length !== ranges.value_ranges.length)
    return cannotEvaluate('quantile_values and quantiles must have the same number of elements')
  if (allow_relative_error === true)
    cannotEvaluate('allow_relative_error names an interpolation: linear, lower, higher, midpoint or nearest')
  const column = numericColumn(scan.columns, kwargs.column)
  const looked = lookedAt(scan, type, kwargs, column)
  const count = await scan.count(looked)
  const places = ranges.quantiles.map((quantile) => quantile * (count - 1))
  const ranks = [...new Set(places.flatMap((place) => [Math.floor(place), Math.ceil(place)]))].sort((a, b) => a - b)
  const at = new Map<number, number>()
  const known = isWhole(column, looked) ? scan.known(column) : undefined
  const beside = known === undefined ? [] : ranges.quantiles.map((quantile) => known.neighbours.get(quantile))
  const isKnown = beside.length > 0 && beside.every((neighbours) => neighbours !== undefined)
  if (isKnown) {
    for (const [index, place] of places.entries()) {
      at.set(Math.floor(place), beside[index]?.low ?? 0)
      at.set(Math.ceil(place), beside[index]?.high ?? 0)
    }
  } else if (count > 0) {
    // The value of a rank exactly: the smallest of which more than a share of all are not above it.
    const shares = ranks.map((rank) => (rank + 0.5) / count).join(', ')
    const found = await scan.ask(
      scan.base,
      `quantile_disc(${column.sql}::DOUBLE, [${shares}])${isWhole(column, looked) ? '' : ` filter (where ${looked})`}`,
    )
    for (const [index, value] of (found as readonly number[]).entries()) at.set(ranks[index] ?? 0, value)
  }
  const how = typeof allow_relative_error === 'string' ? allow_relative_error : 'nearest'
  const values = places.map((place) => (count === 0 ? null : interpolate(place, at, how)))
  const details = values.map((value, index) => {
    const [low, high] = ranges.value_ranges[index] ?? [null, null]
    if (value === null) return false
    const isClose = (bound: number | null) => bound !== null && Math.abs(value - bound) <= 1e-4 * Math.abs(bound)
    return isClose(low) || isClose(high) || ((low === null || low <= value) && (high === null || value <= high))
  })
  return {
    success: details.every(Boolean),
    result: { observed_value: { quantiles: [...ranges.quantiles], values }, details: { success_details: details } },
  }
}

function interpolate(place: number, at: ReadonlyMap<number, number>, how: string): number {
  const low = Math.floor(place)
  const high = Math.ceil(place)
  const lower = at.get(low) ?? 0
  const upper = at.get(high) ?? 0
  const share = place - low
  switch (how) {
    case 'lower':
      return lower
    case 'higher':
      return upper
    case 'midpoint':
      return (lower + upper) / 2
    case 'linear':
      return share < 0.5 ? lower + (upper - lower) * share : upper - (upper - lower) * (1 - share)
    default:
      // Halves go to the even rank.
      return share < 0.5 || (share === 0.5 && low % 2 === 0) ? lower : upper
  }
}

async function mostCommon(
  scan: Scan,
  type: string,
  kwargs: ExpectationKwargs<'expect_column_most_common_value_to_be_in_set'>,
): Promise<Outcome> {
  const column = scan.column(kwargs.column)
  const groups = groupedSource(scan, column, lookedAt(scan, type, kwargs, column))
  const top = asCount(await scan.ask(groups, 'coalesce(max(n), 0)::DOUBLE'))
  const inSet = inSetSql({ ...column, sql: 'v' }, kwargs.value_set)
  const ofTop = `filter (where n = ${top})`
  const [ties, hits, values] = await Promise.all([
    scan.ask(groups, `(count(*) ${ofTop})::DOUBLE`),
    scan.ask(groups, `count_if(n = ${top} and ${inSet})::DOUBLE`),
    scan.ask(groups, `min(v, ${limit('checks.distinct_max')}) ${ofTop}`),
  ])
  const success = kwargs.ties_okay === true ? asCount(hits) > 0 : asCount(ties) === 1 && asCount(hits) === 1
  return { success, result: { observed_value: listOf(column, values) } }
}

function listOf(column: TableColumn, values: Json): Json[] {
  return ((values ?? []) as readonly Json[]).map((value) => jsonValue(column, value))
}

type DistinctExpectation = Extract<
  KnownExpectation,
  {
    type:
      | 'expect_column_distinct_values_to_be_in_set'
      | 'expect_column_distinct_values_to_contain_set'
      | 'expect_column_distinct_values_to_equal_set'
  }
>

/** Distinct values listed with a result, as Great Expectations bounds them. */
const distinctListed = 20

async function distinctValues(
  scan: Scan,
  { type, kwargs }: DistinctExpectation,
  options: EvaluateOptions,
): Promise<Outcome> {
  const column = scan.column(kwargs.column)
  const groups = groupedSource(scan, column, lookedAt(scan, type, kwargs, column))
  const inSet = inSetSql({ ...column, sql: 'v' }, kwargs.value_set)
  const isListed = options.partialUnexpectedCount > 0
  const [others, listed, present] = await Promise.all([
    scan.ask(groups, `count_if(not ${inSet})::DOUBLE`),
    scan.ask(groups, `min(v, ${distinctListed}) filter (where not ${inSet})`),
    scan.ask(groups, `list(v) filter (where ${inSet})`),
  ])
  const found = new Set(listOf(column, present).map((value) => keyOf(column, value)))
  const wanted = new Map(
    kwargs.value_set.flatMap((value) => (value === null ? [] : [[keyOf(column, value), value] as const])),
  )
  const missing = [...wanted].flatMap(([key, value]) => (found.has(key) ? [] : [value]))
  const unexpected = {
    unexpected_count: asCount(others),
    ...(isListed ? { partial_unexpected_list: listOf(column, listed) } : {}),
  }
  const absent = {
    missing_count: missing.length,
    ...(isListed ? { partial_missing_list: missing.sort(compareJson).slice(0, distinctListed) } : {}),
  }
  const { unexpected_count, partial_unexpected_list } = unexpected
  const { missing_count, partial_missing_list } = absent
  switch (type) {
    case 'expect_column_distinct_values_to_be_in_set':
      return { success: unexpected_count === 0, result: { observed_value: null, ...unexpected } }
    case 'expect_column_distinct_values_to_contain_set':
      return { success: missing_count === 0, result: { observed_value: null, ...absent } }
    case 'expect_column_distinct_values_to_equal_set':
      return {
        success: unexpected_count === 0 && missing_count === 0,
        result: {
          observed_value: null,
          unexpected_count,
          missing_count,
          ...(partial_unexpected_list === undefined ? {} : { partial_unexpected_list }),
          ...(partial_missing_list === undefined ? {} : { partial_missing_list }),
        },
      }
  }
}

/** What makes two values equal in a set: numbers and truth values are alike, moments by when they are. */
function keyOf(column: TableColumn, value: Json): string {
  if (isNumeric(column) && typeof value !== 'string') return String(Number(value))
  if (isMoment(column) && typeof value === 'string') return readMoment(value) ?? value
  return JSON.stringify(value)
}

const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Seconds of a duration as `90min`, `36h`, `3d`, `2w`, or of a number of seconds. */
function secondsOf(duration: number | string): number {
  if (typeof duration === 'number') return duration
  const [, amount, unit] = /^([\d.]+)\s*(\w+)$/.exec(duration) ?? []
  return Number(amount) * (units[unit ?? ''] ?? Number.NaN)
}

async function recent(
  scan: Scan,
  type: string,
  kwargs: ExpectationKwargs<'expect_column_max_to_be_recent'>,
  now: Date,
): Promise<Outcome> {
  const column = columnOf(scan.columns, kwargs.column)
  if (!isMoment(column)) cannotEvaluate(`Column ${column.name} holds ${column.kind} values, not moments`)
  const looked = lookedAt(scan, type, kwargs, column)
  const found = await scan.ask(scan.base, `epoch_ms((max(${column.sql}) filter (where ${looked}))::TIMESTAMP)::DOUBLE`)
  const maxAge = secondsOf(kwargs.max_age)
  if (typeof found !== 'number')
    return { success: false, result: { observed_value: null, details: { max_age_seconds: maxAge } } }
  const age = (now.getTime() - found) / 1000
  return {
    success: age <= maxAge,
    result: {
      observed_value: new Date(found).toISOString(),
      details: { age_seconds: age, max_age_seconds: maxAge },
    },
  }
}
