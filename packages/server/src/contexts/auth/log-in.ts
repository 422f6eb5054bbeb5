import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, type LoginGuard, type VerbContext } from '../../platform/index.js'
import { actorOf } from './grants.js'
import { hashPassword, isOutdated, verifyPassword } from './passwords.js'
import { hashOf, makeToken } from './secrets.js'
import { authTables, findUser, type UserRow } from './store.js'

export interface Login {
  readonly name: string
  readonly password: string
  readonly address: string
}

/** Who has this name and password. Throws `login_failed` without saying which is wrong, and what the guard throws against guessing. */
export async function checkLogin(
  ctx: VerbContext,
  guard: LoginGuard,
  { name, password, address }: Login,
): Promise<UserRow> {
  const login = { account: name, address }
  await guard.admit(login)
  // A name that cannot be stored is that of nobody.
  const user = name.includes('\u0000') ? undefined : await findUser(ctx, name)
  const hash = user?.password_hash ?? undefined
  const isRight = await verifyPassword(hash, password)
  if (user === undefined || !isRight || !user.is_active) throw new FabriqueError('login_failed', {})
  await guard.succeeded(login)
  if (hash !== undefined && isOutdated(hash)) await renewHash(ctx, user, password)
  return user
}

/** The password is known at this moment only: its hash gets the parameters of today. */
async function renewHash(ctx: VerbContext, { id, password_hash: before }: UserRow, password: string): Promise<void> {
  const hash = await hashPassword(password)
  await authTables(ctx)
    .updateTable('users')
    .set({ password_hash: hash })
    .where('id', '=', id)
    .where('password_hash', '=', before)
    .execute()
}

/** The user as who acts from now on. */
export function asUser(ctx: VerbContext, user: UserRow): VerbContext {
  return { ...ctx, actor: actorOf(user) }
}

/** Notes a login in the audit trail; called as the user. */
export const recordLogin = changeVerb({
  name: 'auth.record_login',
  permission: 'account.read',
  input: z.object({ user: z.string(), change: z.enum(['logged in', 'token made']) }),
  async run({ ctx, input: { user, change }, record }): Promise<void> {
    const now = ctx.clock.now()
    await sql`update users set last_login_at = ${now} where lower(name) = ${user.toLowerCase()}`.execute(ctx.db)
    await record({ subject: `users/${user}`, event: 'user.changed', payload: { user, change } })
  },
})

export interface NewSession {
  readonly id: string
  /** For the cookie; kept nowhere else. */
  readonly token: string
  readonly expires: Date
}

export interface Browser {
  readonly userAgent: string
  readonly address: string
}

/**
 * Logs a browser in; the sessions of the user that were not used for longest end where there are too many. Throws `login_failed` where the
 * user's logins were ended since the password was looked at.
 */
export async function startSession(ctx: VerbContext, user: UserRow, browser: Browser): Promise<NewSession> {
  const now = ctx.clock.now()
  const [id, token] = [ctx.ids.prefixed('ses'), makeToken(ctx.ids)]
  const expires = new Date(now.getTime() + limit('auth.session_days') * 86_400_000)
  const userAgent = browser.userAgent.replaceAll('\u0000', '').slice(0, 300)
  // The lock puts this before a change of the user, which then ends this session too, or after it, and then it is seen here.
  const { rows } = await sql`
    insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at, user_agent, address)
    select ${id}, ${hashOf(token)}, u.id, ${now}, ${now}, ${expires}, ${userAgent}, ${browser.address.slice(0, 100)}
    from users u where u.id = ${user.id} and u.session_version = ${user.session_version} and u.is_active for share
    returning id
  `.execute(ctx.db)
  if (rows.length === 0) throw new FabriqueError('login_failed', {})
  await recordLogin({ ctx: asUser(ctx, user), input: { user: user.name, change: 'logged in' } })
  await sql`
    delete from sessions where id in (
      select id from sessions where user_id = ${user.id} order by last_seen_at desc, created_at desc, id
      offset ${limit('auth.sessions_max')}
    )
  `.execute(ctx.db)
  return { id, token, expires }
}
