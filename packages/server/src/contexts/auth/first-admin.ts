import { FabriqueError, UserName } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, systemActor, type VerbContext } from '../../platform/index.js'
import { checkPassword } from './check-password.js'
import { addUser } from './create-user.js'
import { hashPassword } from './passwords.js'
import { hashOf, isToken, makeToken } from './secrets.js'
import { authTables, lockUsers, type UserRow } from './store.js'

/** A one-time link that makes an admin: whoever sees the terminal of the server is its owner. Returns the secret of the link. */
export async function makeAdminLink(ctx: Pick<VerbContext, 'db' | 'clock' | 'ids'>): Promise<string> {
  const token = makeToken(ctx.ids)
  const expires = new Date(ctx.clock.now().getTime() + limit('auth.admin_link_minutes') * 60_000)
  await authTables(ctx)
    .insertInto('admin_links')
    .values({ token_hash: hashOf(token), expires_at: expires })
    .execute()
  return token
}

const input = z.object({ link: z.string(), name: UserName, password: z.string() })

/** Makes an admin by such a link. Throws `first_admin_link_invalid`, `password_refused`, `user_exists`. */
export async function makeAdminByLink(ctx: VerbContext, given: z.input<typeof input>): Promise<UserRow> {
  const invalid = () => new FabriqueError('first_admin_link_invalid', { minutes: limit('auth.admin_link_minutes') })
  if (!isToken(given.link)) throw invalid()
  const link = await authTables(ctx)
    .selectFrom('admin_links')
    .select('expires_at')
    .where('token_hash', '=', hashOf(given.link))
    .executeTakeFirst()
  // Before a password is hashed for whoever asks.
  if (link === undefined || link.expires_at <= ctx.clock.now()) throw invalid()
  checkPassword(given.password, given.name)
  const password = await hashPassword(given.password)
  const made = await useAdminLink({ ctx: { ...ctx, actor: systemActor('admin-link') }, input: { ...given, password } })
  if (made === undefined) throw invalid()
  return made
}

/** The password is its hash already. Undefined where the link was used meanwhile. */
const useAdminLink = changeVerb({
  name: 'auth.use_admin_link',
  permission: 'users.write',
  input,
  async run({ ctx, input: { link, ...user }, record, unchanged }): Promise<UserRow | undefined> {
    await lockUsers(ctx)
    const used = await authTables(ctx)
      .deleteFrom('admin_links')
      .where('token_hash', '=', hashOf(link))
      .where('expires_at', '>', ctx.clock.now())
      .executeTakeFirst()
    if (used.numDeletedRows === 0n) {
      unchanged()
      return undefined
    }
    const made = await addUser(ctx, { ...user, role: 'admin', models: null })
    await record({
      subject: `users/${made.name}`,
      event: 'user.changed',
      payload: { user: made.name, change: 'created' },
    })
    return made
  },
})
