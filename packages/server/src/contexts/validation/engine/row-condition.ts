import { FabriqueError } from '@fabrique/contract'
import { sqlText } from '../../../platform/duckdb/index.js'
import {
  type Columns,
  columnOf,
  isMoment,
  isNumeric,
  literalOf,
  momentSql,
  numberSql,
  type TableColumn,
} from './columns.js'
import { cannotEvaluate } from './model.js'

/** What the arguments of an expectation say about the rows it looks at. */
export interface ConditionSource {
  readonly type: string
  readonly row_condition: string | Readonly<Record<string, unknown>> | undefined
  readonly condition_parser: string | undefined
}

/**
 * The SQL of a row condition, or undefined where there is none. Texts are those of `pandas.DataFrame.query`, or with another
 * parser `col("a").notNull() and col("b") > 5`; objects are conditions of GX 1.x. It is parsed and written anew: nothing of the
 * text reaches the SQL but names of columns of the table and literals. Throws `expectation_invalid` where it cannot be read.
 */
export function rowConditionSql(source: ConditionSource, columns: Columns): string | undefined {
  const { row_condition: condition } = source
  if (condition === undefined) return undefined
  const fail = (reason: string): never => {
    throw new FabriqueError('expectation_invalid', { type: source.type, argument: 'row_condition', reason })
  }
  if (typeof condition !== 'string') {
    if (condition.type === 'pass_through' && typeof condition.pass_through_filter === 'string')
      return new ConditionReader(condition.pass_through_filter, columns, true, fail).read()
    return objectSql(condition, columns, fail, 0)
  }
  const isPandas =
    source.condition_parser === undefined
      ? !/\bcol\(/.test(condition)
      : /^(pandas|python)$/.test(source.condition_parser)
  return new ConditionReader(condition, columns, isPandas, fail).read()
}

type Fail = (reason: string) => never

const operators = new Set(['==', '!=', '<', '<=', '>', '>='])
const depthMax = 100

/** A condition of GX 1.x as JSON. */
function objectSql(condition: unknown, columns: Columns, fail: Fail, depth: number): string {
  if (depth > depthMax) return fail('it is nested too deeply')
  if (typeof condition !== 'object' || condition === null) return fail('a condition is an object')
  const { type, column, operator, parameter, is_null, conditions } = condition as Readonly<Record<string, unknown>>
  if (type === 'and' || type === 'or') {
    if (!Array.isArray(conditions) || conditions.length === 0) return fail(`${type} needs a list of conditions`)
    return `(${conditions.map((part) => objectSql(part, columns, fail, depth + 1)).join(` ${type} `)})`
  }
  const name = typeof column === 'object' && column !== null && 'name' in column ? column.name : column
  if (typeof name !== 'string') return fail('a condition names its column')
  const operand = ofColumn(columnOf(columns, name))
  if (type === 'nullity') return `(${operand.sql} is ${is_null === true ? '' : 'not '}null)`
  if (type !== 'comparison' || typeof operator !== 'string') return fail(`${String(type)} is no kind of condition`)
  if (operator === 'IN' || operator === 'NOT_IN') {
    if (!Array.isArray(parameter)) return fail(`${operator} needs a list`)
    return membership(
      operand,
      parameter.map((item) => ofValue(item, fail)),
      operator === 'NOT_IN',
    )
  }
  if (!operators.has(operator)) return fail(`${operator} is no operator`)
  return comparison(operand, operator, ofValue(parameter, fail), true)
}

interface Operand {
  readonly kind: 'number' | 'text' | 'boolean' | 'moment' | 'none' | 'condition'
  readonly sql: string
  /** Of a literal, so that it can take the type of a column. */
  readonly literal?: string | number | boolean | null
  readonly column?: TableColumn
}

function ofColumn(column: TableColumn): Operand {
  const kind = isMoment(column)
    ? 'moment'
    : column.kind === 'boolean'
      ? 'boolean'
      : isNumeric(column)
        ? 'number'
        : 'text'
  return { kind, sql: column.sql, column }
}

function ofValue(value: unknown, fail: Fail): Operand {
  if (value === null) return { kind: 'none', sql: 'null', literal: null }
  if (typeof value === 'number') return { kind: 'number', sql: numberSql(value), literal: value }
  if (typeof value === 'boolean') return { kind: 'boolean', sql: String(value), literal: value }
  if (typeof value === 'string') return { kind: 'text', sql: sqlText(value), literal: value }
  return fail(`${JSON.stringify(value)} cannot be compared`)
}

/** The literal in the type of what it is compared with; undefined where both can never be equal. */
function matched(operand: Operand, other: Operand): string | undefined {
  if (operand.literal === undefined) return operand.sql
  if (operand.literal === null) return 'null'
  if (other.kind === 'moment') return typeof operand.literal === 'string' ? momentSql(operand.literal) : undefined
  if (other.column !== undefined) return literalOf(other.column, operand.literal)
  return operand.sql
}

function comparable(left: Operand, right: Operand): boolean {
  const plain = (kind: string) => (kind === 'boolean' ? 'number' : kind)
  return plain(left.kind) === plain(right.kind)
}

/** `isTwoValued`: as in pandas, what is compared with a missing value is false, and `!=` true; else as in SQL. */
function comparison(left: Operand, operator: string, right: Operand, isTwoValued: boolean): string {
  const sign = operator === '==' ? '=' : operator === '!=' ? '<>' : operator
  const a = matched(left, right)
  const b = matched(right, left)
  if (left.kind === 'none' || right.kind === 'none') return operator === '!=' ? 'true' : 'false'
  const isComparable =
    a !== undefined &&
    b !== undefined &&
    (comparable({ ...left, sql: a }, right) || left.kind === 'moment' || right.kind === 'moment')
  if (!isComparable) {
    if (operator === '==') return 'false'
    if (operator === '!=') return 'true'
    return cannotEvaluate(
      `${left.column?.name ?? left.sql} ${operator} ${right.column?.name ?? right.sql} compares a ${left.kind} with a ${right.kind}`,
    )
  }
  const number = (operand: Operand, sql: string) =>
    operand.kind === 'boolean' && operand.column !== undefined && (left.kind === 'number' || right.kind === 'number')
      ? `${sql}::INTEGER`
      : sql
  const sql = `${number(left, a)} ${sign} ${number(right, b)}`
  return isTwoValued ? `coalesce(${sql}, ${operator === '!='})` : `(${sql})`
}

function membership(operand: Operand, items: readonly Operand[], isNegated: boolean): string {
  const list = items.flatMap((item) => (item.literal === null ? [] : (matched(item, operand) ?? [])))
  const found = list.length === 0 ? 'false' : `coalesce(${operand.sql} in (${list.join(', ')}), false)`
  const hasNone = items.some(({ literal }) => literal === null)
  const inSet = hasNone ? `(${found} or ${operand.sql} is null)` : found
  return isNegated ? `(not ${inSet})` : inSet
}

interface Token {
  readonly kind: 'name' | 'quoted' | 'number' | 'text' | 'sign'
  readonly text: string
}

const tokenForms =
  /\s*(?:(`[^`]+`)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{N}_]*)|(==|!=|<=|>=|<|>|&|\||~|\(|\)|\[|\]|,|\.|\+|-|\*|\/|%))/uy

function tokensOf(text: string, fail: Fail): readonly Token[] {
  const tokens: Token[] = []
  tokenForms.lastIndex = 0
  const end = text.trimEnd().length
  while (tokenForms.lastIndex < end) {
    const from = tokenForms.lastIndex
    const match = tokenForms.exec(text)
    if (match === null) return fail(`nothing is known that starts with ${JSON.stringify(text.slice(from, from + 20))}`)
    const [, quotedName, string, number, name, sign] = match
    if (quotedName !== undefined) tokens.push({ kind: 'quoted', text: quotedName.slice(1, -1) })
    else if (string !== undefined) tokens.push({ kind: 'text', text: string.slice(1, -1).replace(/\\(.)/g, '$1') })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else tokens.push({ kind: 'sign', text: sign ?? '' })
  }
  return tokens
}

/** Reads by descent: or, and, not, comparisons (also chained), sums, products, and what they are made of. */
class ConditionReader {
  readonly #tokens: readonly Token[]
  readonly #columns: Columns
  readonly #isPandas: boolean
  readonly #fail: Fail
  #at = 0
  #depth = 0

  constructor(text: string, columns: Columns, isPandas: boolean, fail: Fail) {
    this.#tokens = tokensOf(text, fail)
    this.#columns = columns
    this.#isPandas = isPandas
    this.#fail = fail
  }

  read(): string {
    const condition = this.#condition()
    const rest = this.#tokens[this.#at]
    if (rest !== undefined) this.#fail(`${rest.text} was not expected`)
    return condition
  }

  #condition(): string {
    const operand = this.#or()
    if (operand.kind === 'condition' || operand.kind === 'boolean') return `coalesce(${operand.sql}, false)`
    return this.#fail('it is not true or false')
  }

  #is(...texts: readonly string[]): boolean {
    const token = this.#tokens[this.#at]
    return (
      token !== undefined &&
      (token.kind === 'sign' || token.kind === 'name') &&
      texts.includes(token.text.toLowerCase())
    )
  }

  #take(...texts: readonly string[]): string | undefined {
    if (!this.#is(...texts)) return undefined
    this.#at += 1
    return this.#tokens[this.#at - 1]?.text.toLowerCase()
  }

  #need(text: string): void {
    if (this.#take(text) === undefined)
      this.#fail(
        `${text} was expected${this.#tokens[this.#at] === undefined ? ' at its end' : ` before ${this.#tokens[this.#at]?.text}`}`,
      )
  }

  #truth(operand: Operand): string {
    if (operand.kind !== 'condition' && operand.kind !== 'boolean')
      return this.#fail(`${operand.column?.name ?? operand.sql} is not true or false`)
    return operand.sql
  }

  #or(): Operand {
    this.#depth += 1
    if (this.#depth > depthMax) this.#fail('it is nested too deeply')
    let left = this.#and()
    while (this.#take('or', '|') !== undefined)
      left = { kind: 'condition', sql: `(${this.#truth(left)} or ${this.#truth(this.#and())})` }
    this.#depth -= 1
    return left
  }

  #and(): Operand {
    let left = this.#not()
    while (this.#take('and', '&') !== undefined)
      left = { kind: 'condition', sql: `(${this.#truth(left)} and ${this.#truth(this.#not())})` }
    return left
  }

  #not(): Operand {
    if (this.#take('not', '~') === undefined) return this.#comparison()
    this.#depth += 1
    if (this.#depth > depthMax) this.#fail('it is nested too deeply')
    const sql = `(not ${this.#truth(this.#not())})`
    this.#depth -= 1
    return { kind: 'condition', sql }
  }

  #comparison(): Operand {
    let left = this.#sum()
    const parts: string[] = []
    for (;;) {
      const isNegated = this.#is('not') && this.#tokens[this.#at + 1]?.text.toLowerCase() === 'in'
      if (isNegated) this.#at += 1
      if (this.#take('in') !== undefined) {
        parts.push(membership(left, this.#list(), isNegated))
        continue
      }
      const operator = this.#take('==', '!=', '<', '<=', '>', '>=')
      if (operator === undefined) break
      const right = this.#is('[') ? undefined : this.#sum()
      if (right === undefined) {
        // pandas reads `a == [1, 2]` as `a in [1, 2]`.
        if (operator !== '==' && operator !== '!=') this.#fail(`${operator} cannot compare with a list`)
        parts.push(membership(left, this.#list(), operator === '!='))
        continue
      }
      parts.push(comparison(left, operator, right, this.#isPandas))
      left = right
    }
    if (parts.length === 0) return left
    return { kind: 'condition', sql: parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' and ')})` }
  }

  #list(): readonly Operand[] {
    const close = this.#take('[') !== undefined ? ']' : ')'
    if (close === ')') this.#need('(')
    const items: Operand[] = []
    while (!this.#is(close)) {
      const item = this.#sum()
      if (item.literal === undefined) this.#fail('a list holds values only')
      items.push(item)
      if (this.#take(',') === undefined) break
    }
    this.#need(close)
    return items
  }

  #sum(): Operand {
    let left = this.#product()
    for (let sign = this.#take('+', '-'); sign !== undefined; sign = this.#take('+', '-'))
      left = this.#calculate(left, sign, this.#product())
    return left
  }

  #product(): Operand {
    let left = this.#atom()
    for (let sign = this.#take('*', '/', '%'); sign !== undefined; sign = this.#take('*', '/', '%'))
      left = this.#calculate(left, sign, this.#atom())
    return left
  }

  #calculate(left: Operand, sign: string, right: Operand): Operand {
    if (left.kind !== 'number' || right.kind !== 'number') return this.#fail(`${sign} calculates with numbers only`)
    return { kind: 'number', sql: `(${left.sql} ${sign} ${right.sql})` }
  }

  #atom(): Operand {
    const token = this.#tokens[this.#at]
    if (token === undefined) return this.#fail('something is missing at its end')
    this.#at += 1
    if (token.kind === 'number') return ofValue(Number(token.text), this.#fail)
    if (token.kind === 'text') return ofValue(token.text, this.#fail)
    if (token.kind === 'quoted') return this.#methods(ofColumn(columnOf(this.#columns, token.text)))
    if (token.kind === 'name') return this.#name(token.text)
    if (token.text === '(') {
      const inner = this.#or()
      this.#need(')')
      return this.#methods(inner)
    }
    if (token.text === '-') {
      const inner = this.#atom()
      if (typeof inner.literal === 'number') return ofValue(-inner.literal, this.#fail)
      return this.#calculate(ofValue(0, this.#fail), '-', inner)
    }
    return this.#fail(`${token.text} was not expected`)
  }

  #name(name: string): Operand {
    if (this.#is('(') && (name === 'col' || name === 'date')) {
      this.#at += 1
      const text = this.#tokens[this.#at]
      if (text?.kind !== 'text') return this.#fail(`${name}(…) needs a text in quotes`)
      this.#at += 1
      this.#need(')')
      return name === 'col'
        ? this.#methods(ofColumn(columnOf(this.#columns, text.text)))
        : ofValue(text.text, this.#fail)
    }
    if (name === 'True' || name === 'true') return ofValue(true, this.#fail)
    if (name === 'False' || name === 'false') return ofValue(false, this.#fail)
    if (name === 'None' || name === 'null') return ofValue(null, this.#fail)
    return this.#methods(ofColumn(columnOf(this.#columns, name)))
  }

  /** `.isnull()` and its like behind a column. */
  #methods(operand: Operand): Operand {
    if (this.#take('.') === undefined) return operand
    const name = this.#take('isnull', 'isna', 'notnull', 'notna', 'is_null', 'is_not_null')
    if (name === undefined) return this.#fail(`${this.#tokens[this.#at]?.text ?? ''} is not known behind a column`)
    this.#need('(')
    this.#need(')')
    const isMissing = name === 'isnull' || name === 'isna' || name === 'is_null'
    return { kind: 'condition', sql: `(${operand.sql} is ${isMissing ? '' : 'not '}null)` }
  }
}
