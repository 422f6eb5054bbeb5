import { rm } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnDefinition, ColumnType, DatasetDefinition, QuarantineReason } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { rowsOf, sqlName, sqlText } from '../../platform/index.js'
import { duckdbType, type TextForms, typedValue, typesBeyond } from './column-types.js'
import { columnTypesInFrench, storedNote } from './ingest-notes.js'
import { copyTo } from './part-file.js'

/** A column of a part of a snapshot. */
export interface PartColumn {
  readonly name: string
  /** Undefined where no row has a value: it is kept as text until one has. */
  readonly type: ColumnType | undefined
  readonly declared: boolean
  /** The narrowest type of its values, of a column that is not declared. */
  readonly natural?: ColumnType | undefined
  /** True where the source does not have it. */
  readonly isMissing?: boolean
}

/** A condition in DuckDB SQL that is true for rows to be set aside, from an expectation. */
export interface RowCondition {
  readonly condition: string
  readonly column?: string | undefined
  /** A stored note. */
  readonly detail: string
}

/** What the rows of a part have to fulfil. */
export interface RowRules {
  readonly dataset: DatasetDefinition
  /** Conditions of rows to be set aside, for a part with these columns. */
  readonly conditions: (columns: readonly PartColumn[]) => readonly RowCondition[]
  /** Parquet files of parts that stand before: their keys must not occur again. */
  readonly partsBefore: readonly string[]
  /** True where a key is known to occur twice: the rows are looked at one by one. */
  readonly hasCopies: boolean
}

/** A DuckDB relation of texts with `__line`, `__row` and `c0`, `c1`… for the columns of the source. */
export interface TextRows {
  readonly from: string
  readonly names: readonly string[]
  readonly forms: TextForms
  /** Types of the columns that are not declared, as their first rows have them. */
  readonly guesses: readonly (ColumnType | undefined)[]
  /** SQL that is true for a row that cannot be used at all. */
  readonly unusable?: { readonly condition: string; readonly detail: string }
}

/** Rows that fulfil the rules, and the others. */
export interface JudgedRows {
  readonly columns: readonly PartColumn[]
  readonly goodCount: number
  readonly badCount: number
}

interface Judgement {
  readonly condition: string
  readonly reason: QuarantineReason
  readonly column?: string
  /** SQL of the value that is wrong. */
  readonly value?: string
  readonly detail?: string
}

/** The columns of the quarantine, as DuckDB reads and writes them. */
export const quarantineColumns =
  "{file: 'VARCHAR', line: 'BIGINT', \"column\": 'VARCHAR', value: 'VARCHAR', reason: 'VARCHAR', detail: 'VARCHAR', \"row\": 'VARCHAR'}"

const valueCharsMax = 1_000

/** Whether a declared column must have a value in each row. */
export function isRequired(name: string, declared: ColumnDefinition, dataset: DatasetDefinition): boolean {
  return !declared.nullable || dataset.key.includes(name)
}

function bound(declared: ColumnDefinition, value: number | string): string {
  return typeof value === 'number' ? String(value) : `cast(${sqlText(value)} as ${duckdbType(declared)})`
}

/** What can be wrong with the typed value of a column, the first that applies first. */
export function valueFaults(
  name: string,
  typed: string,
  dataset: DatasetDefinition,
): readonly Pick<Judgement, 'condition' | 'reason' | 'detail'>[] {
  const declared = dataset.columns[name]
  if (declared === undefined) {
    return dataset.key.includes(name) ? [{ condition: `${typed} is null`, reason: 'missing_value' }] : []
  }
  const faults: Pick<Judgement, 'condition' | 'reason' | 'detail'>[] = []
  if (isRequired(name, declared, dataset)) faults.push({ condition: `${typed} is null`, reason: 'missing_value' })
  if (declared.type === 'number' || declared.type === 'date' || declared.type === 'timestamp') {
    faults.push({ condition: `not isfinite(${typed})`, reason: 'not_finite' })
  }
  if (declared.type === 'text' || declared.type === 'category' || declared.type === 'boolean') return faults
  if (declared.min !== undefined) {
    const detail = storedNote('smallest_allowed', { min: declared.min })
    faults.push({ condition: `${typed} < ${bound(declared, declared.min)}`, reason: 'below_min', detail })
  }
  if (declared.max !== undefined) {
    const detail = storedNote('largest_allowed', { max: declared.max })
    faults.push({ condition: `${typed} > ${bound(declared, declared.max)}`, reason: 'above_max', detail })
  }
  return faults
}

/** True where every row of a Parquet file fulfils the rules but for the uniqueness of keys; also tells which columns have no value. */
export async function checkTyped(
  connection: DuckDBConnection,
  parquet: string,
  columns: readonly PartColumn[],
  { dataset, conditions }: RowRules,
): Promise<{ readonly rowCount: number; readonly isSound: boolean; readonly empty: readonly string[] }> {
  const faults = columns
    .flatMap(({ name }) => valueFaults(name, sqlName(name), dataset))
    .map(({ condition }) => `(${condition})`)
  const asked = columns.filter(({ declared, type }) => !declared && type === undefined)
  const all = [...faults, ...conditions(columns).map(({ condition }) => `(${condition})`)]
  const told =
    all.length > faults.length ? undefined : await checkByStatistics(connection, { parquet, columns, dataset })
  if (told !== undefined) return { ...told, isSound: true }
  const selected = [
    'count(*)::double as row_count',
    `${all.length === 0 ? '0' : `count(*) filter (where ${all.join(' or ')})`}::double as faults`,
    ...asked.map(({ name }, index) => `count(${sqlName(name)})::double as e${index}`),
  ]
  const result = await connection.runAndReadAll(`select ${selected.join(', ')} from read_parquet(${sqlText(parquet)})`)
  const [found] = rowsOf<Record<string, number>>(result)
  return {
    rowCount: found?.row_count ?? 0,
    isSound: found?.faults === 0,
    empty: asked.filter((_, index) => found?.[`e${index}`] === 0).map(({ name }) => name),
  }
}

interface WrittenPart {
  readonly parquet: string
  readonly columns: readonly PartColumn[]
  readonly dataset: DatasetDefinition
}

/**
 * The same from the statistics of a file that we wrote, without reading its rows: a fault lies beyond a bound, so where the smallest and
 * the largest value of each row group have none there is none between. Undefined where they do not tell, or tell of a fault.
 */
async function checkByStatistics(
  connection: DuckDBConnection,
  { parquet, columns, dataset }: WrittenPart,
): Promise<{ readonly rowCount: number; readonly empty: readonly string[] } | undefined> {
  const doubts = columns.flatMap(({ name, type }, index) => {
    const own = duckdbType(dataset.columns[name] ?? { type: type ?? 'text' })
    const required = valueFaults(name, 'stats_min_value', dataset).some(({ reason }) => reason === 'missing_value')
    const beyond = ['stats_min_value', 'stats_max_value'].flatMap((end) => {
      const typed = `try_cast(${end} as ${own})`
      const faults = valueFaults(name, typed, dataset).filter(({ reason }) => reason !== 'missing_value')
      return faults.length === 0 ? [] : [`${typed} is null`, ...faults.map(({ condition }) => `(${condition})`)]
    })
    const some = beyond.length === 0 ? [] : [`(stats_null_count < num_values and (${beyond.join(' or ')}))`]
    const missing = required ? ['stats_null_count > 0'] : []
    const wrong = ['stats_null_count is null', ...missing, ...some].join(' or ')
    return [`(column_id = ${index} and coalesce(${wrong}, true))`]
  })
  if (doubts.length === 0) return undefined
  const asked = columns.flatMap(({ name, declared, type }, index) =>
    !declared && type === undefined ? [{ name, index }] : [],
  )
  const selected = [
    'coalesce(sum(row_group_num_rows) filter (where column_id = 0), 0)::double as row_count',
    `count_if(${doubts.join(' or ')})::double as doubts`,
    ...asked.map(
      ({ index }) =>
        `coalesce(sum(num_values - stats_null_count) filter (where column_id = ${index}), 0)::double as e${index}`,
    ),
  ]
  const result = await connection.runAndReadAll(
    `select ${selected.join(', ')} from parquet_metadata(${sqlText(parquet)})`,
  )
  const [found] = rowsOf<Record<string, number>>(result)
  if (found?.doubts !== 0) return undefined
  const empty = asked.filter(({ index }) => found[`e${index}`] === 0).map(({ name }) => name)
  return { rowCount: found.row_count ?? 0, empty }
}

/** The narrowest types that hold all values of columns that are not declared. */
async function inferTypes(
  connection: DuckDBConnection,
  rows: TextRows,
  dataset: DatasetDefinition,
): Promise<ReadonlyMap<string, ColumnType | undefined>> {
  const open = rows.names.flatMap((name, index) =>
    dataset.columns[name] === undefined ? [{ name, text: `c${index}`, guess: rows.guesses[index] }] : [],
  )
  const found = new Map<string, ColumnType | undefined>(open.map(({ name }) => [name, undefined]))
  if (open.length === 0) return found
  const tests = open.flatMap(({ text, guess }, column) =>
    [...(guess === undefined ? [] : [guess]), ...typesBeyond(guess)]
      .filter((type) => type !== 'text')
      .map((type) => ({
        column,
        type,
        sql: `coalesce(bool_and(${text} is null or ${looksLike(type, text, rows.forms)}), true)`,
      })),
  )
  const counts = open.map(({ text }, index) => `count(${text}) > 0 as n${index}`)
  const selected = [...counts, ...tests.map(({ sql }, index) => `${sql} as t${index}`)]
  const where = rows.unusable === undefined ? '' : ` where not (${rows.unusable.condition})`
  const result = await connection.runAndReadAll(`select ${selected.join(', ')} from ${rows.from}${where}`)
  const [row = {}] = rowsOf<Record<string, boolean>>(result)
  open.forEach(({ name }, column) => {
    if (row[`n${column}`] !== true) return
    const index = tests.findIndex((test, at) => test.column === column && row[`t${at}`] === true)
    found.set(name, tests[index]?.type ?? 'text')
  })
  return found
}

/** Stricter than being castable: digits with zeros before them are names, and 1 is no truth value. */
function looksLike(type: ColumnType, text: string, forms: TextForms): string {
  const typed = `(${typedValue({ type }, text, forms)}) is not null`
  if (type === 'boolean') return `lower(trim(${text})) in ('true', 'false')`
  if (type === 'integer' || type === 'number') {
    return `(${typed} and not regexp_matches(${text}, '^\\s*[+-]?0[0-9]|[0-9]{19}|[a-zA-DF-Z]'))`
  }
  return `(${typed} and regexp_matches(${text}, '[0-9]'))`
}

/**
 * Parts rows of text into those that fulfil the rules, written as Parquet, and the others, written as a quarantine. `forced` widens
 * columns that are not declared. Rows of `rejects` (JSON lines) are set aside already and join the quarantine.
 */
export async function judgeRows(
  connection: DuckDBConnection,
  rows: TextRows,
  rules: RowRules,
  places: {
    readonly file: string
    readonly target: string
    readonly stage: string
    readonly quarantine: string
    readonly rejects?: string | undefined
    readonly forced: ReadonlyMap<string, ColumnType>
  },
): Promise<JudgedRows> {
  const { dataset } = rules
  const natural = await inferTypes(connection, rows, dataset)
  const sourced = rows.names.map((name): PartColumn => {
    if (dataset.columns[name] !== undefined) return { name, type: dataset.columns[name].type, declared: true }
    const own = natural.get(name)
    return { name, type: widest(own, places.forced.get(name)), declared: false, natural: own }
  })
  const missing = Object.keys(dataset.columns).filter((name) => !rows.names.includes(name))
  const columns: readonly PartColumn[] = [
    ...sourced,
    ...missing.map((name) => ({ name, type: dataset.columns[name]?.type, declared: true, isMissing: true })),
  ]
  const definitionOf = ({ name, type }: PartColumn) => dataset.columns[name] ?? { type: type ?? 'text' }
  const judgements: Judgement[] = []
  if (rows.unusable !== undefined) {
    judgements.push({ ...rows.unusable, reason: 'not_parsed' })
  }
  for (const name of [...missing, ...dataset.key.filter((key) => !columns.some((column) => column.name === key))]) {
    const declared = dataset.columns[name]
    if (declared !== undefined && !isRequired(name, declared, dataset)) continue
    judgements.push({
      condition: 'true',
      reason: 'missing_column',
      column: name,
      detail: storedNote('column_not_in_source', {}),
    })
  }
  columns.forEach((column, index) => {
    if (column.isMissing === true) return
    const { name } = column
    if (column.declared) {
      const isClosed = dataset.columns[name]?.type === 'category'
      const type = column.type ?? 'text'
      judgements.push({
        condition: `c${index} is not null and t${index} is null`,
        reason: isClosed ? 'not_in_category' : 'type',
        column: name,
        value: `c${index}`,
        detail: isClosed
          ? storedNote('not_in_closed_set', {})
          : storedNote('not_of_type', { type, type_fr: columnTypesInFrench[type] }),
      })
    }
    for (const fault of valueFaults(name, `t${index}`, dataset)) {
      judgements.push({ ...fault, column: name, value: `c${index}` })
    }
  })
  const late: Judgement[] = [
    ...rules.conditions(columns).map(({ condition, column, detail }): Judgement => {
      const known = column === undefined ? -1 : columns.findIndex(({ name }) => name === column)
      return {
        condition,
        reason: 'expectation',
        detail,
        ...(column === undefined ? {} : { column }),
        ...(known < 0 ? {} : { value: `cast(t${known} as varchar)` }),
      }
    }),
  ]
  const keyIndexes = dataset.key.map((name) => columns.findIndex((column) => column.name === name))
  const hasKey = keyIndexes.length > 0 && keyIndexes.every((index) => index >= 0)
  const firstLate = judgements.length
  const duplicate: Judgement = {
    condition: 'false',
    reason: 'duplicate_key',
    column: dataset.key.join(', '),
    value: keyIndexes.map((index) => `coalesce(cast(t${index} as varchar), '')`).join(` || ', ' || `) || 'null',
    detail: storedNote('key_seen_before', {}),
  }
  const all = [...judgements, ...late, duplicate]

  const values = columns.map((column, index) => {
    const definition = definitionOf(column)
    return column.isMissing === true
      ? `cast(null as ${duckdbType(definition)}) as t${index}`
      : `${typedValue(definition, `c${index}`, rows.forms)} as t${index}`
  })
  const cases = judgements.map(({ condition }, index) => `when ${condition} then ${index}`)
  const code = cases.length === 0 ? 'cast(null as integer)' : `case ${cases.join(' ')} end`
  const valueCases = judgements.flatMap(({ value }, index) =>
    value === undefined ? [] : [`when ${index} then ${value}`],
  )
  const value = valueCases.length === 0 ? 'cast(null as varchar)' : `case __code ${valueCases.join(' ')} end`
  const keepsRows = hasKey || late.length > 0
  await connection.run(`
    copy (
      select __line, ${keepsRows ? '__row' : 'case when __code is not null then __row end as __row'}, __code,
        left(${value}, ${valueCharsMax}) as __value, ${columns.map((_, index) => `t${index}`).join(', ')}
      from (select *, ${code} as __code from (select *, ${values.join(', ')} from ${rows.from}))
    ) to ${sqlText(places.stage)} (format parquet, compression snappy)`)
  const stage = `read_parquet(${sqlText(places.stage)})`
  await connection.run('create or replace temp table late_rows (line bigint, code integer)')
  const named = columns.map(({ name }, index) => `t${index} as ${sqlName(name)}`).join(', ')
  for (const [index, { condition }] of late.entries()) {
    await connection.run(`
      insert into late_rows select __line, ${firstLate + index}
      from (select __line, ${named} from ${stage} where __code is null)
      where (${condition}) and __line not in (select line from late_rows)`)
  }
  if (hasKey) {
    const keys = keyIndexes.map((index) => `t${index}`)
    const good = `(select __line, ${keys.join(', ')} from ${stage} where __code is null and __line not in (select line from late_rows))`
    await connection.run(`
      insert into late_rows select __line, ${all.length - 1} from (
        select __line, row_number() over (partition by ${keys.join(', ')} order by __line) as copy from ${good}
        where (${keys.join(', ')}) in (select (${keys.join(', ')}) from ${good} group by ${keys.join(', ')} having count(*) > 1)
      ) where copy > 1`)
    if (rules.partsBefore.length > 0) {
      const names = dataset.key.map(sqlName)
      const before = `read_parquet([${rules.partsBefore.map(sqlText).join(', ')}], union_by_name = true)`
      const meets = keys.map((key, index) => `g.${key} = b.${names[index]}`).join(' and ')
      await connection.run(`
        insert into late_rows select __line, ${all.length - 1} from ${good} g
        where exists (select 1 from ${before} b where ${meets}) and __line not in (select line from late_rows)`)
    }
  }
  const lateCount = Number((await connection.runAndReadAll('select count(*)::double from late_rows')).value(0, 0))
  await connection.run(`
    copy (select ${named} from ${stage} where __code is null
      ${lateCount === 0 ? '' : 'and __line not in (select line from late_rows) order by __line'})
    ${copyTo(places.target)}`)
  const counted = await connection.runAndReadAll(`select count(*)::double from read_parquet(${sqlText(places.target)})`)
  const goodCount = Number(counted.value(0, 0))

  const facts = all
    .map(({ reason, column, detail }, index) => `(${index}, ${[reason, column, detail].map(orNull).join(', ')})`)
    .join(', ')
  const lateValues = [...late, duplicate]
    .map(({ value: text }, index) => `when ${firstLate + index} then ${text ?? 'null'}`)
    .join(' ')
  const cut = `left("row", ${limit('data.quarantine_row_chars_max')})`
  const split =
    places.rejects === undefined
      ? ''
      : `union all select line, null, null, reason, detail, ${cut} from
          read_json(${sqlText(places.rejects)}, format = 'newline_delimited', columns = {line: 'BIGINT', reason: 'VARCHAR', detail: 'VARCHAR', "row": 'VARCHAR'}, maximum_object_size = 1000000)`
  await connection.run(`
    copy (
      with facts (code, reason, "column", detail) as (values ${facts}),
      bad as (
        select __line as line, __code as code, __value as value, __row as "row" from ${stage} where __code is not null
        union all
        select __line, l.code, left(case l.code ${lateValues} end, ${valueCharsMax}), __row
        from ${stage} join late_rows l on l.line = __line
      )
      select ${sqlText(places.file)} as file, * from (
        select line, f."column", value, f.reason, f.detail, ${cut} as "row" from bad join facts f using (code)
        ${split}
      ) order by line
    ) to ${sqlText(places.quarantine)} (format parquet, compression zstd)`)
  await connection.run('drop table late_rows')
  const set = await connection.runAndReadAll(`select count(*)::double from read_parquet(${sqlText(places.quarantine)})`)
  await rm(places.stage, { force: true })
  return { columns, goodCount, badCount: Number(set.value(0, 0)) }
}

function orNull(text: string | undefined): string {
  return text === undefined ? 'cast(null as varchar)' : sqlText(text)
}

function widest(own: ColumnType | undefined, forced: ColumnType | undefined): ColumnType | undefined {
  if (forced === undefined || forced === own) return own
  if (own === undefined) return forced
  const holds =
    forced === 'text' || (forced === 'number' && own === 'integer') || (forced === 'timestamp' && own === 'date')
  // What was forced does not hold these values after all: the caller learns of it and widens the others.
  return holds ? forced : (typesBeyond(own).find((type) => typesBeyond(forced).includes(type)) ?? 'text')
}
