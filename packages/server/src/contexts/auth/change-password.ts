import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type LoginGuard, taskVerb } from '../../platform/index.js'
import { ownAccount } from './account.js'
import { checkPassword } from './check-password.js'
import { hashPassword, verifyPassword } from './passwords.js'
import { authTables } from './store.js'
import { endLogins } from './update-user.js'

const input = z.object({
  password: z.string(),
  /** The session that is to go on. */
  session: z.string().optional(),
})

/**
 * Changes one's own password, and ends all other sessions and tokens. Throws `no_account`, `login_failed`, `password_refused`, and what the
 * guard throws: whoever has a session of another's must not guess the password by it.
 */
export const changePassword = taskVerb({
  name: 'auth.change_password',
  permission: 'account.write',
  input: input.extend({ current: z.string(), guard: z.custom<LoginGuard>(), address: z.string() }),
  async run({ ctx, input: { current, password, session, guard, address } }): Promise<void> {
    const user = await ownAccount(ctx)
    const login = { account: user.name, address }
    await guard.admit(login)
    if (!(await verifyPassword(user.password_hash ?? undefined, current))) throw new FabriqueError('login_failed', {})
    await guard.succeeded(login)
    checkPassword(password, user.name)
    await writePassword({ ctx, input: { password: await hashPassword(password), session } })
  },
})

/** The password is its hash already. */
const writePassword = changeVerb({
  name: 'auth.write_password',
  permission: 'account.write',
  input,
  async run({ ctx, input: { password, session }, record }): Promise<void> {
    const { id, name } = await ownAccount(ctx)
    await authTables(ctx).updateTable('users').set({ password_hash: password }).where('id', '=', id).execute()
    await endLogins(ctx, id, session)
    await record({ subject: `users/${name}`, event: 'user.changed', payload: { user: name, change: 'password' } })
  },
})
