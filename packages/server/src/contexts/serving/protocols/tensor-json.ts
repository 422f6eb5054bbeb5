import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { checkJsonDepth } from '../../../platform/http/json-depth.js'
import { exceedsShape } from '../../../platform/mlflow/json-shape.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Where a whole number may stand that is too long for a double, which `JSON.parse` would round. */
const longInteger = /[^\d.]\d{16}/

/** An escape, a quote, a number, or a token that Python writes and JSON does not know. */
const escapesQuotesAndTokens = /\\[\s\S]|"|-?\bInfinity\b|\bNaN\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

const longDigits = /^-?\d{16,}$/

/** Stands before the digits of a whole number that was kept as a text. */
const mark = '\u0000'

/** One pass, whatever the text is: a pattern for whole strings would start over at each quote of one that never ends. */
function keepTokens(text: string): string {
  let inString = false
  return text.replace(escapesQuotesAndTokens, (found) => {
    if (found === '"') inString = !inString
    if (found === '"' || found.startsWith('\\') || inString) return found
    if (found.endsWith('NaN') || found.endsWith('Infinity')) return `"${found}"`
    return longDigits.test(found) ? `"\\u0000${found}"` : found
  })
}

/** The digits of a whole number that JSON numbers cannot hold; undefined for any other value. */
export function longIntegerOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.startsWith(mark)) return undefined
  const digits = value.slice(1)
  // A client may write the mark itself, before anything.
  return longDigits.test(digits) ? digits : undefined
}

/** Keeps the digits of a whole number, for `longIntegerOf`. */
export function keepDigits(digits: string): string {
  return `${mark}${digits}`
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is only brackets takes sixty times its length in memory. */
function checkShape(text: string): void {
  checkJsonDepth(text)
  const valuesMax = limit('mlflow.json_values_max')
  if (text.length > 2 * valuesMax && exceedsShape(text, { depthMax: text.length, valuesMax })) {
    throw new FabriqueError('invalid_json', { reason: `it has more than ${valuesMax} values` })
  }
}

/**
 * The object in the JSON of a request with tensors. Whole numbers of 64 bits keep their digits (`longIntegerOf`); NaN and Infinity, as
 * Python writes them, come as texts. Throws `invalid_json`, `json_too_deep`, `body_too_large`.
 */
export function parseTensorJson(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const bytesMax = limit('http.body_bytes_max')
  if (bytes.length > bytesMax) throw new FabriqueError('body_too_large', { limit_bytes: bytesMax })
  let value: unknown
  try {
    const text = utf8.decode(bytes)
    checkShape(text)
    const hasTokens = text.includes('NaN') || text.includes('Infinity') || longInteger.test(text)
    value = JSON.parse(hasTokens ? keepTokens(text) : text)
  } catch (error) {
    if (isFabriqueError(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('invalid_json', { reason }, { cause: error })
  }
  if (!isRecord(value)) throw new FabriqueError('invalid_json', { reason: 'the body must be one object' })
  return value
}
