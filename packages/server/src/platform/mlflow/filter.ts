import { FabriqueError } from '@fabrique/contract'

/**
 * The grammar of searches, without the meaning of its columns. MLflow knows comparisons joined by AND (`parseFilter`);
 * ours adds OR, NOT, parentheses and aggregates of metrics (`parseCondition`). Both cost time linear in the text.
 *
 *     metrics.accuracy >= 0.9 and params."learning rate" = '0.1' and run_id in ('a', 'b') and tags.x is null
 *     (max(metrics.accuracy) > 0.95 or tags.team = 'core') and not params.depth in ('1', '2')
 */
export interface Comparison {
  readonly column: FilterColumn
  readonly operator: FilterOperator
  readonly value: FilterValue
  /** The comparison as it was written, for messages. */
  readonly text: string
}

/** What a filter with OR, NOT and parentheses says. NOT binds closest, then AND, then OR. */
export type FilterCondition =
  | { readonly kind: 'comparison'; readonly comparison: Comparison }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly FilterCondition[] }
  | { readonly kind: 'not'; readonly term: FilterCondition }

/** `metrics.accuracy` has the entity `metrics` and the key `accuracy`; a bare word is a key alone. */
export interface FilterColumn {
  readonly entity: string | undefined
  readonly key: string
  /** Set for `max(metrics.accuracy)`: over all points of the metric. */
  readonly aggregate?: FilterAggregate
}

export type FilterAggregate = (typeof aggregates)[number]
export type FilterOperator = (typeof operators)[number]

export type FilterValue =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly texts: readonly string[] }
  | { readonly kind: 'none' }

export interface OrderTerm {
  readonly column: FilterColumn
  readonly descending: boolean
  readonly text: string
}

export interface GrammarOptions {
  /** Understand `min(metrics.x)` and its like. */
  readonly aggregates?: boolean
}

const operators = [
  '=',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  'LIKE',
  'ILIKE',
  'RLIKE',
  'IN',
  'NOT IN',
  'IS NULL',
  'IS NOT NULL',
] as const
export const aggregates = ['min', 'max', 'mean', 'last', 'count'] as const
/** More comparisons or columns than this are refused: each costs the database a lookup. */
const termsMax = 100
/** Characters of a filter: about 30,000 ids in a list. */
const charsMax = 1_000_000
/** Parentheses and NOT within each other. */
const depthMax = 50
const word = /\s*(?:`([^`]*)`|"([^"]*)"|([\p{L}\p{N}_]+))/uy
const dot = /\s*\.\s*/y
const operator = /\s*(!=|>=|<=|=|>|<|like\b|ilike\b|rlike\b|not\s+in\b|in\b|is\s+not\s+null\b|is\s+null\b)/iy
const number = /\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(?![\p{L}\p{N}_.])/iuy
const quoted = /\s*(?:'([^']*(?:''[^']*)*)'|"([^"]*(?:""[^"]*)*)")/y
const and = /\s*and\b/iy
const or = /\s*or\b/iy
const not = /\s*not\b(?!\s*\.)/iy
const direction = /\s*(asc|desc)\b/iy
const open = /\s*\(/y
const close = /\s*\)/y
const aggregateOpen = /\s*(min|max|mean|last|count)\s*\(/iy
const comma = /\s*,/y
const end = /\s*$/y

export function filterError(near: string, reason: string): FabriqueError {
  return new FabriqueError('filter_invalid', { near: near.trim().slice(0, 100) || 'the end', reason })
}

/** Reads a text from left to right by patterns. */
class Reader {
  readonly #text: string
  position = 0

  constructor(text: string) {
    if (text.length > charsMax) throw filterError(text.slice(0, 50), `it has at most ${charsMax} characters`)
    this.#text = text
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.position = pattern.lastIndex
    return match
  }

  since(start: number): string {
    return this.#text.slice(start, this.position).trim()
  }

  fail(reason: string): FabriqueError {
    return filterError(this.#text.slice(this.position), reason)
  }
}

function readColumn(reader: Reader, { aggregates: withAggregates = false }: GrammarOptions = {}): FilterColumn {
  const found = withAggregates ? reader.take(aggregateOpen)?.[1]?.toLowerCase() : undefined
  const aggregate = aggregates.find((candidate) => candidate === found)
  if (aggregate === undefined) return readPlainColumn(reader)
  const column = readPlainColumn(reader)
  if (reader.take(close) === undefined) throw reader.fail(`${aggregate} is not closed by )`)
  return { ...column, aggregate }
}

function readPlainColumn(reader: Reader): FilterColumn {
  const parts: string[] = []
  do {
    const match = reader.take(word)
    if (match === undefined) throw reader.fail('a column is expected, as metrics.accuracy')
    parts.push(match[1] ?? match[2] ?? match[3] ?? '')
  } while (reader.take(dot) !== undefined)
  const [first = '', ...rest] = parts
  return rest.length === 0 ? { entity: undefined, key: first } : { entity: first, key: rest.join('.') }
}

function readOperator(reader: Reader): FilterOperator {
  const found = reader.take(operator)?.[1]?.toUpperCase().replace(/\s+/g, ' ')
  const known = operators.find((candidate) => candidate === found)
  if (known === undefined) throw reader.fail(`a comparison is expected: ${operators.join(' ')}`)
  return known
}

function readText(reader: Reader): string | undefined {
  const match = reader.take(quoted)
  return match === undefined ? undefined : (match[1]?.replaceAll("''", "'") ?? match[2]?.replaceAll('""', '"') ?? '')
}

function readList(reader: Reader): FilterValue {
  if (reader.take(open) === undefined) throw reader.fail('a list is expected after IN')
  const texts: string[] = []
  do {
    const text = readText(reader)
    if (text === undefined && texts.length > 0) break
    if (text === undefined) throw reader.fail('expected a non-empty list of quoted string values')
    texts.push(text)
  } while (reader.take(comma) !== undefined)
  if (reader.take(close) === undefined) throw reader.fail('the list is not closed by )')
  return { kind: 'list', texts }
}

function readValue(reader: Reader, operator: FilterOperator): FilterValue {
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') return { kind: 'none' }
  if (operator === 'IN' || operator === 'NOT IN') return readList(reader)
  const text = readText(reader)
  if (text !== undefined) return { kind: 'text', text }
  const digits = reader.take(number)?.[1]
  if (digits === undefined) throw reader.fail('a number or a quoted string value is expected')
  return { kind: 'number', number: Number(digits) }
}

function readComparison(reader: Reader, options?: GrammarOptions): Comparison {
  const start = reader.position
  const column = readColumn(reader, options)
  const operator = readOperator(reader)
  const value = readValue(reader, operator)
  return { column, operator, value, text: reader.since(start) }
}

/** Parses a filter of MLflow; an empty one has no comparisons. Throws `filter_invalid`. */
export function parseFilter(text: string): readonly Comparison[] {
  const reader = new Reader(text)
  if (reader.take(end) !== undefined) return []
  const comparisons = [readComparison(reader)]
  while (reader.take(end) === undefined) {
    if (reader.take(and) === undefined) throw reader.fail('comparisons are joined by AND')
    comparisons.push(readComparison(reader))
    if (comparisons.length > termsMax) throw reader.fail(`a filter has at most ${termsMax} comparisons`)
  }
  return comparisons
}

/** Reads a condition by descent: each level takes what binds closer. */
class ConditionReader {
  readonly #reader: Reader
  #comparisons = 0
  #depth = 0

  constructor(reader: Reader) {
    this.#reader = reader
  }

  either(): FilterCondition {
    return this.#joined('or', or, () => this.#joined('and', and, () => this.#term()))
  }

  #joined(kind: 'and' | 'or', joint: RegExp, read: () => FilterCondition): FilterCondition {
    const first = read()
    const terms = [first]
    while (this.#reader.take(joint) !== undefined) terms.push(read())
    return terms.length === 1 ? first : { kind, terms }
  }

  #term(): FilterCondition {
    const reader = this.#reader
    if (reader.take(not) !== undefined) return { kind: 'not', term: this.#deeper(() => this.#term()) }
    if (reader.take(open) !== undefined) {
      const inner = this.#deeper(() => this.either())
      if (reader.take(close) === undefined) throw reader.fail('a parenthesis is not closed by )')
      return inner
    }
    this.#comparisons += 1
    if (this.#comparisons > termsMax) throw reader.fail(`a filter has at most ${termsMax} comparisons`)
    return { kind: 'comparison', comparison: readComparison(reader, { aggregates: true }) }
  }

  #deeper(read: () => FilterCondition): FilterCondition {
    this.#depth += 1
    if (this.#depth > depthMax) throw this.#reader.fail(`parentheses and NOT go at most ${depthMax} deep`)
    const inner = read()
    this.#depth -= 1
    return inner
  }
}

/**
 * Parses a filter with OR, NOT, parentheses and aggregates; undefined for an empty one. Every filter that `parseFilter`
 * takes means the same here. Throws `filter_invalid`.
 */
export function parseCondition(text: string): FilterCondition | undefined {
  const reader = new Reader(text)
  if (reader.take(end) !== undefined) return undefined
  const condition = new ConditionReader(reader).either()
  if (reader.take(end) === undefined) throw reader.fail('comparisons are joined by AND or OR')
  return condition
}

/** Parses one column, as `params.depth` or `tags."a b"`. Throws `filter_invalid`. */
export function parseColumn(text: string): FilterColumn {
  const reader = new Reader(text)
  const column = readColumn(reader)
  if (reader.take(end) === undefined) throw reader.fail('one column is expected')
  return column
}

/** Parses a list of `<column> [ASC|DESC]`; the same column twice is an error. Throws `filter_invalid`. */
export function parseOrderBy(terms: readonly string[], options: GrammarOptions = {}): readonly OrderTerm[] {
  if (terms.length > termsMax) throw filterError('order_by', `at most ${termsMax} columns order a search`)
  const seen = new Set<string>()
  return terms.map((text) => {
    const reader = new Reader(text)
    const term = readOrderTerm(reader, options)
    if (reader.take(end) === undefined) throw reader.fail('a column is followed by ASC or DESC only')
    const name = JSON.stringify([term.column.entity, term.column.key, term.column.aggregate])
    if (seen.has(name)) throw filterError(text, 'the column is there twice')
    seen.add(name)
    return term
  })
}

function readOrderTerm(reader: Reader, options: GrammarOptions): OrderTerm {
  const start = reader.position
  const column = readColumn(reader, options)
  const descending = reader.take(direction)?.[1]?.toLowerCase() === 'desc'
  return { column, descending, text: reader.since(start) }
}

/** The parts of an order in one text, separated by commas outside quotes: for addresses. Throws `filter_invalid`. */
export function splitOrderBy(text: string): readonly string[] {
  const reader = new Reader(text)
  if (reader.take(end) !== undefined) return []
  const terms: string[] = []
  do terms.push(readOrderTerm(reader, { aggregates: true }).text)
  while (reader.take(comma) !== undefined)
  if (reader.take(end) === undefined) throw reader.fail('columns are separated by commas')
  return terms
}
