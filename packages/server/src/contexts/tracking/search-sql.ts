import { type RawBuilder, sql } from 'kysely'
import { type Comparison, type FilterColumn, type FilterCondition, filterError } from '../../platform/mlflow/index.js'
import type { ViewType } from './schema.js'

/** A condition that is true or false and never null, so that NOT is its opposite. */
export type Condition = RawBuilder<boolean>

const numberOperators = new Set(['=', '!=', '>', '>=', '<', '<='])
const textOperators = new Set(['=', '!=', 'LIKE', 'ILIKE'])

/** An operator of the grammar in SQL. Only those of the grammar get here. */
const operatorSql = (operator: string) => sql.raw(operator === '!=' ? '<>' : operator.toLowerCase())

function wrongOperator(comparison: Comparison): Error {
  return filterError(comparison.text, `Invalid comparator '${comparison.operator}' for this column`)
}

/** A comparison of a numeric column. */
export function numberCondition(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator, value, text } = comparison
  if (!numberOperators.has(operator)) throw wrongOperator(comparison)
  if (value.kind !== 'number') throw filterError(text, 'Expected numeric value type')
  return sql`${column} ${operatorSql(operator)} ${value.number}::float8`
}

/** A comparison of a text column; lists only where `lists` says so. */
export function textCondition(column: RawBuilder<unknown>, comparison: Comparison, lists: boolean): Condition {
  const { operator, value, text } = comparison
  if (lists && value.kind === 'list') {
    const isIn = sql<boolean>`${column} = any(${[...value.texts]}::text[])`
    return operator === 'IN' ? isIn : sql`not (${isIn})`
  }
  if (!textOperators.has(operator)) throw wrongOperator(comparison)
  if (value.kind !== 'text') throw filterError(text, "Expected a quoted string value (e.g. 'my-value')")
  // Without an escape, as in the other stores of MLflow.
  const noEscape = operator.endsWith('LIKE') ? sql` escape ''` : sql``
  return sql`${column} ${operatorSql(operator)} ${value.text}${noEscape}`
}

/** Characters of a value that the indexes of parameters and tags hold. */
const indexedChars = 64

/** A comparison of `kv.value` of a parameter or tag, in the form that its index can answer. */
export function indexedTextCondition(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator, value } = comparison
  const start = sql`left(${column}, ${sql.lit(indexedChars)})`
  if (operator === '=' && value.kind === 'text') {
    const startIs = sql<boolean>`${start} = left(${value.text}, ${sql.lit(indexedChars)})`
    // What is shorter than the start is all of the value.
    return value.text.length < indexedChars ? startIs : sql`${startIs} and ${column} = ${value.text}`
  }
  if (operator === 'IN' && value.kind === 'list' && value.texts.every(({ length }) => length < indexedChars)) {
    return sql`${start} = any(${[...value.texts]}::text[])`
  }
  return textCondition(column, comparison, true)
}

/** A comparison of a value in a table of keys and values: it holds only where the key is there, `IS NULL` where not. */
export function keyedCondition(
  rows: { readonly from: RawBuilder<unknown>; readonly key: string },
  comparison: Comparison,
  condition: (column: RawBuilder<unknown>, comparison: Comparison) => Condition,
): Condition {
  const { operator } = comparison
  const found = (more: Condition): Condition =>
    sql`exists (select from ${rows.from} and kv.key = ${rows.key} and ${more})`
  if (operator === 'IS NOT NULL') return found(sql`true`)
  if (operator === 'IS NULL') return sql`not ${found(sql`true`)}`
  return found(condition(sql.ref('kv.value'), comparison))
}

/** A filter with OR, NOT and parentheses in SQL; `leaf` gives the meaning of each comparison. */
export function conditionOf(filter: FilterCondition, leaf: (comparison: Comparison) => Condition): Condition {
  switch (filter.kind) {
    case 'comparison':
      return leaf(filter.comparison)
    case 'not':
      return sql`not (${conditionOf(filter.term, leaf)})`
    case 'and':
    case 'or': {
      const terms = filter.terms.map((term) => conditionOf(term, leaf))
      return sql`(${sql.join(terms, filter.kind === 'and' ? sql` and ` : sql` or `)})`
    }
  }
}

/** The error of a column that does not exist. */
export function unknownColumn(column: FilterColumn, valid: readonly string[]): Error {
  const name = column.entity === undefined ? column.key : `${column.entity}.${column.key}`
  return filterError(name, `Invalid attribute key '${name}' specified. Valid keys are ${valid.join(', ')}`)
}

export function stageCondition(column: RawBuilder<unknown>, view: ViewType): Condition {
  if (view === 'ALL') return sql`true`
  return sql`${column} = ${view === 'ACTIVE_ONLY' ? 'active' : 'deleted'}`
}
