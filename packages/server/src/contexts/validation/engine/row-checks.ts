import type { ExpectationKwargs, KnownExpectation } from '@fabrique/contract'
import { sqlText } from '../../../platform/duckdb/index.js'
import {
  asNumber,
  boundSql,
  type Columns,
  columnOf,
  everyRow,
  isMoment,
  isNumeric,
  literalOf,
  numberSql,
  numericColumn,
  sameSql,
  type TableColumn,
  textSql,
  type Value,
} from './columns.js'
import { cannotEvaluate } from './model.js'
import { type PythonRegex, readPythonRegex } from './python-regex.js'
import { rowConditionSql } from './row-condition.js'

/** An expectation that judges each row. Conditions are SQL over the columns; `unexpected` is asked of the rows looked at only. */
export interface RowCheck {
  /** Columns whose values are shown for an unexpected row. */
  readonly values: readonly TableColumn[]
  /** How the values of a row are written in a result: alone, as a list, or by name. */
  readonly shape: 'value' | 'pair' | 'record'
  /** Rows that are counted as elements: those of the row condition. */
  readonly rows: string
  /** Rows that are looked at: those with a value. */
  readonly looked: string
  readonly unexpected: Unexpected
  readonly mostly: number
  /** Expectations about missing values say nothing of values that are there. */
  readonly hasMissing: boolean
}

/**
 * What decides about a value: that it is there, or where it or its length lies. Values between two that are expected are expected then.
 */
export type RowTrait = 'presence' | 'place' | 'length'

/** How an unexpected row is told. */
export type Unexpected =
  /** By the row alone; `about` says what of the value of the column decides, where that is one thing. */
  | { readonly by: 'row'; readonly sql: string; readonly about?: RowTrait }
  /** By judging the text of its value in this process; `sqlOf` says the same of the SQL of a text, where SQL can. */
  | { readonly by: 'text'; readonly judge: (text: string) => boolean; readonly sqlOf?: (text: string) => string }
  /** Because other rows looked at have the same values. */
  | { readonly by: 'copies' }
  /** By the row before it: `v` is its value and `before` that of the row before. */
  | { readonly by: 'order'; readonly sql: string }
  /** By figures of all rows looked at. */
  | {
      readonly by: 'figures'
      readonly figures: readonly string[]
      readonly sql: (found: readonly (number | null)[]) => string
    }

interface CommonKwargs {
  readonly row_condition?: string | Readonly<Record<string, unknown>> | undefined
  readonly condition_parser?: string | undefined
  readonly mostly?: number | undefined
}

/** SQL of the rows that an expectation is asked about. */
export function rowsOf(type: string, kwargs: CommonKwargs, columns: Columns): string {
  const { row_condition, condition_parser } = kwargs
  return rowConditionSql({ type, row_condition, condition_parser }, columns) ?? everyRow
}

/** True in SQL only where the condition is true, so that it can be negated. */
const surely = (sql: string) => `coalesce(${sql}, false)`
const both = (left: string, right: string) => (left === everyRow ? right : `(${left}) and (${right})`)

/** The check of each row that an expectation asks for; undefined where it asks about the whole. */
export function rowCheckOf(known: KnownExpectation, columns: Columns): RowCheck | undefined {
  const { type, kwargs } = known
  const rows = () => rowsOf(type, kwargs as CommonKwargs, columns)
  const mostly = (kwargs as CommonKwargs).mostly ?? 1
  const ofColumn = (unexpected: (column: TableColumn) => Unexpected): RowCheck => {
    const column = columnOf(columns, (kwargs as { readonly column: string }).column)
    const looked = both(rows(), `${column.sql} is not null`)
    return {
      values: [column],
      shape: 'value',
      rows: rows(),
      looked,
      unexpected: unexpected(column),
      mostly,
      hasMissing: true,
    }
  }
  const byRow = (sql: string, about?: RowTrait): Unexpected => ({
    by: 'row',
    sql,
    ...(about === undefined ? {} : { about }),
  })
  switch (type) {
    case 'expect_column_values_to_be_null':
    case 'expect_column_values_to_not_be_null': {
      const column = columnOf(columns, kwargs.column)
      const isWrong = `${column.sql} is ${type === 'expect_column_values_to_be_null' ? 'not ' : ''}null`
      return {
        values: [column],
        shape: 'value',
        rows: rows(),
        looked: rows(),
        unexpected: byRow(isWrong, 'presence'),
        mostly,
        hasMissing: false,
      }
    }
    case 'expect_column_values_to_be_unique':
      return ofColumn(() => ({ by: 'copies' }))
    case 'expect_column_values_to_be_in_set':
      return ofColumn((column) => byRow(`not ${inSetSql(column, kwargs.value_set)}`))
    case 'expect_column_values_to_not_be_in_set':
      return ofColumn((column) => byRow(inSetSql(column, kwargs.value_set)))
    case 'expect_column_values_to_be_between':
      return ofColumn((column) => byRow(outsideSql(column, kwargs), 'place'))
    case 'expect_column_value_lengths_to_be_between': {
      if (kwargs.min_value === undefined && kwargs.max_value === undefined)
        return cannotEvaluate('Invalid configuration')
      return ofColumn((column) => byRow(beyondSql(`length(${textSql(column)})`, kwargs), 'length'))
    }
    case 'expect_column_value_lengths_to_equal':
      return ofColumn((column) => byRow(`length(${textSql(column)}) <> ${numberSql(kwargs.value)}`))
    case 'expect_column_values_to_match_regex':
      return ofColumn(() => matching([kwargs.regex ?? '(?s).*'], ([found = false]) => found))
    case 'expect_column_values_to_not_match_regex':
      return ofColumn(() => matching([kwargs.regex], ([found]) => found !== true))
    case 'expect_column_values_to_match_regex_list':
      return ofColumn(() =>
        matching(
          kwargs.regex_list,
          (found) => (kwargs.match_on === 'all' ? found.every(Boolean) : found.some(Boolean)),
          kwargs.match_on ?? 'any',
        ),
      )
    case 'expect_column_values_to_not_match_regex_list':
      return ofColumn(() => matching(kwargs.regex_list, (found) => !found.some(Boolean), 'none'))
    case 'expect_column_values_to_match_like_pattern':
      return ofColumn((column) => byRow(`not (${likeSql(column, kwargs.like_pattern, kwargs.escape)})`))
    case 'expect_column_values_to_not_match_like_pattern':
      return ofColumn((column) => byRow(likeSql(column, kwargs.like_pattern, kwargs.escape)))
    case 'expect_column_values_to_match_like_pattern_list': {
      const joined = kwargs.match_on === 'all' ? ' and ' : ' or '
      return ofColumn((column) =>
        byRow(
          `not (${kwargs.like_pattern_list.map((pattern) => likeSql(column, pattern, kwargs.escape)).join(joined)})`,
        ),
      )
    }
    case 'expect_column_values_to_not_match_like_pattern_list':
      return ofColumn((column) =>
        byRow(kwargs.like_pattern_list.map((pattern) => likeSql(column, pattern, kwargs.escape)).join(' or ')),
      )
    case 'expect_column_values_to_be_increasing':
    case 'expect_column_values_to_be_decreasing':
      return ofColumn((column) => {
        if (column.kind === 'text')
          cannotEvaluate(`Column ${column.name} holds text, of which no difference can be taken`)
        const sign = type === 'expect_column_values_to_be_increasing' ? '>' : '<'
        return { by: 'order', sql: surely(`not (v ${sign}${kwargs.strictly === true ? '' : '='} before)`) }
      })
    case 'expect_column_value_z_scores_to_be_less_than':
      return ofColumn(() => zScores(numericColumn(columns, kwargs.column), kwargs))
    case 'expect_column_values_to_not_be_outliers':
      return ofColumn(() => outliers(numericColumn(columns, kwargs.column), kwargs))
    default:
      return severalColumnsCheck(known, columns)
  }
}

/** SQL that is true for an unexpected row among those looked at; undefined where no row alone tells. */
export function rowSql({ values: [column], unexpected }: RowCheck): string | undefined {
  if (unexpected.by === 'row') return unexpected.sql
  return unexpected.by === 'text' && column !== undefined ? unexpected.sqlOf?.(textSql(column)) : undefined
}

function severalColumnsCheck(known: KnownExpectation, columns: Columns): RowCheck | undefined {
  const { type, kwargs } = known
  const byRow = (sql: string): Unexpected => ({ by: 'row', sql })
  switch (type) {
    case 'expect_column_pair_values_to_be_equal':
      return pairCheck(type, kwargs, columns, (a, b) => byRow(`not ${surely(equalSql(a, b))}`))
    case 'expect_column_pair_values_a_to_be_greater_than_b':
      return pairCheck(type, kwargs, columns, (a, b) => {
        const isOrdered = a.kind === b.kind || (isNumeric(a) && isNumeric(b)) || (isMoment(a) && isMoment(b))
        if (!isOrdered) cannotEvaluate(`Columns ${a.name} (${a.kind}) and ${b.name} (${b.kind}) cannot be compared`)
        return byRow(`not ${surely(`${asNumber(a)} ${kwargs.or_equal === true ? '>=' : '>'} ${asNumber(b)}`)}`)
      })
    case 'expect_column_pair_values_to_be_in_set':
      return pairCheck(type, kwargs, columns, (a, b) => {
        const pairs = kwargs.value_pairs_set.flatMap(([left, right]) => {
          const inA = isValueSql(a, left)
          const inB = isValueSql(b, right)
          return inA === undefined || inB === undefined ? [] : [`(${inA} and ${inB})`]
        })
        return byRow(pairs.length === 0 ? 'true' : `not ${surely(pairs.join(' or '))}`)
      })
    case 'expect_compound_columns_to_be_unique':
      return recordCheck(type, kwargs, columns, () => ({ by: 'copies' }))
    case 'expect_select_column_values_to_be_unique_within_record':
    case 'expect_multicolumn_values_to_be_unique':
      return recordCheck(type, kwargs, columns, (list) => {
        const same = list.flatMap((left, index) => list.slice(index + 1).map((right) => sameSql(left, right)))
        return byRow(same.length === 0 ? 'false' : same.join(' or '))
      })
    case 'expect_multicolumn_values_to_be_equal':
      return recordCheck(type, kwargs, columns, ([first, ...others]) => {
        const same = first === undefined ? [] : others.map((other) => sameSql(first, other))
        return byRow(same.length === 0 ? 'false' : `not (${same.join(' and ')})`)
      })
    case 'expect_multicolumn_sum_to_equal':
      return recordCheck(type, kwargs, columns, (list) => {
        const sum = list.map(({ name }) => numericColumn(columns, name).sql).join(' + ')
        return byRow(`not ${surely(`(${sum}) = ${numberSql(kwargs.sum_total)}`)}`)
      })
    default:
      return undefined
  }
}

type PairKwargs = ExpectationKwargs<'expect_column_pair_values_to_be_equal'>
type ListKwargs = ExpectationKwargs<'expect_compound_columns_to_be_unique'>

function pairCheck(
  type: string,
  kwargs: PairKwargs,
  columns: Columns,
  unexpected: (a: TableColumn, b: TableColumn) => Unexpected,
): RowCheck {
  const a = columnOf(columns, kwargs.column_A)
  const b = columnOf(columns, kwargs.column_B)
  const rows = rowsOf(type, kwargs, columns)
  const ignored = kwargs.ignore_row_if ?? 'both_values_are_missing'
  const there =
    ignored === 'neither'
      ? everyRow
      : `${a.sql} is not null ${ignored === 'both_values_are_missing' ? 'or' : 'and'} ${b.sql} is not null`
  const looked = both(rows, there)
  return {
    values: [a, b],
    shape: 'pair',
    rows,
    looked,
    unexpected: unexpected(a, b),
    mostly: kwargs.mostly ?? 1,
    hasMissing: true,
  }
}

function recordCheck(
  type: string,
  kwargs: ListKwargs,
  columns: Columns,
  unexpected: (list: readonly TableColumn[]) => Unexpected,
): RowCheck {
  const list = kwargs.column_list.map((name) => columnOf(columns, name))
  const rows = rowsOf(type, kwargs, columns)
  const ignored = kwargs.ignore_row_if ?? 'all_values_are_missing'
  const joined = ignored === 'all_values_are_missing' ? ' or ' : ' and '
  const there = ignored === 'never' ? everyRow : list.map(({ sql }) => `${sql} is not null`).join(joined)
  const looked = both(rows, there)
  return {
    values: list,
    shape: 'record',
    rows,
    looked,
    unexpected: unexpected(list),
    mostly: kwargs.mostly ?? 1,
    hasMissing: true,
  }
}

function equalSql(a: TableColumn, b: TableColumn): string {
  return `(${sameSql(a, b)} and ${a.sql} is not null)`
}

function isValueSql(column: TableColumn, value: Value): string | undefined {
  if (value === null) return `${column.sql} is null`
  const literal = literalOf(column, value)
  return literal === undefined ? undefined : `${surely(`${column.sql} = ${literal}`)}`
}

/** SQL that is true where the value is in the set; values of another kind are in no set. */
export function inSetSql(column: TableColumn, set: readonly Value[]): string {
  const literals = set.flatMap((value) => literalOf(column, value) ?? [])
  return literals.length === 0 ? 'false' : `(${column.sql} in (${literals.join(', ')}))`
}

interface Bounds {
  readonly min_value?: string | number | undefined
  readonly max_value?: string | number | undefined
  readonly strict_min?: boolean | undefined
  readonly strict_max?: boolean | undefined
}

function outsideSql(column: TableColumn, kwargs: Bounds): string {
  const { min_value: min, max_value: max, strict_min, strict_max } = kwargs
  if (min === undefined && max === undefined) return cannotEvaluate('min_value and max_value cannot both be None')
  if (typeof min === typeof max && min !== undefined && max !== undefined && min > max)
    return cannotEvaluate('min_value cannot be greater than max_value')
  const outside = [
    ...(min === undefined ? [] : [`${asNumber(column)} ${strict_min === true ? '<=' : '<'} ${boundSql(column, min)}`]),
    ...(max === undefined ? [] : [`${asNumber(column)} ${strict_max === true ? '>=' : '>'} ${boundSql(column, max)}`]),
  ]
  return outside.join(' or ')
}

function beyondSql(sql: string, { min_value: min, max_value: max, strict_min, strict_max }: Bounds): string {
  const outside = [
    ...(typeof min === 'number' ? [`${sql} ${strict_min === true ? '<=' : '<'} ${numberSql(min)}`] : []),
    ...(typeof max === 'number' ? [`${sql} ${strict_max === true ? '>=' : '>'} ${numberSql(max)}`] : []),
  ]
  return outside.join(' or ')
}

function likeSql(column: TableColumn, pattern: string, escaping: string | undefined): string {
  return `${textSql(column)} like ${sqlText(pattern)}${escaping === undefined ? '' : ` escape ${sqlText(escaping)}`}`
}

/** In SQL where RE2 can say every expression, else by judging the distinct texts. */
function matching(
  patterns: readonly string[],
  passes: (found: readonly boolean[]) => boolean,
  how?: 'any' | 'all' | 'none',
): Unexpected {
  const regexes = patterns.map(readPythonRegex)
  const re2s = regexes.flatMap(({ re2 }: PythonRegex) => re2 ?? [])
  const judge = (text: string) => passes(regexes.map(({ isFoundIn }) => isFoundIn(text)))
  if (re2s.length < regexes.length) return { by: 'text', judge }
  const isWantedFound = how === 'all' || how === 'any' || (how === undefined && passes([true]))
  const sqlOf = (text: string) => {
    const found = re2s.map((re2) => `regexp_matches(${text}, ${sqlText(re2)})`).join(how === 'all' ? ' and ' : ' or ')
    return isWantedFound ? `not (${found})` : found
  }
  return { by: 'text', judge, sqlOf }
}

function zScores(
  { sql }: TableColumn,
  { threshold, double_sided }: ExpectationKwargs<'expect_column_value_z_scores_to_be_less_than'>,
): Unexpected {
  return {
    by: 'figures',
    figures: [`avg(${sql}::DOUBLE)`, `stddev_samp(${sql}::DOUBLE)`],
    sql([mean = null, deviation = null]) {
      // Without a spread no value has a score, and none is unexpected.
      if (mean === null || deviation === null || deviation === 0) return 'false'
      const score = `((${sql} - ${numberSql(mean)}) / ${numberSql(deviation)})`
      return double_sided ? `abs(${score}) >= ${numberSql(Math.abs(threshold))}` : `${score} >= ${numberSql(threshold)}`
    },
  }
}

function outliers(
  { sql }: TableColumn,
  { method = 'iqr', multiplier = 1.5 }: ExpectationKwargs<'expect_column_values_to_not_be_outliers'>,
): Unexpected {
  if (method === 'iqr')
    return {
      by: 'figures',
      figures: [`quantile_cont(${sql}::DOUBLE, 0.25)`, `quantile_cont(${sql}::DOUBLE, 0.75)`],
      sql([low = null, high = null]) {
        if (low === null || high === null) return 'false'
        const reach = multiplier * (high - low)
        return `${sql} < ${numberSql(low - reach)} or ${sql} > ${numberSql(high + reach)}`
      },
    }
  return {
    by: 'figures',
    figures: [`avg(${sql}::DOUBLE)`, `stddev_samp(${sql}::DOUBLE)`],
    sql([mean = null, deviation = null]) {
      if (mean === null || deviation === null) return 'false'
      const reach = multiplier * deviation
      if (reach <= 0) return `${sql} <> ${numberSql(mean)}`
      return `abs(${sql} - ${numberSql(mean)}) >= ${numberSql(reach)}`
    },
  }
}
