import { type RawBuilder, sql } from 'kysely'
import { filterError, type OrderTerm } from '../../platform/mlflow/index.js'
import { attributeRef, figureOf, type RunColumn, runColumnOf } from './run-columns.js'
import type { Condition } from './search-sql.js'

/** One column that runs are sorted by. Absent values come last in both directions. */
export interface SortColumn {
  readonly expression: RawBuilder<unknown>
  readonly type: 'float8' | 'bigint' | 'text' | 'boolean'
  readonly descending: boolean
  readonly nullable: boolean
}

/**
 * A part of the answer: some of the runs, in the order of its columns. The runs of one phase all come before those of the
 * next, so that each is read along an index: runs that have the metric, those where it is NaN, those without.
 */
export interface Phase {
  /** Joins to `runs r`. */
  readonly joins: RawBuilder<unknown>
  readonly where: readonly Condition[]
  readonly columns: readonly SortColumn[]
  /** What an index has in order: the runs of one experiment, or those of one experiment in one stage. */
  readonly orderedBy: 'nothing' | 'experiment' | 'experiment_and_stage'
}

interface Part {
  readonly joins: readonly RawBuilder<unknown>[]
  readonly columns: readonly SortColumn[]
}

const byStart: SortColumn = { expression: sql.ref('r.start_ms'), type: 'bigint', descending: true, nullable: false }
const byId: SortColumn = { expression: sql.ref('r.id'), type: 'text', descending: false, nullable: false }

function partOf({ column, descending, text }: OrderTerm, index: number): Part {
  const run = runColumnOf(column)
  if (run.kind === 'dataset') throw filterError(text, 'runs cannot be ordered by a data set')
  if (run.kind === 'attribute') {
    const { type, nullable = false } = run.attribute
    const expression = bytewise(attributeRef(run.attribute), type)
    return { joins: [], columns: [{ expression, type, descending, nullable }] }
  }
  const alias = `o${index}`
  const table = run.kind === 'metric' ? 'metric_series' : run.kind === 'param' ? 'params' : 'run_tags'
  const join = sql`left join ${sql.table(table)} ${sql.ref(alias)}
    on ${sql.ref(`${alias}.run_id`)} = r.id and ${sql.ref(`${alias}.key`)} = ${run.key}`
  if (run.kind !== 'metric') {
    const expression = bytewise(sql.ref(`${alias}.value`), 'text')
    return { joins: [join], columns: [{ expression, type: 'text', descending, nullable: true }] }
  }
  const figure: SortColumn = { expression: figureOf(alias, run.figure), type: 'float8', descending, nullable: true }
  const isNan = sql.ref(`${alias}.last_is_nan`)
  const nanLast: SortColumn = { expression: isNan, type: 'boolean', descending: false, nullable: true }
  return { joins: [join], columns: run.figure === 'last' ? [nanLast, figure] : [figure] }
}

/** Texts are ordered the same on every server, whatever its locale. */
function bytewise(expression: RawBuilder<unknown>, type: SortColumn['type']): RawBuilder<unknown> {
  return type === 'text' ? sql`${expression} collate "C"` : expression
}

const joined = (joins: readonly RawBuilder<unknown>[]) => (joins.length === 0 ? sql`` : sql.join(joins, sql` `))

/** Newest first and by id where all else is equal. */
function withTieBreak(columns: readonly SortColumn[], isByStart: boolean): readonly SortColumn[] {
  return isByStart ? [...columns, byId] : [...columns, byStart, byId]
}

const isStartTime = (column: RunColumn) => column.kind === 'attribute' && column.attribute.column === 'r.start_ms'

/** The order of a search as one phase, whatever it is: for pages that are given by their offset. */
export function wholeOrder(terms: readonly OrderTerm[]): Phase {
  const parts = terms.map(partOf)
  const firstColumn = terms[0] === undefined ? undefined : runColumnOf(terms[0].column)
  const isByStart = firstColumn === undefined || (terms.length === 1 && isStartTime(firstColumn))
  const columns = parts.flatMap((part) => part.columns)
  return {
    joins: joined(parts.flatMap((part) => part.joins)),
    where: [],
    columns: withTieBreak(columns.length === 0 ? [byStart] : columns, isByStart),
    orderedBy: isByStart ? 'experiment_and_stage' : 'nothing',
  }
}

/** The order of a search in phases. Throws `filter_invalid` for columns that cannot be sorted by. */
export function orderPhases(terms: readonly OrderTerm[]): readonly Phase[] {
  const [first, ...others] = terms
  const column = first === undefined ? undefined : runColumnOf(first.column)
  if (first === undefined || column?.kind !== 'metric') return [wholeOrder(terms)]
  const rest = others.map((term, index) => partOf(term, index + 1))
  const restJoins = rest.flatMap((part) => part.joins)
  const columns = withTieBreak(
    rest.flatMap((part) => part.columns),
    false,
  )
  const figure = figureOf('m', column.figure)
  const join = sql`join metric_series m on m.run_id = r.id and m.experiment_id = r.experiment_id and m.key = ${column.key}`
  const type = column.figure === 'count' ? 'bigint' : 'float8'
  const byFigure: SortColumn = { expression: figure, type, descending: first.descending, nullable: false }
  const isThere: Condition = column.figure === 'last' ? sql`not m.last_is_nan` : sql`${figure} is not null`
  const isInSeries: Condition = column.figure === 'last' ? sql`true` : sql`${figure} is not null`
  const absent: Condition = sql`not exists (
    select from metric_series m where m.run_id = r.id and m.key = ${column.key} and ${isInSeries})`
  const withFigure: Phase = {
    joins: joined([join, ...restJoins]),
    where: [isThere],
    columns: [byFigure, ...columns],
    orderedBy: column.figure === 'last' ? 'experiment' : 'nothing',
  }
  const withNan: Phase = { ...withFigure, where: [sql`m.last_is_nan`], columns }
  const without: Phase = {
    joins: joined(restJoins),
    where: [absent],
    columns,
    orderedBy: rest.length === 0 ? 'experiment_and_stage' : 'nothing',
  }
  return column.figure === 'last' ? [withFigure, withNan, without] : [withFigure, without]
}

/** The columns as ORDER BY, of `expressions` where the rows have them under other names. */
export function orderBy(columns: readonly SortColumn[], expressions?: readonly RawBuilder<unknown>[]) {
  return sql.join(
    columns.map((column, index) => {
      const expression = expressions?.[index] ?? column.expression
      const direction = sql.raw(column.descending ? 'desc' : 'asc')
      // Said only where it matters: the indexes are not declared with it.
      return column.nullable ? sql`${expression} ${direction} nulls last` : sql`${expression} ${direction}`
    }),
  )
}

const numberText = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/

/** True where values, which a client sends back, can be those of a row. */
export function areValuesOf(columns: readonly SortColumn[], values: readonly (string | null)[]): boolean {
  if (columns.length !== values.length) return false
  return columns.every(({ type, nullable }, index) => {
    const value = values[index] ?? null
    if (value === null) return nullable
    if (type === 'text') return true
    if (type === 'boolean') return value === 'true' || value === 'false'
    return type === 'bigint' ? /^-?\d{1,19}$/.test(value) : numberText.test(value)
  })
}

/** True for what comes after a row whose sorted columns have these values, as texts. */
export function afterRow(columns: readonly SortColumn[], values: readonly (string | null)[]): Condition {
  const [column, ...rest] = columns
  if (column === undefined) return sql`false`
  const { expression, type, descending, nullable } = column
  const value = values[0] ?? null
  const further = afterRow(rest, values.slice(1))
  if (value === null) return sql`(${expression} is null and ${further})`
  const bound = sql`${value}::${sql.raw(type)}`
  const beyond = descending ? sql`${expression} < ${bound}` : sql`${expression} > ${bound}`
  if (nullable) return sql`(${expression} is null or ${beyond} or (${expression} = ${bound} and ${further}))`
  // The first bound is what an index is entered with.
  const entry = descending ? sql`${expression} <= ${bound}` : sql`${expression} >= ${bound}`
  return sql`(${entry} and (${beyond} or ${further}))`
}
