import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, taskVerb } from '../../platform/index.js'
import { ownAccount } from './account.js'
import { checkPassword } from './check-password.js'
import { hashPassword, verifyPassword } from './passwords.js'
import { authTables } from './store.js'
import { endLogins } from './update-user.js'

const input = z.object({
  current: z.string(),
  password: z.string(),
  /** The session that is to go on. */
  session: z.string().optional(),
})

/** Changes one's own password, and ends all other sessions and tokens. Throws `no_account`, `login_failed`, `password_refused`. */
export const changePassword = taskVerb({
  name: 'auth.change_password',
  permission: 'account.write',
  input,
  async run({ ctx, input: { current, password, session } }): Promise<void> {
    const user = await ownAccount(ctx)
    if (!(await verifyPassword(user.password_hash ?? undefined, current))) throw new FabriqueError('login_failed', {})
    checkPassword(password, user.name)
    await writePassword({ ctx, input: { current: '', password: await hashPassword(password), session } })
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
