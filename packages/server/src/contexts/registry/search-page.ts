import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'
import { type Comparison, offsetOf, pageOfRows, parseOrderBy } from '../../platform/mlflow/index.js'
import { type Condition, checkedPageSize, filterSql, isAttribute, unknownColumn } from './search-sql.js'

/** What a search of models or versions takes. */
export const SearchInput = z.object({
  filter: z.string().default(''),
  max_results: z.number().int(),
  order_by: z.array(z.string()).default([]),
  page_token: z.string().optional(),
})

export type OrderColumns = Readonly<Record<string, RawBuilder<unknown>>>

/** The terms of an order in SQL. Throws `filter_invalid`. */
export function orderTerms(orderBy: readonly string[], columns: OrderColumns): RawBuilder<unknown>[] {
  return parseOrderBy(orderBy).map(({ column, descending }) => {
    const known = isAttribute(column) && Object.hasOwn(columns, column.key)
    const ref = known ? columns[column.key] : undefined
    if (ref === undefined) throw unknownColumn(column, Object.keys(columns))
    return descending ? sql`${ref} desc` : sql`${ref}`
  })
}

interface Search<Row> {
  readonly sizeMax: number
  /** Which rows are no prompts. */
  readonly notOfPrompts: Condition
  readonly condition: (comparison: Comparison) => Condition
  readonly order: (orderBy: readonly string[]) => RawBuilder<unknown>
  /** The rows by what follows `from` in a statement. */
  readonly query: (rest: RawBuilder<unknown>) => Promise<readonly Row[]>
}

/** A page of what a filter finds. Throws `filter_invalid`, `page_token_invalid`, `mlflow_invalid_value`. */
export async function searchPage<Row>(input: z.output<typeof SearchInput>, search: Search<Row>) {
  const size = checkedPageSize(input.max_results, search.sizeMax)
  const offset = offsetOf(input.page_token)
  const where = filterSql(input.filter, search.notOfPrompts, search.condition)
  const rows = await search.query(
    sql`where ${where} order by ${search.order(input.order_by)} limit ${size + 1} offset ${offset}`,
  )
  return pageOfRows(rows, { offset, size })
}
