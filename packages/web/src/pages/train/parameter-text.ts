import type { EstimatorParameter, Json } from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'

/** What is wrong with a field; `train-texts` says it in words. */
export type FieldProblem =
  | { readonly kind: 'needed' | 'number' | 'whole' | 'list' | 'weights' | 'choice' }
  | { readonly kind: 'least' | 'above' | 'most'; readonly bound: number }

/** Words for null, which people may type in either language. */
const nullWords = ['none', 'null', 'aucun', 'aucune']

/** The word that forms and commands write for null. */
export const nullWord = 'none'

/** Reads what was typed for a parameter. The empty text is the default, which is not asked for here. */
export function readParameter(
  spec: EstimatorParameter,
  text: string,
): { readonly value: Json } | { readonly problem: FieldProblem } {
  const word = text.trim()
  if (spec.choices.includes(word)) return { value: word }
  if (spec.nullable && nullWords.includes(word.toLowerCase())) return { value: null }
  switch (spec.type) {
    case 'boolean':
      return word === 'true' || word === 'false' ? { value: word === 'true' } : { problem: { kind: 'choice' } }
    case 'choice':
      return { problem: { kind: 'choice' } }
    case 'integers':
      return readIntegers(spec, word)
    case 'weights':
      return readWeights(spec, word)
    default:
      return readNumber(spec, word)
  }
}

function readNumber(spec: EstimatorParameter, word: string) {
  const value = parseNumber(word)
  if (value === undefined) return { problem: { kind: 'number' } as const }
  const isShare = spec.type === 'count_or_share' && value > 0 && value < 1
  if (spec.type !== 'number' && !isShare && !Number.isSafeInteger(value)) return { problem: { kind: 'whole' } as const }
  const problem = isShare ? undefined : outOfBounds(spec, value)
  return problem === undefined ? { value } : { problem }
}

function outOfBounds({ min, max, is_min_open }: EstimatorParameter, value: number): FieldProblem | undefined {
  if (min !== undefined && is_min_open === true && value <= min) return { kind: 'above', bound: min }
  if (min !== undefined && value < min) return { kind: 'least', bound: min }
  if (max !== undefined && value > max) return { kind: 'most', bound: max }
  return undefined
}

/** Sizes of layers, as `100, 50`; brackets may stand around them. */
function readIntegers(spec: EstimatorParameter, word: string) {
  const parts = word.replace(/^[[(](.*)[\])]$/, '$1').split(/[\s,;]+/)
  const values = parts.filter((part) => part !== '').map(Number)
  if (values.length === 0 || !values.every((value) => Number.isSafeInteger(value)))
    return { problem: { kind: 'list' } as const }
  const problem = values.map((value) => outOfBounds(spec, value)).find((one) => one !== undefined)
  return problem === undefined ? { value: values } : { problem }
}

/** Numbers by name, as `yes=2; no=1`. */
function readWeights(spec: EstimatorParameter, word: string) {
  const pairs: [string, number][] = []
  for (const part of word.split(';')) {
    if (part.trim() === '') continue
    const at = part.lastIndexOf('=')
    const value = at < 1 ? undefined : parseNumber(part.slice(at + 1))
    if (value === undefined) return { problem: { kind: 'weights' } as const }
    const problem = outOfBounds(spec, value)
    if (problem !== undefined) return { problem }
    pairs.push([part.slice(0, at).trim(), value])
  }
  if (pairs.length === 0) return { problem: { kind: 'weights' } as const }
  return { value: Object.fromEntries(pairs) }
}

/** A value of a parameter as the form and a command line write it. */
export function parameterText(value: Json): string {
  if (value === null) return nullWord
  if (Array.isArray(value)) return value.map((item: Json) => parameterText(item)).join(', ')
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, weight]) => `${name}=${String(weight)}`)
      .join('; ')
  return String(value)
}

const alwaysShown = new Set(['class_weight', 'penalty', 'loss', 'hidden_layer_sizes', 'activation', 'weights'])
const fewParameters = 4

/** Those of an estimator that are looked at first, and the others; the seed has a field of its own. */
export function sortParameters(parameters: readonly EstimatorParameter[]): {
  readonly first: readonly EstimatorParameter[]
  readonly others: readonly EstimatorParameter[]
} {
  const own = parameters.filter(({ name }) => name !== 'random_state')
  if (own.length <= fewParameters) return { first: own, others: [] }
  const isFirst = ({ name, search, choices, nullable }: EstimatorParameter) =>
    search !== undefined || (alwaysShown.has(name) && choices.length + Number(nullable) !== 1)
  return { first: own.filter(isFirst), others: own.filter((spec) => !isFirst(spec)) }
}
