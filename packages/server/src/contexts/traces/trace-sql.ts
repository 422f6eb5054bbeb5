import { type RawBuilder, sql } from 'kysely'
import { type Comparison, type FilterColumn, filterError } from '../../platform/mlflow/index.js'

export type Condition = RawBuilder<boolean>

const numberOperators = new Set(['=', '!=', '>', '>=', '<', '<='])
const textOperators = new Set(['=', '!=', 'LIKE', 'ILIKE', 'RLIKE'])
const listOperators = new Set(['IN', 'NOT IN'])
/** Longer patterns cost the database too much. */
const patternCharsMax = 1000

export function wrongOperator(comparison: Comparison): Error {
  return filterError(comparison.text, `Invalid comparator '${comparison.operator}' for this column`)
}

/** An operator of the grammar in SQL. Only those of the grammar get here. */
const operatorSql = (operator: string) =>
  sql.raw(operator === '!=' ? '<>' : operator === 'RLIKE' ? '~' : operator.toLowerCase())

export function numberCondition(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator, value, text } = comparison
  if (!numberOperators.has(operator)) throw wrongOperator(comparison)
  if (value.kind !== 'number') throw filterError(text, 'Expected numeric value type')
  return sql`${column} ${operatorSql(operator)} ${value.number}::float8`
}

/** A comparison of a text: lists of texts with IN, LIKE without an escape, RLIKE as a regular expression of PostgreSQL. */
export function textCondition(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator, value, text } = comparison
  if (listOperators.has(operator) && value.kind === 'list') {
    const isIn = sql<boolean>`${column} = any(${[...value.texts]}::text[])`
    return operator === 'IN' ? isIn : sql`not (${isIn})`
  }
  if (!textOperators.has(operator)) throw wrongOperator(comparison)
  if (value.kind !== 'text') throw filterError(text, "Expected a quoted string value (e.g. 'my-value')")
  if (operator === 'RLIKE' && value.text.length > patternCharsMax) {
    throw filterError(text, `A pattern has at most ${patternCharsMax} characters`)
  }
  const noEscape = operator.endsWith('ILIKE') || operator === 'LIKE' ? sql` escape ''` : sql``
  return sql`${column} ${operatorSql(operator)} ${value.text}${noEscape}`
}

/** A comparison of a member of a jsonb object of texts; equality can use its index. It holds only where the key is there. */
export function memberCondition(column: RawBuilder<unknown>, key: string, comparison: Comparison): Condition {
  const { operator, value } = comparison
  if (operator === 'IS NULL') return sql`not (${column} ? ${key})`
  if (operator === 'IS NOT NULL') return sql`${column} ? ${key}`
  if (operator === '=' && value.kind === 'text')
    return sql`${column} @> ${JSON.stringify({ [key]: value.text })}::jsonb`
  return textCondition(sql`(${column} ->> ${key}::text)`, comparison)
}

/** The error of a column that does not exist. */
export function unknownColumn(column: FilterColumn, valid: readonly string[]): Error {
  const name = column.entity === undefined ? column.key : `${column.entity}.${column.key}`
  return filterError(name, `Invalid attribute key '${name}' specified. Valid keys are ${valid.join(', ')}`)
}
