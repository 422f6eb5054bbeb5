import { FabriqueError, type Session } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, readVerb } from '../../platform/index.js'
import { ownAccount } from './account.js'
import { authTables, toSession } from './store.js'

/** The browsers in which who asks is logged in, the last used first. */
export const listSessions = readVerb({
  name: 'auth.list_sessions',
  permission: 'account.read',
  input: z.object({ current: z.string().optional() }),
  async run({ ctx, input: { current } }): Promise<readonly Session[]> {
    const { id } = await ownAccount(ctx)
    const rows = await authTables(ctx)
      .selectFrom('sessions')
      .selectAll()
      .where('user_id', '=', id)
      .where('expires_at', '>', ctx.clock.now())
      .orderBy('last_seen_at', 'desc')
      .execute()
    return rows.map((row) => toSession(row, current))
  },
})

/** Logs one of these browsers out. Throws `session_not_found`, also for the session of another user. */
export const endSession = changeVerb({
  name: 'auth.end_session',
  permission: 'account.read',
  input: z.object({ session: z.string() }),
  async run({ ctx, input: { session }, record }): Promise<void> {
    const { id, name } = await ownAccount(ctx)
    const ended = await authTables(ctx)
      .deleteFrom('sessions')
      .where('id', '=', session)
      .where('user_id', '=', id)
      .executeTakeFirst()
    if (ended.numDeletedRows === 0n) throw new FabriqueError('session_not_found', { session })
    await record({ subject: `users/${name}`, event: 'user.changed', payload: { user: name, change: 'logged out' } })
  },
})

/** Gives a token back before its time. */
export const revokeToken = changeVerb({
  name: 'auth.revoke_token',
  permission: 'account.read',
  input: z.object({ jti: z.string(), expires: z.date() }),
  async run({ ctx, input: { jti, expires }, record }): Promise<void> {
    const { name } = await ownAccount(ctx)
    await authTables(ctx)
      .insertInto('revoked_tokens')
      .values({ jti, expires_at: expires })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await record({ subject: `users/${name}`, event: 'user.changed', payload: { user: name, change: 'logged out' } })
  },
})
