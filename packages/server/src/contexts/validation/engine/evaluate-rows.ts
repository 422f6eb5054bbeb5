import type { Json } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { distinctIntegersSql } from '../../datasets/files.js'
import { everyRow, type TableColumn, textSql } from './columns.js'
import { countsSource, type KnownColumn } from './known-figures.js'
import { CannotEvaluate, type EvaluateOptions } from './model.js'
import { type RowCheck, type RowTrait, rowSql } from './row-checks.js'
import type { Scan } from './scan.js'

/** What an evaluator answers: success and the members of the result. */
export interface Outcome {
  readonly success: boolean
  readonly result: Readonly<Record<string, Json>>
}

/** Rows that break a check: what stands after `from`, with `rn` and the columns of the scan, and the condition on it. */
export interface UnexpectedSource {
  readonly source: string
  readonly condition: string
  /** True where the condition can be one of many over the same source. */
  readonly isShared: boolean
}

/** The distinct values `v` of some rows with their numbers `n`: what is grouped is shared by all that ask about it. */
export function groupedSource(scan: Scan, column: TableColumn, looked: string): string {
  const figures = looked === `${column.sql} is not null` ? scan.known(column) : undefined
  const known = figures === undefined ? undefined : countsSource(figures)
  if (known !== undefined) return known
  const where = scan.isEvery(looked) ? '' : ` where ${looked}`
  return `(select ${column.sql} as v, count(*) as n from ${scan.base}${where} group by 1)`
}

export const asCount = (value: Json): number => Number(value ?? 0)

/** A value as JSON: whole numbers as numbers where they fit, moments in ISO 8601. */
export function jsonValue(column: Pick<TableColumn, 'kind'>, value: Json): Json {
  if (value === null) return null
  if (column.kind === 'integer' && typeof value === 'string') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }
  if (column.kind === 'timestamp' && typeof value === 'string') return value.replace(' ', 'T')
  return value
}

/** Counts and lists the rows that break a check. */
export async function evaluateRowCheck(scan: Scan, check: RowCheck, options: EvaluateOptions): Promise<Outcome> {
  const rows = scan.count(check.rows)
  const looked = scan.count(check.looked)
  // Who asks may fail for another reason before it looks at these.
  for (const asked of [rows, looked]) asked.catch(() => undefined)
  const found = await findUnexpected(scan, check)
  const elements = await rows
  const considered = await looked
  const success = elements === 0 || considered === 0 || (considered - found.count) / considered >= check.mostly
  if (options.resultFormat === 'BOOLEAN_ONLY') return { success, result: {} }
  const percentOf = (part: number, whole: number) => (whole === 0 ? null : (part / whole) * 100)
  const isComplete = options.resultFormat === 'COMPLETE'
  const wanted = Math.min(options.partialUnexpectedCount, limit('checks.partial_max'))
  const most = isComplete ? scan.takeListed(found.count) : wanted
  const listed =
    found.count === 0
      ? []
      : await listUnexpected(scan, check, found.rows, { wanted: most, options, count: found.count })
  const values = listed.map(({ value }) => value)
  const total = percentOf(found.count, elements)
  const ofConsidered = check.hasMissing ? percentOf(found.count, considered) : total
  const result: Record<string, Json> = {
    element_count: elements,
    unexpected_count: found.count,
    unexpected_percent: elements === 0 ? null : ofConsidered,
    partial_unexpected_list: values.slice(0, options.partialUnexpectedCount),
  }
  if (options.unexpectedIndexColumns.length > 0)
    result.unexpected_index_column_names = [...options.unexpectedIndexColumns]
  if (check.hasMissing) {
    result.missing_count = elements - considered
    result.missing_percent = percentOf(elements - considered, elements)
    result.unexpected_percent_total = total
    result.unexpected_percent_nonmissing = elements === 0 ? null : ofConsidered
  }
  if (options.resultFormat === 'BASIC') return { success, result }
  const indices = listed.map(({ index }) => index)
  if (wanted > 0) {
    result.partial_unexpected_counts = countValues(values, wanted, check.shape)
    result.partial_unexpected_index_list = indices.slice(0, options.partialUnexpectedCount)
  }
  if (isComplete) {
    result.unexpected_list = values
    result.unexpected_index_list = indices
    // Never silently: what is listed has a bound, what is counted has none.
    if (values.length < found.count) result.unexpected_list_is_cut = true
  }
  return { success, result }
}

/** How many rows break a check, and where they are read. */
export async function findUnexpected(
  scan: Scan,
  check: RowCheck,
): Promise<{ readonly count: number; readonly rows: UnexpectedSource }> {
  const { unexpected, looked } = check
  const plain = (sql: string): UnexpectedSource => ({
    source: scan.numbered,
    condition: `(${looked}) and (${sql})`,
    isShared: true,
  })
  const countOf = (sql: string) => scan.count(scan.isEvery(looked) ? sql : `(${looked}) and (${sql})`)
  switch (unexpected.by) {
    case 'row':
      return { count: (await toldCount(scan, check)) ?? (await countOf(unexpected.sql)), rows: plain(unexpected.sql) }
    case 'figures': {
      const asked = unexpected.figures.map((figure) => scan.ask(scan.base, `${figure} filter (where ${looked})`))
      const sql = unexpected.sql((await Promise.all(asked)).map((value) => (typeof value === 'number' ? value : null)))
      return { count: await countOf(sql), rows: plain(sql) }
    }
    case 'text': {
      const text = check.values.map(textSql)[0] ?? 'null'
      const [column] = check.values
      const source =
        column?.kind === 'text'
          ? groupedSource(scan, column, looked)
          : `(select ${text} as v, count(*) as n from ${scan.base} where ${looked} group by 1)`
      const told = await tellTexts(scan, check, source)
      if (told !== undefined) return { count: told, rows: plain(rowSql(check) ?? 'false') }
      const judged = await scan.judge(source, unexpected.judge)
      return { count: judged.rows, rows: plain(judged.isUnexpected(text)) }
    }
    case 'copies':
      return findCopies(scan, check)
    case 'order': {
      const value = check.values.map(({ sql }) => sql)[0] ?? 'null'
      const withBefore = (from: string) =>
        `(select *, ${value} as v, lag(${value}) over () as before from ${from} where ${looked})`
      const condition = `before is not null and ${unexpected.sql}`
      const count = await scan.ask(withBefore(scan.base), `count_if(${condition})::DOUBLE`)
      return { count: asCount(count), rows: { source: withBefore(scan.numbered), condition, isShared: true } }
    }
  }
}

/**
 * How many rows break a check of one column, from what is known of it: its few values and their numbers, or two values that all others
 * lie between. Undefined where that does not tell.
 */
async function toldCount(scan: Scan, { values, looked, unexpected }: RowCheck): Promise<number | undefined> {
  const [column, ...others] = values
  if (column === undefined || others.length > 0 || unexpected.by !== 'row') return undefined
  const known = scan.known(column)
  if (known === undefined) return undefined
  const { sql, about } = unexpected
  if (about === 'presence') {
    if (looked !== everyRow) return undefined
    return sql === `${column.sql} is null` ? known.rows - known.values : known.values
  }
  if (looked !== `${column.sql} is not null`) return undefined
  if (known.values === 0) return 0
  if (known.counts !== undefined) {
    const rows = known.counts.map(({ sql: value, count }) => `(${value}, ${count})`).join(', ')
    return asCount(
      await scan.tell(
        `(select coalesce(sum(n) filter (where ${sql}), 0) from (values ${rows}) as t(${column.sql}, n))::DOUBLE`,
      ),
    )
  }
  const ends = endsOf(about, known)
  if (ends === undefined) return undefined
  const rows = ends.map((end) => `(${end})`).join(', ')
  const beyond = await scan.tell(`(select count_if(${sql}) from (values ${rows}) as t(${column.sql}))::DOUBLE`)
  return asCount(beyond) === 0 ? 0 : undefined
}

/** From this share of different texts on it is quicker to look at every row than to group them. */
const groupedShareMax = 0.25

/** How many rows have an unexpected text, where SQL can tell; `source` has the different texts `v` and their numbers `n`. */
async function tellTexts(scan: Scan, check: RowCheck, source: string): Promise<number | undefined> {
  const { values, looked, unexpected } = check
  const [column] = values
  if (unexpected.by !== 'text' || unexpected.sqlOf === undefined || column === undefined) return undefined
  const { distinct = 0, values: all = 0 } = scan.known(column) ?? {}
  try {
    if (distinct > groupedShareMax * all) return await scan.count(`(${looked}) and (${rowSql(check)})`)
    const sum = `coalesce(sum(n) filter (where ${unexpected.sqlOf('v')}), 0)::DOUBLE`
    return asCount(await scan.ask(source, sum))
  } catch (error) {
    // RE2 refuses some expressions, as those that repeat often.
    if (error instanceof CannotEvaluate) return undefined
    throw error
  }
}

/** Texts longer than this are not made to look at their length. */
const madeTextMax = 10_000

/** SQL of two values that all others of a column lie between, in the respect that decides. */
function endsOf(about: RowTrait | undefined, { extremes, length }: KnownColumn): readonly string[] | undefined {
  if (about === 'place') return extremes === undefined ? undefined : [extremes.min, extremes.max]
  if (about !== 'length' || length === undefined || length.max > madeTextMax) return undefined
  return [length.min, length.max].map((characters) => `repeat('x', ${characters})`)
}

async function findCopies(
  scan: Scan,
  { values, looked }: RowCheck,
): Promise<{ readonly count: number; readonly rows: UnexpectedSource }> {
  const [only, ...others] = values
  const none = { count: 0, rows: { source: scan.numbered, condition: 'false', isShared: false } }
  for (const column of values) if (await isSurelyUnique(scan, column, others.length > 0)) return none
  // Equal rows have equal hashes: where no hash comes twice nothing does, and sorting hashes is much faster than grouping values.
  const hashes = `(select h, lag(h) over (order by h) as before from (select hash(${values.map(({ sql }) => sql).join(', ')}) as h from ${scan.base} where ${looked}))`
  const repeated = asCount(await scan.ask(hashes, 'count_if(h = before)::DOUBLE'))
  if (repeated === 0) return none
  const counting = 'coalesce(sum(n) filter (where n > 1), 0)::DOUBLE'
  if (only !== undefined && others.length === 0) {
    const groups = groupedSource(scan, only, looked)
    const isCopy = `${only.sql} in (select v from ${groups} where n > 1)`
    const count = asCount(await scan.ask(groups, counting))
    // A single column may be missing only where the rows without a value are looked at too.
    const condition = `(${looked}) and (${isCopy} or (${only.sql} is null and (select max(n) from ${groups} where v is null) > 1))`
    return {
      count,
      rows: {
        source: scan.numbered,
        condition: looked.includes('is not null') ? `(${looked}) and ${isCopy}` : condition,
        isShared: false,
      },
    }
  }
  const keys = values.map(({ sql }) => sql).join(', ')
  const groups = `(select ${keys}, count(*) as n from ${scan.base} where ${looked} group by ${keys})`
  const count = asCount(await scan.ask(groups, counting))
  const same = values.map(({ sql }) => `t.${sql} is not distinct from d.${sql}`).join(' and ')
  const source = `(select t.* from (select * from ${scan.numbered} where ${looked}) t semi join (select * from ${groups} where n > 1) d on ${same})`
  return { count, rows: { source, condition: 'true', isShared: false } }
}

/**
 * True where no value of a column occurs twice, if that is known or quickly told; beside other columns what is missing counts as a value.
 */
async function isSurelyUnique(scan: Scan, column: TableColumn, hasOthers: boolean): Promise<boolean> {
  const known = scan.known(column)
  if (known?.distinct !== undefined)
    return known.distinct === known.values && (!hasOthers || known.values === known.rows)
  if (column.kind !== 'integer') return false
  const { sql } = column
  const [rows, count, min, max] = await Promise.all([
    scan.count(everyRow),
    scan.count(`${sql} is not null`),
    scan.ask(scan.base, `min(${sql})::VARCHAR`),
    scan.ask(scan.base, `max(${sql})::VARCHAR`),
  ])
  if (hasOthers && count !== rows) return false
  const distinct = distinctIntegersSql(sql, { count, min: Number(min), max: Number(max) })
  return distinct !== undefined && asCount(await scan.ask(scan.base, distinct)) === count
}

interface Listed {
  readonly value: Json
  readonly index: Json
}

interface Listing {
  /** At most this many, the first. */
  readonly wanted: number
  readonly options: EvaluateOptions
  /** How many there are. */
  readonly count: number
}

/** Where so many times as many rows are unexpected as are listed, the first ones are found soon: they are read alone. */
const soonFound = 50

async function listUnexpected(
  scan: Scan,
  check: RowCheck,
  { source, condition, isShared }: UnexpectedSource,
  { wanted, options, count }: Listing,
): Promise<readonly Listed[]> {
  if (wanted <= 0) return []
  const indexColumns = options.unexpectedIndexColumns.map((name) => scan.column(name))
  const columns = [...check.values, ...indexColumns]
  const toListed = (row: Json, raw: readonly Json[]): Listed => {
    const values = columns.map((column, index) => jsonValue(column, raw[index] ?? null))
    const shown = values.slice(0, check.values.length)
    return { value: shaped(check, shown), index: indexOf(check, indexColumns, values, row) }
  }
  const list = columns.map(({ sql }) => sql).join(', ')
  const isOfMany = wanted <= limit('checks.partial_max')
  if (isShared && (!isOfMany || count >= soonFound * wanted)) {
    // Rows come in the order of the table, and reading ends with the last that is wanted.
    const rows = await scan.rows(`select rn::DOUBLE, ${list} from ${source} where ${condition} limit ${wanted}`)
    return rows.map(([row = null, ...raw]) => toListed(row, raw))
  }
  if (isShared) {
    // One more pass gives the first unexpected rows of every failed check of this source.
    const members = columns.map(({ sql }, index) => `v${index}: ${sql}`).join(', ')
    const first = `arg_min({rn: rn, ${members}}, rn, ${wanted}) filter (where ${condition})`
    const found = (await scan.ask(source, first)) as readonly Readonly<Record<string, Json>>[] | null
    return (found ?? []).map((row) =>
      toListed(
        asCount(row.rn ?? null),
        columns.map((_, index) => row[`v${index}`] ?? null),
      ),
    )
  }
  const rows = await scan.rows(
    `select rn::DOUBLE, ${list} from ${source} where ${condition} order by rn limit ${wanted}`,
  )
  return rows.map(([row = null, ...raw]) => toListed(row, raw))
}

function shaped({ shape, values: columns }: RowCheck, values: readonly Json[]): Json {
  if (shape === 'value') return values[0] ?? null
  if (shape === 'pair') return values
  return Object.fromEntries(columns.map(({ name }, index) => [name, values[index] ?? null]))
}

function indexOf(check: RowCheck, indexColumns: readonly TableColumn[], values: readonly Json[], row: Json): Json {
  if (indexColumns.length === 0) return row
  const named = [...check.values, ...indexColumns].map(({ name }, index) => [name, values[index] ?? null] as const)
  return Object.fromEntries(named)
}

/** The most frequent values, by count and then by value, what is missing last. */
function countValues(values: readonly Json[], most: number, shape: RowCheck['shape']): Json {
  const counts = new Map<string, { value: Json; count: number }>()
  for (const value of values) {
    const hashable = shape === 'record' ? Object.values(value as Readonly<Record<string, Json>>) : value
    const key = JSON.stringify(hashable)
    const known = counts.get(key)
    if (known === undefined) counts.set(key, { value: hashable, count: 1 })
    else known.count += 1
  }
  const top = [...counts.values()].sort((a, b) => b.count - a.count).slice(0, most)
  return top
    .sort((a, b) => b.count - a.count || compareJson(a.value, b.value))
    .map(({ value, count }) => ({ value, count }))
}

export function compareJson(a: Json, b: Json): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (const [index, item] of a.entries()) {
      const order = compareJson(item as Json, (b[index] ?? null) as Json)
      if (order !== 0) return order
    }
    return 0
  }
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  return a < b ? -1 : 1
}
