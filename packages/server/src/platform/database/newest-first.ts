import { type RawBuilder, type SqlBool, sql } from 'kysely'

/** A row that was shown last, in a list by a moment. */
export interface ShownRow {
  readonly id: string
  readonly at: Date
}

/** True for the rows after one in a list by the moment of a column, newest first, and among equal moments by id, the last first. */
export function isAfter(column: string, { id, at }: ShownRow): RawBuilder<SqlBool> {
  return sql<SqlBool>`(${sql.ref(column)}, id) < (${at}, ${id})`
}

/** What is shown of rows of which one more was read than a page has; the token of the next page is the id of the last one shown. */
export function pageOf<Row extends { readonly id: string }>(
  rows: readonly Row[],
  limit: number,
): { readonly shown: readonly Row[]; readonly next: { readonly next_page_token?: string } } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { shown, next: rows.length > limit && last !== undefined ? { next_page_token: last.id } : {} }
}
