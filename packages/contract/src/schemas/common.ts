import { z } from 'zod'

/** A moment: ISO 8601 in UTC with milliseconds, as `2026-11-21T06:31:47.123Z`. */
export const Timestamp = z.iso.datetime().meta({ description: 'Moment in UTC, ISO 8601' })
export type Timestamp = z.infer<typeof Timestamp>

/** A name that people choose and that stands in addresses: lower case letters, digits, `-` and `_`, up to 63. */
export const Slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    'must be 1 to 63 lower case letters, digits, - or _, and start with a letter or digit',
  )
export type Slug = z.infer<typeof Slug>

/** A column of a table, or a field of its nested values. */
export const ColumnName = z.string().min(1).max(500)

/** Content hash: SHA-256 in 64 lower case hex digits. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower case hex digits')

/** Types a column can have; `category` is text of a closed set. */
export const ColumnType = z.enum(['number', 'integer', 'text', 'category', 'boolean', 'timestamp', 'date'])
export type ColumnType = z.infer<typeof ColumnType>

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
export const Json: z.ZodType<Json> = z
  .lazy(() => z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(Json), z.record(z.string(), Json)]))
  .meta({ id: 'Json', description: 'Any JSON value' })

/** A page of a list. `next_page_token` is absent on the last page. */
export function pageOf<Item extends z.ZodType>(name: string, item: Item) {
  return z.object({ items: z.array(item), next_page_token: z.string().optional() }).meta({ id: `${name}Page` })
}

export const PageQuery = z.object({
  page_token: z.string().optional().meta({ description: 'Token of the previous page' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100).meta({ description: 'Items in a page, at most 1000' }),
})
