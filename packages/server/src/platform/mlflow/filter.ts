import { FabriqueError } from '@fabrique/contract'

/**
 * The grammar of search filters, without the meaning of its columns: comparisons joined by AND.
 *
 *     metrics.accuracy >= 0.9 and params."learning rate" = '0.1' and run_id in ('a', 'b') and tags.x is null
 */
export interface Comparison {
  readonly column: FilterColumn
  readonly operator: FilterOperator
  readonly value: FilterValue
  /** The comparison as it was written, for messages. */
  readonly text: string
}

/** `metrics.accuracy` has the entity `metrics` and the key `accuracy`; a bare word is a key alone. */
export interface FilterColumn {
  readonly entity: string | undefined
  readonly key: string
}

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

const operators = ['=', '!=', '>', '>=', '<', '<=', 'LIKE', 'ILIKE', 'IN', 'NOT IN', 'IS NULL', 'IS NOT NULL'] as const
/** More comparisons or columns than this are refused: each costs the database a lookup. */
const termsMax = 100
const word = /\s*(?:`([^`]*)`|"([^"]*)"|([\p{L}\p{N}_]+))/uy
const dot = /\s*\.\s*/y
const operator = /\s*(!=|>=|<=|=|>|<|like\b|ilike\b|not\s+in\b|in\b|is\s+not\s+null\b|is\s+null\b)/iy
const number = /\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\p{L}\p{N}_.])/iuy
const quoted = /\s*(?:'((?:''|[^'])*)'|"((?:""|[^"])*)")/y
const and = /\s*and\b/iy
const direction = /\s*(asc|desc)\b/iy
const openList = /\s*\(/y
const closeList = /\s*\)/y
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

function readColumn(reader: Reader): FilterColumn {
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
  if (reader.take(openList) === undefined) throw reader.fail('a list is expected after IN')
  const texts: string[] = []
  do {
    const text = readText(reader)
    if (text === undefined && texts.length > 0) break
    if (text === undefined) throw reader.fail('expected a non-empty list of quoted string values')
    texts.push(text)
  } while (reader.take(comma) !== undefined)
  if (reader.take(closeList) === undefined) throw reader.fail('the list is not closed by )')
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

function readComparison(reader: Reader): Comparison {
  const start = reader.position
  const column = readColumn(reader)
  const operator = readOperator(reader)
  const value = readValue(reader, operator)
  return { column, operator, value, text: reader.since(start) }
}

/** Parses a filter; an empty one has no comparisons. Throws `filter_invalid`. */
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

/** Parses a list of `<column> [ASC|DESC]`; the same column twice is an error. Throws `filter_invalid`. */
export function parseOrderBy(terms: readonly string[]): readonly OrderTerm[] {
  if (terms.length > termsMax) throw filterError('order_by', `at most ${termsMax} columns order a search`)
  const seen = new Set<string>()
  return terms.map((text) => {
    const reader = new Reader(text)
    const column = readColumn(reader)
    const descending = reader.take(direction)?.[1]?.toLowerCase() === 'desc'
    if (reader.take(end) === undefined) throw reader.fail('a column is followed by ASC or DESC only')
    const name = JSON.stringify([column.entity, column.key])
    if (seen.has(name)) throw filterError(text, 'the column is there twice')
    seen.add(name)
    return { column, descending, text }
  })
}
