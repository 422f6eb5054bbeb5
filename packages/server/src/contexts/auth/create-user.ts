import { FabriqueError, type User, UserRequest } from '@fabrique/contract'
import type { z } from 'zod'
import { changeVerb, taskVerb, type VerbContext } from '../../platform/index.js'
import { checkPassword } from './check-password.js'
import { hashPassword } from './passwords.js'
import { authTables, describeUser, findUser, hasUsers, lockUsers, type UserRow } from './store.js'

/**
 * Throws `password_refused`, `user_exists`, and `first_user_not_admin` where nobody could manage users afterwards. Without a password the
 * user logs in by a link, or not at all; the first one needs one.
 */
export const createUser = taskVerb({
  name: 'auth.create_user',
  permission: 'users.write',
  input: UserRequest,
  async run({ ctx, input: { password, ...user } }): Promise<User> {
    if (password !== null || !(await hasUsers(ctx))) checkPassword(password ?? '', user.name)
    // No transaction is open while it is made, which takes its time.
    const hash = password === null ? null : await hashPassword(password)
    return describeUser(ctx, await insertUser({ ctx, input: { ...user, password: hash } }))
  },
})

/** The password is its hash already. */
const insertUser = changeVerb({
  name: 'auth.insert_user',
  permission: 'users.write',
  input: UserRequest,
  async run({ ctx, input, record }): Promise<UserRow> {
    await lockUsers(ctx)
    if (input.role !== 'admin' && !(await hasUsers(ctx))) throw new FabriqueError('first_user_not_admin', {})
    const made = await addUser(ctx, input)
    await record({
      subject: `users/${made.name}`,
      event: 'user.changed',
      payload: { user: made.name, change: 'created' },
    })
    return made
  },
})

type NewUser = z.output<typeof UserRequest>

/**
 * Writes a user whose password is hashed; the lock of users is held. With the first one the links that make one are void. Throws
 * `user_exists`.
 */
export async function addUser(ctx: VerbContext, { name, password, role, models }: NewUser): Promise<UserRow> {
  if ((await findUser(ctx, name)) !== undefined)
    throw new FabriqueError('user_exists', { user: name }, { field: 'name' })
  if (!(await hasUsers(ctx))) await authTables(ctx).deleteFrom('admin_links').execute()
  const id = ctx.ids.prefixed('user')
  const row = { id, name, password_hash: password, role, models, created_at: ctx.clock.now() }
  return authTables(ctx)
    .insertInto('users')
    .values({ ...row, is_active: true, session_version: 1, last_login_at: null })
    .returningAll()
    .executeTakeFirstOrThrow()
}
