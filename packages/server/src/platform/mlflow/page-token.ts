import { FabriqueError } from '@fabrique/contract'

/** The token of the page that starts at an offset; clients pass it back unchanged. */
export function pageTokenOf(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString('base64')
}

/** The offset in a page token; 0 without one. Throws `page_token_invalid`. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'))
    const offset = typeof parsed === 'object' && parsed !== null && 'offset' in parsed ? Number(parsed.offset) : -1
    if (Number.isSafeInteger(offset) && offset >= 0) return offset
  } catch (error) {
    throw new FabriqueError('page_token_invalid', { token: token.slice(0, 100) }, { cause: error })
  }
  throw new FabriqueError('page_token_invalid', { token: token.slice(0, 100) })
}

/** One page of rows of which one more than asked was read, and the token of the next page if that one is there. */
export function pageOfRows<Row>(
  rows: readonly Row[],
  { offset, size }: { readonly offset: number; readonly size: number },
): { readonly page: readonly Row[]; readonly nextPageToken?: string } {
  if (rows.length <= size) return { page: rows }
  return { page: rows.slice(0, size), nextPageToken: pageTokenOf(offset + size) }
}
