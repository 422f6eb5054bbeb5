import type { Json } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { type TableColumn, textSql } from './columns.js'
import type { EvaluateOptions } from './model.js'
import type { RowCheck } from './row-checks.js'
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
  return `(select ${column.sql} as v, count(*) as n from ${scan.base} where ${looked} group by 1)`
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
  const rows = scan.ask(scan.base, `count_if(${check.rows})::DOUBLE`)
  const looked = scan.ask(scan.base, `count_if(${check.looked})::DOUBLE`)
  const found = await findUnexpected(scan, check)
  const elements = asCount(await rows)
  const considered = asCount(await looked)
  const success = elements === 0 || considered === 0 || (considered - found.count) / considered >= check.mostly
  if (options.resultFormat === 'BOOLEAN_ONLY') return { success, result: {} }
  const percentOf = (part: number, whole: number) => (whole === 0 ? null : (part / whole) * 100)
  const isComplete = options.resultFormat === 'COMPLETE'
  const wanted = Math.min(options.partialUnexpectedCount, limit('checks.partial_max'))
  const listed = found.count === 0 ? [] : await listUnexpected(scan, check, found.rows, { isComplete, wanted, options })
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
  const countOf = async (sql: string) =>
    asCount(await scan.ask(scan.base, `count_if((${looked}) and (${sql}))::DOUBLE`))
  switch (unexpected.by) {
    case 'row':
      return { count: await countOf(unexpected.sql), rows: plain(unexpected.sql) }
    case 'figures': {
      const asked = unexpected.figures.map((figure) => scan.ask(scan.base, `${figure} filter (where ${looked})`))
      const sql = unexpected.sql((await Promise.all(asked)).map((value) => (typeof value === 'number' ? value : null)))
      return { count: await countOf(sql), rows: plain(sql) }
    }
    case 'text': {
      const text = check.values.map(textSql)[0] ?? 'null'
      const source = `(select ${text} as v, count(*) as n from ${scan.base} where ${looked} group by 1)`
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

async function findCopies(
  scan: Scan,
  { values, looked }: RowCheck,
): Promise<{ readonly count: number; readonly rows: UnexpectedSource }> {
  const [only, ...others] = values
  // Equal rows have equal hashes: where no hash comes twice nothing does, and sorting hashes is much faster than grouping values.
  const hashes = `(select h, lag(h) over (order by h) as before from (select hash(${values.map(({ sql }) => sql).join(', ')}) as h from ${scan.base} where ${looked}))`
  const repeated = asCount(await scan.ask(hashes, 'count_if(h = before)::DOUBLE'))
  if (repeated === 0) return { count: 0, rows: { source: scan.numbered, condition: 'false', isShared: false } }
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

interface Listed {
  readonly value: Json
  readonly index: Json
}

interface Listing {
  readonly isComplete: boolean
  readonly wanted: number
  readonly options: EvaluateOptions
}

async function listUnexpected(
  scan: Scan,
  check: RowCheck,
  { source, condition, isShared }: UnexpectedSource,
  { isComplete, wanted, options }: Listing,
): Promise<readonly Listed[]> {
  const wantedRows = isComplete ? limit('checks.unexpected_max') : wanted
  if (wantedRows <= 0) return []
  const indexColumns = options.unexpectedIndexColumns.map((name) => scan.column(name))
  const columns = [...check.values, ...indexColumns]
  const toListed = (row: Json, raw: readonly Json[]): Listed => {
    const values = columns.map((column, index) => jsonValue(column, raw[index] ?? null))
    const shown = values.slice(0, check.values.length)
    return { value: shaped(check, shown), index: indexOf(check, indexColumns, values, row) }
  }
  if (isShared && !isComplete) {
    // One more pass gives the first unexpected rows of every failed check of this source.
    const members = columns.map(({ sql }, index) => `v${index}: ${sql}`).join(', ')
    const first = `arg_min({rn: rn, ${members}}, rn, ${wantedRows}) filter (where ${condition})`
    const found = (await scan.ask(source, first)) as readonly Readonly<Record<string, Json>>[] | null
    return (found ?? []).map((row) =>
      toListed(
        asCount(row.rn ?? null),
        columns.map((_, index) => row[`v${index}`] ?? null),
      ),
    )
  }
  const list = columns.map(({ sql }) => sql).join(', ')
  const rows = await scan.rows(
    `select rn::DOUBLE, ${list} from ${source} where ${condition} order by rn limit ${wantedRows}`,
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
