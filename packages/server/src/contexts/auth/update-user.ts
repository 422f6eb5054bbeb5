import { FabriqueError, type User, UserChange } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, taskVerb, type VerbContext } from '../../platform/index.js'
import { checkPassword } from './check-password.js'
import { hashPassword } from './passwords.js'
import { authTables, describeUser, getUser, lockUsers, type UserRow } from './store.js'

const input = UserChange.extend({ user: z.string() })

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
  async run({ ctx, input: { user: name, ...change }, record, unchanged }): Promise<User> {
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
    if (role !== 'admin' || !is_active) await keepAnAdmin(ctx, user)
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

/** Throws `last_admin` where nobody else could manage users. The lock of users is held. */
export async function keepAnAdmin(ctx: VerbContext, user: UserRow): Promise<void> {
  if (user.role !== 'admin' || !user.is_active) return
  const { rows } = await sql`
    select from users u where role = 'admin' and is_active and id <> ${user.id}
      and (password_hash is not null or exists (select from user_identities where user_id = u.id)) limit 1
  `.execute(ctx.db)
  if (rows.length === 0) throw new FabriqueError('last_admin', { user: user.name })
}

/** Ends sessions, tokens and links of a user, except one session; keys stay. */
export async function endLogins(ctx: VerbContext, userId: string, exceptSession = ''): Promise<void> {
  await sql`update users set session_version = session_version + 1 where id = ${userId}`.execute(ctx.db)
  await authTables(ctx).deleteFrom('password_links').where('user_id', '=', userId).execute()
  await authTables(ctx).deleteFrom('sessions').where('user_id', '=', userId).where('id', '<>', exceptSession).execute()
}
