import { createHash } from 'node:crypto'
import { FabriqueError } from '@fabrique/contract'

/** The token of the page that starts at an offset; clients pass it back unchanged. */
export function pageTokenOf(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString('base64')
}

/** The offset in a page token; 0 without one. Throws `page_token_invalid`. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0
  const offset = decoded(token).offset
  if (typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0) return offset
  throw invalidPageToken(token)
}

/** One page of rows of which one more than asked was read, and the token of the next page if that one is there. */
export function pageOfRows<Row>(
  rows: readonly Row[],
  { offset, size }: { readonly offset: number; readonly size: number },
): { readonly page: readonly Row[]; readonly nextPageToken?: string } {
  if (rows.length <= size) return { page: rows }
  return { page: rows.slice(0, size), nextPageToken: pageTokenOf(offset + size) }
}

/** Where the next page starts: after the row with these values, in a phase of the answer, or at an offset. */
export type PageStart =
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'after'; readonly phase: number; readonly values: readonly (string | null)[] }

const valuesMax = 400

/** A short text that stands for a query: a token is good for the query it was made for only. */
export function queryDigest(query: unknown): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 16)
}

/** The token of the page after a row. */
export function pageTokenAfter(
  digest: string,
  { phase, values }: { readonly phase: number; readonly values: readonly (string | null)[] },
): string {
  return Buffer.from(JSON.stringify({ query: digest, phase, after: values })).toString('base64')
}

/**
 * Where the page of a token starts; undefined without one. Tokens with an offset are good for any query, as in MLflow.
 * Throws `page_token_invalid`, also for the token of another query.
 */
export function pageStartOf(token: string | undefined, digest: string): PageStart | undefined {
  if (token === undefined || token === '') return undefined
  const { query, phase, after, offset } = decoded(token)
  if (offset !== undefined) return { kind: 'offset', offset: offsetOf(token) }
  const isPhase = typeof phase === 'number' && Number.isSafeInteger(phase) && phase >= 0
  if (query !== digest || !isPhase || !isValues(after)) throw invalidPageToken(token)
  return { kind: 'after', phase, values: after }
}

function isValues(value: unknown): value is (string | null)[] {
  return (
    Array.isArray(value) &&
    value.length <= valuesMax &&
    value.every((item) => item === null || (typeof item === 'string' && !item.includes('\0')))
  )
}

function decoded(token: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'))
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed }
  } catch (error) {
    throw invalidPageToken(token, error)
  }
  throw invalidPageToken(token)
}

/** The error of a token that no page of this query has. */
export function invalidPageToken(token: string, cause?: unknown): FabriqueError {
  return new FabriqueError('page_token_invalid', { token: token.slice(0, 100) }, { cause })
}
