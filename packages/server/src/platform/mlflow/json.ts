import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { exceedsShape } from './json-shape.js'

/** An escape, the start or end of a string, or a token that Python writes and JSON does not know. */
const escapesQuotesAndTokens = /\\[\s\S]|"|-?\bInfinity\b|\bNaN\b/g

/** One pass, whatever the text is: a pattern for whole strings would start over at each quote of one that never ends. */
function quoteTokens(text: string): string {
  let inString = false
  return text.replace(escapesQuotesAndTokens, (found) => {
    if (found === '"') inString = !inString
    return found === '"' || found.startsWith('\\') || inString ? found : `"${found}"`
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!text.includes('NaN') && !text.includes('Infinity')) throw error
    return JSON.parse(quoteTokens(text))
  }
}

/**
 * The object in a request body. Bare NaN and Infinity are understood, and so is a JSON string that holds the object,
 * which very old clients send. An empty body is an empty object. Throws `invalid_json`.
 */
export function parseMlflowBody(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {}
  const shape = { depthMax: limit('mlflow.json_depth_max'), valuesMax: limit('mlflow.json_values_max') }
  // Short ones, nearly all, can do no harm: what is only brackets takes 16 MB at this length.
  if (text.length > 262_144 && exceedsShape(text, shape)) {
    throw new FabriqueError('invalid_json', {
      reason: `it is deeper than ${shape.depthMax} levels, or has too many values`,
    })
  }
  try {
    const outer = parse(text)
    const value = typeof outer === 'string' ? parse(outer) : outer
    if (value === null) return {}
    if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('invalid_json', { reason }, { cause: error })
  }
  throw new FabriqueError('invalid_json', { reason: 'the body must be one object' })
}

/** The list, or undefined when it is empty: the protocol omits empty lists. */
export function unlessEmpty<Item>(list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list
}
