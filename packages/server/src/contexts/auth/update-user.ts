import { FabriqueError, type User, UserChange } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, taskVerb, type VerbContext } from '../../platform/index.js'
import { checkPassword } from './check-password.js'
import { hashPassword } from './passwords.js'
import { authTables, describeUser, getUser, lockUsers, type UserRow } from './store.js'

const input = UserChange.extend({
  user: z.string(),
  /** The identity provider at which people log in now, where there is one. */
  issuer: z.string().optional(),
})

/**
 * Changes what a user may, sets a new password, or switches the account off; each ends what the user is logged in with. Throws
 * `user_not_found`, `password_refused`, `last_admin`.
 */
export const updateUser = taskVerb({
  name: 'auth.update_user',
  permission: 'users.write',
  input,
  async run({ ctx, input: { password, ...change } }): Promise<User> {
    if (password !== undefined) checkPassword(password, change.user)
    const hashed = password === undefined ? {} : { password: await hashPassword(password) }
    return writeUser({ ctx, input: { ...change, ...hashed } })
  },
})

/** The password is its hash already. */
const writeUser = changeVerb({
  name: 'auth.write_user',
  permission: 'users.write',
  input,
  async run({ ctx, input: { user: name, issuer, ...change }, record, unchanged }): Promise<User> {
    await lockUsers(ctx)
    const user = await getUser(ctx, name)
    const { role = user.role, is_active = user.is_active, models = user.models, password } = change
    const changes = [
      ...(role === user.role ? [] : [`role ${role}`]),
      ...(is_active === user.is_active ? [] : [is_active ? 'switched on' : 'switched off']),
      ...(JSON.stringify(models) === JSON.stringify(user.models) ? [] : ['models']),
      ...(password === undefined ? [] : ['password']),
    ]
    if (changes.length === 0) {
      unchanged()
      return describeUser(ctx, user)
    }
    if (role !== 'admin' || !is_active) await keepAnAdmin(ctx, user, issuer)
    await authTables(ctx)
      .updateTable('users')
      .set({ role, is_active, models, ...(password === undefined ? {} : { password_hash: password }) })
      .where('id', '=', user.id)
      .execute()
    if (password !== undefined || !is_active) await endLogins(ctx, user.id)
    const payload = { user: user.name, change: changes.join(', ') }
    await record({ subject: `users/${user.name}`, event: 'user.changed', payload })
    return describeUser(ctx, { ...user, role, is_active, models, password_hash: password ?? user.password_hash })
  },
})

/**
 * Throws `last_admin` where nobody else could log in and manage users: by a password, or at the provider of the settings. The lock of users
 * is held.
 */
export async function keepAnAdmin(ctx: VerbContext, user: UserRow, issuer: string | undefined): Promise<void> {
  if (user.role !== 'admin' || !user.is_active) return
  const { rows } = await sql<{ has_password: boolean; issuer: string | null }>`
    select u.password_hash is not null as has_password, i.issuer
    from users u left join user_identities i on i.user_id = u.id
    where u.role = 'admin' and u.is_active and u.id <> ${user.id}
  `.execute(ctx.db)
  const hasOther = rows.some((other) => other.has_password || isSameIssuer(other.issuer, issuer))
  if (!hasOther) throw new FabriqueError('last_admin', { user: user.name })
}

/** As the library that asks the provider compares them: a slash at the end of a bare host makes no difference. */
function isSameIssuer(one: string | null, other: string | undefined): boolean {
  if (one === null || other === undefined) return false
  return URL.canParse(one) && URL.canParse(other) ? new URL(one).href === new URL(other).href : one === other
}

/** Ends sessions, tokens and links of a user, except one session; keys stay. */
export async function endLogins(ctx: VerbContext, userId: string, exceptSession = ''): Promise<void> {
  await sql`update users set session_version = session_version + 1 where id = ${userId}`.execute(ctx.db)
  await authTables(ctx).deleteFrom('password_links').where('user_id', '=', userId).execute()
  await authTables(ctx).deleteFrom('sessions').where('user_id', '=', userId).where('id', '<>', exceptSession).execute()
}
