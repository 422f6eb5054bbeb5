import { type RawBuilder, sql } from 'kysely'
import {
  type Comparison,
  type FilterColumn,
  type FilterCondition,
  filterError,
  invalidValue,
  parseCondition,
} from '../../platform/mlflow/index.js'
import { promptTag } from './model.js'

export type Condition = RawBuilder<boolean>

const numberOperators = new Set(['=', '!=', '>', '>=', '<', '<='])
const textOperators = new Set(['=', '!=', 'LIKE', 'ILIKE'])

/** An operator of the grammar in SQL. Only those of the grammar get here. */
const operatorSql = (operator: string) => sql.raw(operator === '!=' ? '<>' : operator.toLowerCase())

function wrongOperator({ text, operator }: Comparison): Error {
  return filterError(text, `Invalid comparator for attribute: ${operator}`)
}

/** A comparison of a text; lists only where `lists` says so. */
export function textCondition(column: RawBuilder<unknown>, comparison: Comparison, lists: boolean): Condition {
  const { operator, value, text } = comparison
  if (operator === 'IN' || operator === 'NOT IN') {
    if (!lists || value.kind !== 'list') throw wrongOperator(comparison)
    const isIn = sql<boolean>`${column} = any(${[...value.texts]}::text[])`
    return operator === 'IN' ? isIn : sql`not (${isIn})`
  }
  if (!textOperators.has(operator)) throw wrongOperator(comparison)
  if (value.kind !== 'text') throw filterError(text, "Expected a quoted string value (e.g. 'my-value')")
  // Without an escape, as in the other stores of MLflow.
  const noEscape = operator.endsWith('LIKE') ? sql` escape ''` : sql``
  return sql`${column} ${operatorSql(operator)} ${value.text}${noEscape}`
}

/** A comparison of a whole number, which may be quoted. */
export function integerCondition(column: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator, value, text } = comparison
  if (!numberOperators.has(operator)) throw wrongOperator(comparison)
  const number = value.kind === 'number' ? value.number : value.kind === 'text' ? Number(value.text) : Number.NaN
  if (!Number.isInteger(number))
    throw filterError(text, 'Invalid value for numeric attribute: a whole number is expected')
  return sql`${column} ${operatorSql(operator)} ${number}::float8`
}

/** A comparison of a tag: holds only where the tag is there. */
export function tagCondition(tags: RawBuilder<unknown>, comparison: Comparison): Condition {
  const { operator, column } = comparison
  if (operator === 'IS NULL') return sql`not (${tags} ? ${column.key})`
  if (operator === 'IS NOT NULL') return sql`${tags} ? ${column.key}`
  return textCondition(sql`(${tags} ->> ${column.key}::text)`, comparison, false)
}

export const isTag = ({ entity }: FilterColumn): boolean => entity === 'tag' || entity === 'tags'
export const isAttribute = ({ entity }: FilterColumn): boolean =>
  entity === undefined || ['attribute', 'attributes', 'attr'].includes(entity)

const ofPrompts = ({ column }: Comparison) => isTag(column) && column.key === promptTag

/** The comparisons of a condition, from left to right. */
function comparisonsOf(condition: FilterCondition): readonly Comparison[] {
  switch (condition.kind) {
    case 'comparison':
      return [condition.comparison]
    case 'not':
      return comparisonsOf(condition.term)
    case 'and':
    case 'or':
      return condition.terms.flatMap(comparisonsOf)
  }
}

/** A condition in SQL. A comparison that does not hold for want of a value does hold under NOT. */
function conditionOf(condition: FilterCondition, leaf: (comparison: Comparison) => Condition): Condition {
  switch (condition.kind) {
    case 'comparison':
      return leaf(condition.comparison)
    case 'not':
      return sql`not coalesce(${conditionOf(condition.term, leaf)}, false)`
    case 'and':
    case 'or': {
      const terms = condition.terms.map((term) => conditionOf(term, leaf))
      return sql`(${sql.join(terms, condition.kind === 'and' ? sql` and ` : sql` or `)})`
    }
  }
}

/**
 * A filter in SQL. Prompts are shown only where its first comparison of their tag asks for them; else `hidden` says which
 * rows are no prompts, and comparisons of that tag say nothing more, since models do not have it.
 * Throws `filter_invalid`.
 */
export function filterSql(filter: string, hidden: Condition, leaf: (comparison: Comparison) => Condition): Condition {
  const parsed = parseCondition(filter)
  if (parsed === undefined) return hidden
  const asked = comparisonsOf(parsed).find(ofPrompts)
  const value = asked?.value.kind === 'text' ? asked.value.text.toLowerCase() : ''
  const wantsPrompts = (asked?.operator === '=' && value === 'true') || (asked?.operator === '!=' && value === 'false')
  if (wantsPrompts) return conditionOf(parsed, leaf)
  return sql`${hidden} and ${conditionOf(parsed, (one) => (ofPrompts(one) ? sql`true` : leaf(one)))}`
}

/** The error of a column that does not exist. */
export function unknownColumn(column: FilterColumn, valid: readonly string[]): Error {
  const name = column.entity === undefined ? column.key : `${column.entity}.${column.key}`
  return filterError(name, `Invalid attribute key '${name}' specified. Valid keys are '${valid.join("', '")}'`)
}

/** Throws `mlflow_invalid_value`. */
export function checkedPageSize(size: number, max: number): number {
  if (size >= 1 && size <= max) return size
  throw invalidValue(
    'max_results',
    size,
    `Invalid value for request parameter max_results. It must be at least 1 and at most ${max}, but got value ${size}`,
  )
}
