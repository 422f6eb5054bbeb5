import { createHash } from 'node:crypto'
import { FabriqueError, type Rate } from '@fabrique/contract'
import { CompiledQuery } from 'kysely'
import { type Clock, limit } from '../../kernel/index.js'
import { type Db, toDatabaseError } from '../database/index.js'
import { addressKey } from './address-key.js'
import { rateLimited } from './rate-limited.js'
import { type RateStore, rateKey } from './rate-store.js'

export interface LoginGuardOptions {
  readonly db: Db
  readonly store: RateStore
  readonly clock: Clock
  /** Attempts from one address, whatever the account. */
  readonly rate: Rate
}

export interface LoginAttempt {
  /** Absent where the account is known only afterwards, as of who comes from an identity provider. */
  readonly account?: string
  readonly address: string
}

/** Slows down those who guess passwords. */
export interface LoginGuard {
  /**
   * Asked before a password is looked at. Counts the attempt at once, so that attempts side by side count too. It makes no difference
   * whether there is such an account. Throws `rate_limited` for the address and `login_delayed` for the account.
   */
  admit(login: LoginAttempt): Promise<void>
  /** The password was right: the next login waits for nothing, and this one does not count for the address, which many may share. */
  succeeded(login: LoginAttempt): Promise<void>
}

/** Attempts are forgotten after a day without one. The delay doubles with each after those that are free. */
const admitStatement = `
  insert into login_attempts as a (account, attempts, last_at, next_at) values ($1, 1, $2, $2)
  on conflict (account) do update set
    attempts = case when a.last_at < $2 - interval '1 day' then 1 else least(a.attempts, 1000000) + 1 end,
    last_at = $2,
    next_at = $2 + case when a.attempts + 1 < $3 or a.last_at < $2 - interval '1 day' then interval '0'
      else least($4::float8, 1000 * power(2, least(a.attempts + 1 - $3, 30))) * interval '1 millisecond' end
  where a.next_at <= $2
  returning attempts`

export function openLoginGuard({ db, store, clock, rate }: LoginGuardOptions): LoginGuard {
  const run = async <Row>(statement: string, values: readonly unknown[]) => {
    try {
      return (await db.executeQuery<Row>(CompiledQuery.raw(statement, [...values]))).rows
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
  return {
    async admit({ account, address }) {
      const decision = await store.take(rateKey('login', rate, addressKey(address)), rate)
      if (!decision.isAllowed) throw rateLimited('login', rate, decision)
      if (account === undefined) return
      const key = accountKey(account)
      const now = clock.now()
      const free = limit('login.free_attempts')
      const admitted = await run(admitStatement, [key, now, free, limit('login.delay_ms_max')])
      if (admitted.length > 0) return
      const [row] = await run<{ next_at: Date }>('select next_at from login_attempts where account = $1', [key])
      const waitMs = (row?.next_at.getTime() ?? now.getTime()) - now.getTime()
      throw new FabriqueError('login_delayed', { retry_after_s: Math.max(1, Math.ceil(waitMs / 1000)) })
    },
    async succeeded({ account, address }) {
      await store.giveBack(rateKey('login', rate, addressKey(address)), rate)
      if (account !== undefined) await run('delete from login_attempts where account = $1', [accountKey(account)])
    },
  }
}

/** Names are alike to people whatever their case. */
function accountKey(account: string): string {
  return createHash('sha256').update(account.trim().toLowerCase().normalize('NFKC')).digest('hex')
}

/** Removes what was forgotten anyway. */
export async function forgetOldLogins(db: Db, now: Date): Promise<void> {
  await db.executeQuery(
    CompiledQuery.raw(
      "delete from login_attempts where last_at < $1::timestamptz - interval '1 day' and next_at < $1",
      [now],
    ),
  )
}
