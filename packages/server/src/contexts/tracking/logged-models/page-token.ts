import { createHash } from 'node:crypto'
import { z } from 'zod'
import { invalidValue } from '../../../platform/mlflow/index.js'
import type { SearchLoggedModels } from './schema.js'

const Token = z.object({
  offset: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  experiments: z.string(),
  filter: z.string(),
  order: z.string(),
})

/** What a search looks for, as three short hashes that stand in its page tokens. */
function boundTo({ experiment_ids, filter, datasets, order_by }: SearchLoggedModels) {
  const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
  return { experiments: digest(experiment_ids), filter: digest([filter, datasets]), order: digest(order_by) }
}

/** The token of the page of a search that starts at an offset. It is good for the same search only. */
export function searchTokenOf(search: SearchLoggedModels, offset: number): string {
  return Buffer.from(JSON.stringify({ offset, ...boundTo(search) })).toString('base64')
}

/** The offset in the token of a search; 0 without one. Throws `mlflow_invalid_value`, also for the token of another search. */
export function searchOffsetOf(search: SearchLoggedModels): number {
  const token = search.page_token
  if (token === undefined || token === '') return 0
  const refuse = (reason: string) => invalidValue('page_token', token.slice(0, 100), reason)
  const parsed = Token.safeParse(parseToken(token))
  if (!parsed.success) throw refuse('Invalid page token')
  const bound = boundTo(search)
  const differs = (what: string) => refuse(`${what} in the page token does not match the requested one`)
  if (parsed.data.experiments !== bound.experiments) throw differs('Experiment IDs')
  if (parsed.data.filter !== bound.filter) throw differs('Filter string')
  if (parsed.data.order !== bound.order) throw differs('Order by')
  return parsed.data.offset
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString('utf8'))
  } catch {
    // What is no JSON is no token: the schema refuses it with the same message.
    return undefined
  }
}
