import { CompiledQuery } from 'kysely'
import { type Db, prepared } from '../database/index.js'
import { allowed, type RateStore, refused } from './rate-store.js'

/**
 * By the clock of the database, which all servers share. The row is written where the request is allowed only, so that refused ones cost a
 * read; it is locked for the length of this statement.
 */
const takeStatement = prepared(
  `with taken as (
    insert into rate_buckets as b (key, full_at)
    values ($1, statement_timestamp() + $2::float8 * interval '1 millisecond')
    on conflict (key) do update
      set full_at = greatest(b.full_at, statement_timestamp()) + $2::float8 * interval '1 millisecond'
      where greatest(b.full_at, statement_timestamp()) + ($2::float8 - $3::float8) * interval '1 millisecond' <= statement_timestamp()
    returning full_at
  )
  select extract(epoch from full_at - statement_timestamp())::float8 * 1000 as full_in, true as is_allowed from taken
  union all
  select extract(epoch from full_at - statement_timestamp())::float8 * 1000, false from rate_buckets
    where key = $1 and not exists (select from taken)`,
)

const giveBackStatement = prepared(
  `update rate_buckets set full_at = full_at - $2::float8 * interval '1 millisecond' where key = $1`,
)

/** Buckets in the database that has everything else, shared by all servers on it. */
export function postgresRateStore(db: Db): RateStore {
  return {
    kind: 'postgresql',
    async take(key, rate) {
      const values = [key, rate.windowMs / rate.requests, rate.windowMs]
      const { rows } = await db.executeQuery<{ full_in: number; is_allowed: boolean }>(
        CompiledQuery.raw(takeStatement, values),
      )
      const [row] = rows
      // Another server made the bucket in this very moment, and used all of it.
      if (row === undefined) return refused(rate.windowMs, rate)
      return row.is_allowed ? allowed(row.full_in, rate) : refused(row.full_in, rate)
    },
    async giveBack(key, { requests, windowMs }) {
      await db.executeQuery(CompiledQuery.raw(giveBackStatement, [key, windowMs / requests]))
    },
    async close() {},
  }
}

/** Removes buckets that are full and so say nothing. */
export async function forgetFullBuckets(db: Db): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('delete from rate_buckets where full_at < statement_timestamp()'))
}
