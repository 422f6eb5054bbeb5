import { type RawBuilder, sql } from 'kysely'
import {
  type Comparison,
  type FilterColumn,
  type FilterCondition,
  filterError,
  type OrderTerm,
} from '../../platform/mlflow/index.js'
import { traceMetadata, traceTags } from './model.js'
import {
  type Condition,
  memberCondition,
  numberCondition,
  textCondition,
  unknownColumn,
  wrongOperator,
} from './trace-sql.js'

type Entity = 'attribute' | 'tag' | 'metadata' | 'span' | 'feedback' | 'expectation' | 'issue'

const entities: Readonly<Record<string, Entity>> = {
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  trace: 'attribute',
  tag: 'tag',
  tags: 'tag',
  metadata: 'metadata',
  request_metadata: 'metadata',
  trace_metadata: 'metadata',
  span: 'span',
  feedback: 'feedback',
  expectation: 'expectation',
  issue: 'issue',
}

interface Attribute {
  readonly kind: 'text' | 'number'
  readonly sql: RawBuilder<unknown>
}

const requestTime = sql.ref('t.request_ms')
const end = sql`(t.request_ms + coalesce(t.execution_ms, 0))`
const attributes: Readonly<Record<string, Attribute>> = {
  request_id: { kind: 'text', sql: sql.ref('t.id') },
  trace_id: { kind: 'text', sql: sql.ref('t.id') },
  client_request_id: { kind: 'text', sql: sql.ref('t.client_request_id') },
  status: { kind: 'text', sql: sql.ref('t.state') },
  state: { kind: 'text', sql: sql.ref('t.state') },
  name: { kind: 'text', sql: sql.ref('t.name') },
  timestamp: { kind: 'number', sql: requestTime },
  timestamp_ms: { kind: 'number', sql: requestTime },
  request_time: { kind: 'number', sql: requestTime },
  execution_time: { kind: 'number', sql: sql.ref('t.execution_ms') },
  execution_time_ms: { kind: 'number', sql: sql.ref('t.execution_ms') },
  execution_duration: { kind: 'number', sql: sql.ref('t.execution_ms') },
  end_time: { kind: 'number', sql: end },
  end_time_ms: { kind: 'number', sql: end },
}
const otherKeys = ['run_id', 'prompt', 'text']

function entityOf({ entity, key, aggregate }: FilterColumn): Entity {
  if (aggregate !== undefined) throw filterError(key, 'Traces have no metrics to aggregate')
  if (entity === undefined) return 'attribute'
  const known = Object.hasOwn(entities, entity) ? entities[entity] : undefined
  if (known !== undefined) return known
  throw filterError(`${entity}.${key}`, `Invalid entity type '${entity}'. Valid values are ${Object.keys(entities)}`)
}

function attributeOf(column: FilterColumn): Attribute {
  const found = Object.hasOwn(attributes, column.key) ? attributes[column.key] : undefined
  if (found === undefined) throw unknownColumn(column, [...Object.keys(attributes), ...otherKeys])
  return found
}

/** What a filter means for `traces t`. Throws `filter_invalid`. */
export function traceCondition(condition: FilterCondition | undefined): Condition {
  if (condition === undefined) return sql`true`
  switch (condition.kind) {
    case 'comparison':
      return comparisonCondition(condition.comparison)
    case 'not':
      return sql`not coalesce(${traceCondition(condition.term)}, false)`
    case 'or':
      return sql`(${sql.join(condition.terms.map(traceCondition), sql` or `)})`
    case 'and':
      return sql`(${sql.join(conjunction(condition.terms), sql` and `)})`
  }
}

/** Conditions on spans that are joined by AND must hold for the same span. */
function conjunction(terms: readonly FilterCondition[]): readonly Condition[] {
  const onSpans = terms.flatMap((term) => {
    const found = term.kind === 'comparison' ? spanCondition(term.comparison) : undefined
    return found === undefined ? [] : [found]
  })
  const others = terms.filter((term) => term.kind !== 'comparison' || spanCondition(term.comparison) === undefined)
  return [...(onSpans.length === 0 ? [] : [spanExists(onSpans)]), ...others.map(traceCondition)]
}

function spanExists(conditions: readonly Condition[]): Condition {
  return sql`exists (select from trace_spans s where s.trace_id = t.id and ${sql.join(conditions, sql` and `)})`
}

function comparisonCondition(comparison: Comparison): Condition {
  const { column } = comparison
  const onSpan = spanCondition(comparison)
  if (onSpan !== undefined) return spanExists([onSpan])
  const entity = entityOf(column)
  switch (entity) {
    case 'tag':
      if (column.key === traceTags.linkedPrompts) return promptCondition(comparison)
      return memberCondition(sql.ref('t.tags'), column.key, comparison)
    case 'metadata':
      return metadataCondition(column.key, comparison)
    case 'feedback':
    case 'expectation':
      return assessmentCondition(entity, column.key, comparison)
    case 'issue':
      return issueCondition(comparison)
    default:
      return attributeCondition(comparison)
  }
}

function attributeCondition(comparison: Comparison): Condition {
  const { key } = comparison.column
  if (key === 'run_id') return metadataCondition(traceMetadata.sourceRun, comparison)
  if (key === 'prompt') return promptCondition(comparison)
  const attribute = attributeOf(comparison.column)
  return attribute.kind === 'number'
    ? numberCondition(attribute.sql, comparison)
    : textCondition(attribute.sql, comparison)
}

/** The run that a trace came from is one that it was linked to as well. Both are looked up by their index. */
function metadataCondition(key: string, comparison: Comparison): Condition {
  const { operator, value } = comparison
  const isRun = key === traceMetadata.sourceRun
  if (!isRun || (operator !== '=' && operator !== 'IN')) {
    return memberCondition(sql.ref('t.metadata'), key, comparison)
  }
  if (value.kind !== 'text' && value.kind !== 'list') throw wrongOperator(comparison)
  const runs = value.kind === 'text' ? [value.text] : [...value.texts]
  return sql`t.id in (
    select m.id from unnest(${runs}::text[]) as r (id) join traces m on m.metadata @> jsonb_build_object(${key}::text, r.id)
    union all select l.trace_id from trace_links l where l.kind = 'run' and l.target = any(${runs}::text[])
  )`
}

function promptCondition(comparison: Comparison): Condition {
  const { operator, value, text } = comparison
  if (operator !== '=' || value.kind !== 'text') {
    throw filterError(
      text,
      `Invalid comparator '${operator}' for prompts filter. Only '=' is supported with format: prompt = "name/version"`,
    )
  }
  if (value.text.split('/').length !== 2) {
    throw filterError(text, `Invalid prompts filter value '${value.text}'. Expected format: prompt = "name/version"`)
  }
  return sql`t.id in (select l.trace_id from trace_links l where l.kind = 'prompt' and l.target = ${value.text})`
}

/** A condition on `trace_spans s`, or undefined for a column that is not of spans. */
function spanCondition(comparison: Comparison): Condition | undefined {
  const { column, operator } = comparison
  const entity = entityOf(column)
  if (entity === 'attribute' && column.key === 'text') return contentCondition(comparison)
  if (entity !== 'span') return undefined
  if (operator.startsWith('IS')) throw wrongOperator(comparison)
  if (column.key === 'content') return contentCondition(comparison)
  if (['name', 'type', 'status'].includes(column.key)) return textCondition(sql.ref(`s.${column.key}`), comparison)
  const attribute = /^attributes\.(.+)$/s.exec(column.key)?.[1]
  if (attribute === undefined) {
    throw filterError(
      `span.${column.key}`,
      `Invalid span attribute '${column.key}'. Supported attributes: name, status, type, attributes.<attribute_name>.`,
    )
  }
  return textCondition(sql`(s.attributes ->> ${attribute}::text)`, comparison)
}

function contentCondition(comparison: Comparison): Condition {
  const { operator, text } = comparison
  if (operator !== 'LIKE' && operator !== 'ILIKE') {
    throw filterError(text, `span.content comparator '${operator}' not one of 'LIKE', 'ILIKE'`)
  }
  return textCondition(sql.ref('s.content'), comparison)
}

function assessmentCondition(kind: 'feedback' | 'expectation', name: string, comparison: Comparison): Condition {
  const { operator, value } = comparison
  const found = (more: Condition): Condition =>
    sql`exists (select from trace_assessments a where a.trace_id = t.id and a.kind = ${kind} and a.name = ${name}
      and a.is_valid and ${more})`
  if (operator === 'IS NOT NULL') return found(sql`true`)
  if (operator === 'IS NULL') return sql`not ${found(sql`true`)}`
  if (value.kind === 'number') {
    // The value itself is a number: true and "yes" are compared as texts.
    return found(sql`a.value ~ '^-?[0-9]' and ${numberCondition(sql.ref('a.number_value'), comparison)}`)
  }
  if (value.kind !== 'text' || (operator !== '=' && operator !== '!=')) {
    return found(textCondition(sql.ref('a.value'), comparison))
  }
  const isEqual = sql<boolean>`a.value in (${value.text}, ${JSON.stringify(value.text)})`
  return found(operator === '=' ? isEqual : sql`not (${isEqual})`)
}

function issueCondition(comparison: Comparison): Condition {
  const { column, operator, value } = comparison
  if (column.key !== 'id') throw unknownColumn(column, ['issue.id'])
  if (operator !== '=' || value.kind !== 'text') throw wrongOperator(comparison)
  return sql`exists (select from trace_assessments a where a.trace_id = t.id and a.kind = 'issue' and a.name = ${value.text})`
}

/** The terms of an ORDER BY over `traces t`: absent values last, then newest first and by id. */
export function traceOrder(terms: readonly OrderTerm[]): RawBuilder<unknown> {
  const columns = terms.map(({ column, descending }) => ({ ref: orderColumn(column), descending }))
  const by = columns.map(({ ref, descending }) => {
    // Every trace has a time: without `nulls last` the index serves the order.
    if (ref === requestTime) return descending ? sql`${ref} desc` : sql`${ref}`
    return descending ? sql`${ref} desc nulls last` : sql`${ref} nulls last`
  })
  const isByTime = columns.some(({ ref }) => ref === requestTime)
  return sql.join([...by, ...(isByTime ? [] : [sql`${requestTime} desc`]), sql`t.id`])
}

function orderColumn(column: FilterColumn): RawBuilder<unknown> {
  const entity = entityOf(column)
  if (entity === 'tag') return sql`(t.tags ->> ${column.key}::text)`
  if (entity === 'metadata') return sql`(t.metadata ->> ${column.key}::text)`
  if (entity !== 'attribute') throw filterError(column.key, `Invalid identifier type '${entity}'`)
  if (column.key === 'run_id') return sql`(t.metadata ->> ${traceMetadata.sourceRun}::text)`
  if (column.key === 'experiment_id') return sql.ref('t.experiment_id')
  return attributeOf(column).sql
}
