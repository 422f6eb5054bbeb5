import type { RunColumn as KnownColumn } from '@fabrique/contract'
import { quoteKey } from './run-columns.js'

/** A proposal to go on with what was typed: it takes the place of `from` to `to`. */
export interface Suggestion {
  readonly text: string
  readonly detail?: string
  readonly from: number
  readonly to: number
}

interface Token {
  readonly kind: 'word' | 'text' | 'operator' | 'sign'
  readonly text: string
  readonly from: number
  readonly to: number
}

const tokenPattern =
  /\s+|(!=|<=|>=|=|<|>)|([(),])|('(?:[^']|'')*'?|"[^"]*"?(?!\.))|((?:`[^`]*`?|"[^"]*"?|[^\s()=<>!,'])+|!)/gy

/** Cuts a filter into words, operators, texts and signs; what is not closed yet is one token to the end. */
export function tokensOf(filter: string): readonly Token[] {
  const tokens: Token[] = []
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < filter.length) {
    const from = tokenPattern.lastIndex
    const match = tokenPattern.exec(filter)
    if (match === null) break
    const kind =
      match[1] !== undefined ? 'operator' : match[2] !== undefined ? 'sign' : match[3] !== undefined ? 'text' : 'word'
    if (match[0].trim() !== '') tokens.push({ kind, text: match[0], from, to: from + match[0].length })
  }
  return tokens
}

const hasLanguage = /[=<>`]|\b(?:like|ilike|in|not|and|or|is)\b|^\s*(?:metrics|params|tags|attributes)\./i

/** What is sent for what was typed: a filter as it is; plain words look for runs of that name. */
export function toFilter(typed: string): string {
  const text = typed.trim()
  if (text === '' || hasLanguage.test(text)) return text
  return `attributes.run_name ILIKE '%${text.replaceAll("'", "''")}%'`
}

/** Whether what was typed is plain words, which look for names. */
export const isNameSearch = (typed: string): boolean => typed.trim() !== '' && !hasLanguage.test(typed)

const attributes = {
  'attributes.status': ["'FINISHED'", "'RUNNING'", "'FAILED'", "'KILLED'", "'SCHEDULED'"],
  'attributes.run_name': [],
  'attributes.user_id': [],
  'attributes.start_time': [],
  'attributes.end_time': [],
  'attributes.run_id': [],
} as const satisfies Readonly<Record<string, readonly string[]>>

const columnName = ({ kind, key }: Pick<KnownColumn, 'kind' | 'key'>) => `${kind}s.${quoteKey(key)}`

const textOperators = ['=', '!=', 'LIKE', 'ILIKE', 'IN'] as const
const numberOperators = ['>', '>=', '<', '<=', '=', '!='] as const
const suggestionsMax = 12

type Expected = 'column' | 'operator' | 'value' | 'connector'

/** What may stand after these tokens, and the column that it is about. */
function expectedAfter(tokens: readonly Token[]): { readonly expected: Expected; readonly column: string } {
  let expected: Expected = 'column'
  let column = ''
  let isList = false
  for (const token of tokens) {
    const word = token.text.toUpperCase()
    if (token.kind === 'sign') {
      if (token.text === '(') isList = expected === 'value'
      else if (token.text === ')') {
        isList = false
        expected = 'connector'
      } else if (isList) expected = 'value'
      continue
    }
    if (word === 'AND' || word === 'OR') expected = 'column'
    else if (word === 'NOT') expected = expected === 'operator' ? 'operator' : 'column'
    else if (expected === 'column') {
      column = token.text
      expected = 'operator'
    } else if (expected === 'operator') expected = 'value'
    else if (expected === 'value') expected = 'connector'
  }
  return { expected, column }
}

/** Up to twelve ways to go on at the caret, from what the runs have. */
export function suggest(filter: string, caret: number, known: readonly KnownColumn[]): readonly Suggestion[] {
  const tokens = tokensOf(filter.slice(0, caret))
  const last = tokens.at(-1)
  const isTyping = last !== undefined && last.to === caret && last.kind !== 'sign'
  const typed = isTyping ? last.text : ''
  const from = isTyping ? last.from : caret
  const { expected, column } = expectedAfter(isTyping ? tokens.slice(0, -1) : tokens)
  return candidates(expected, column, known)
    .map((candidate) => ({ candidate, rank: rankOf(candidate.text, typed) }))
    .filter(({ candidate, rank }) => rank !== undefined && candidate.text !== typed)
    .sort((first, second) => (first.rank ?? 0) - (second.rank ?? 0))
    .slice(0, suggestionsMax)
    .map(({ candidate }) => ({ ...candidate, from, to: caret }))
}

/** How well a proposal goes on with what was typed, smaller is better: by its beginning, by its key, or anywhere in it. */
function rankOf(text: string, typed: string): number | undefined {
  const plain = (value: string) => value.toLowerCase().replaceAll(/[`'"]/g, '')
  const [whole, wanted] = [plain(text), plain(typed)]
  const key = whole.slice(whole.indexOf('.') + 1)
  if (whole.startsWith(wanted)) return 0
  if (key.startsWith(wanted)) return 1
  return key.includes(wanted) ? 2 : undefined
}

interface Candidate {
  readonly text: string
  readonly detail?: string
}

function candidates(expected: Expected, column: string, known: readonly KnownColumn[]): readonly Candidate[] {
  const found = known.find((each) => columnName(each) === column)
  const isNumber = found?.kind === 'metric' || /^(?:min|max|mean)\(/.test(column) || /_time$/.test(column)
  switch (expected) {
    case 'column':
      return [
        ...known.filter(({ kind }) => kind === 'metric').map((each) => ({ text: columnName(each), ...rangeOf(each) })),
        ...known
          .filter(({ kind }) => kind === 'param')
          .map((each) => ({ text: columnName(each), detail: each.values.slice(0, 3).join(', ') })),
        ...Object.keys(attributes).map((text) => ({ text })),
        ...known.filter(({ kind }) => kind === 'tag').map((each) => ({ text: columnName(each) })),
      ]
    case 'operator':
      return (isNumber ? numberOperators : textOperators).map((text) => ({ text }))
    case 'value':
      if (Object.hasOwn(attributes, column))
        return attributes[column as keyof typeof attributes].map((text) => ({ text }))
      return found === undefined || isNumber
        ? []
        : found.values.map((value) => ({ text: `'${value.replaceAll("'", "''")}'` }))
    case 'connector':
      return ['AND', 'OR'].map((text) => ({ text }))
  }
}

function rangeOf({ min, max }: KnownColumn): { readonly detail?: string } {
  if (typeof min !== 'number' || typeof max !== 'number') return {}
  const short = (value: number) => String(Number(value.toPrecision(4)))
  return { detail: min === max ? short(min) : `${short(min)} – ${short(max)}` }
}

/** Takes a proposal into the filter; the caret stands after it and a space. */
export function accept(
  filter: string,
  { text, from, to }: Suggestion,
): { readonly filter: string; readonly caret: number } {
  const after = filter.slice(to)
  const gap = after.startsWith(' ') ? '' : ' '
  return { filter: `${filter.slice(0, from)}${text}${gap}${after}`, caret: from + text.length + 1 }
}

/** Adds conditions to a filter; what was there is kept whole. */
export function andAlso(filter: string, conditions: readonly string[]): string {
  const parts = filter.trim() === '' ? [] : [/\bor\b/i.test(filter) ? `(${filter.trim()})` : filter.trim()]
  return [...parts, ...conditions].join(' AND ')
}

/** The condition that a run is in a group: the column has the value, or no value. */
export const groupCondition = (expression: string, value: string | null): string =>
  value === null ? `${expression} IS NULL` : `${expression} = '${value.replaceAll("'", "''")}'`
