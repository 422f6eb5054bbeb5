import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { limit } from '../../kernel/index.js'

const quote = 0x22
const backslash = 0x5c

/**
 * Refuses JSON that is nested deeper than any request needs, before it is parsed: what is checked or walked later goes by recursion. A text
 * that is not JSON passes: its parser says what is wrong. Throws `json_too_deep`.
 */
export function checkJsonDepth(text: string, depthMax = limit('http.json_depth_max')): void {
  // Each level takes two characters.
  if (text.length < 2 * depthMax) return
  let depth = 0
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place)
    if (code === quote) {
      place = endOfString(text, place)
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > depthMax) throw new FabriqueError('json_too_deep', { limit: depthMax })
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1
    }
  }
}

/** The place of the quote that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1
    if (slashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return text.length
}

/** Bodies of JSON as Fastify parses them, but for those that are too deep. */
export function parseBoundedJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    try {
      checkJsonDepth(text)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    void parse(request, text, done)
  })
}
