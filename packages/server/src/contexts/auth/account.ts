import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { findUserById, type UserRow } from './store.js'

/** The user who asks. Throws `no_account` for who is none, as the person at this machine while there are no users. */
export async function ownAccount(ctx: VerbContext): Promise<UserRow> {
  const { id, userId } = ctx.actor
  const user = userId === undefined ? undefined : await findUserById(ctx, userId)
  if (user === undefined) throw new FabriqueError('no_account', { actor: id })
  return user
}
