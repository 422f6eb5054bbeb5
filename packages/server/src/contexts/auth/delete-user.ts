import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { authTables, getUser, lockUsers } from './store.js'
import { keepAnAdmin } from './update-user.js'

/** Removes a user with keys and sessions; what the audit trail says stays. Throws `user_not_found`, `last_admin`. */
export const deleteUser = changeVerb({
  name: 'auth.delete_user',
  permission: 'users.write',
  input: z.object({
    user: z.string(),
    /** The identity provider at which people log in now, where there is one. */
    issuer: z.string().optional(),
  }),
  async run({ ctx, input, record }): Promise<void> {
    await lockUsers(ctx)
    const user = await getUser(ctx, input.user)
    await keepAnAdmin(ctx, user, input.issuer)
    await authTables(ctx).deleteFrom('users').where('id', '=', user.id).execute()
    await record({
      subject: `users/${user.name}`,
      event: 'user.changed',
      payload: { user: user.name, change: 'deleted' },
    })
  },
})
