import type { IncomingHttpHeaders } from 'node:http'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

const field = 'X-Request-Timeout-Ms'

/** How long a request says that it may wait. Throws `invalid_request`. */
export function requestTimeout({ 'x-request-timeout-ms': header }: IncomingHttpHeaders): number | undefined {
  if (header === undefined) return undefined
  const ms = Number(header)
  if (typeof header === 'string' && /^\d{1,9}$/.test(header) && ms >= 1) return Math.min(ms, limit('serving.wait_ms'))
  throw new FabriqueError('invalid_request', { field, reason: 'it is a number of milliseconds' }, { field })
}
