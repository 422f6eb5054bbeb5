import type { User } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { authTables, toUsers } from './store.js'

/** Everyone who may log in, by name. */
export const listUsers = readVerb({
  name: 'auth.list_users',
  permission: 'users.read',
  input: z.object({}),
  async run({ ctx }): Promise<readonly User[]> {
    return toUsers(ctx, await authTables(ctx).selectFrom('users').selectAll().orderBy('name').execute())
  },
})
