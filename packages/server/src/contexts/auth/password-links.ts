import { FabriqueError, type PasswordLink } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, systemActor, type VerbContext } from '../../platform/index.js'
import { checkPassword } from './check-password.js'
import { hashPassword } from './passwords.js'
import { hashOf, isToken, makeToken } from './secrets.js'
import { authTables, findUserById, getUser, type UserRow } from './store.js'
import { endLogins } from './update-user.js'

/** A one-time link by which a user chooses a password: nobody else then ever knew it. Throws `user_not_found`. */
export const makePasswordLink = changeVerb({
  name: 'auth.make_password_link',
  permission: 'users.write',
  input: z.object({ user: z.string() }),
  async run({ ctx, input, record }): Promise<PasswordLink> {
    const user = await getUser(ctx, input.user)
    const link = makeToken(ctx.ids)
    const expires = new Date(ctx.clock.now().getTime() + limit('auth.password_link_hours') * 3_600_000)
    await authTables(ctx).deleteFrom('password_links').where('user_id', '=', user.id).execute()
    await authTables(ctx)
      .insertInto('password_links')
      .values({ token_hash: hashOf(link), user_id: user.id, expires_at: expires })
      .execute()
    const payload = { user: user.name, change: 'password link' }
    await record({ subject: `users/${user.name}`, event: 'user.changed', payload })
    return { link, user: user.name, expires_at: expires.toISOString() }
  },
})

const input = z.object({ link: z.string(), password: z.string() })
const invalid = () => new FabriqueError('password_link_invalid', { hours: limit('auth.password_link_hours') })

/** Sets the password of the user of such a link. Throws `password_link_invalid`, `password_refused`. */
export async function choosePassword(ctx: VerbContext, given: z.input<typeof input>): Promise<UserRow> {
  // Before a password is hashed for whoever asks.
  const owner = isToken(given.link) ? await ownerOf(ctx, given.link) : undefined
  if (owner === undefined) throw invalid()
  checkPassword(given.password, owner.name)
  const password = await hashPassword(given.password)
  const user = await usePasswordLink({
    ctx: { ...ctx, actor: systemActor('password-link') },
    input: { ...given, password },
  })
  if (user === undefined) throw invalid()
  return user
}

async function ownerOf(ctx: VerbContext, link: string): Promise<UserRow | undefined> {
  const found = await authTables(ctx)
    .selectFrom('password_links')
    .select('user_id')
    .where('token_hash', '=', hashOf(link))
    .where('expires_at', '>', ctx.clock.now())
    .executeTakeFirst()
  const user = found === undefined ? undefined : await findUserById(ctx, found.user_id)
  return user?.is_active === true ? user : undefined
}

/** The password is its hash already. Undefined where the link was used meanwhile. */
const usePasswordLink = changeVerb({
  name: 'auth.use_password_link',
  permission: 'users.write',
  input,
  async run({ ctx, input: { link, password }, record, unchanged }): Promise<UserRow | undefined> {
    const user = await ownerOf(ctx, link)
    const used = await authTables(ctx)
      .deleteFrom('password_links')
      .where('token_hash', '=', hashOf(link))
      .executeTakeFirst()
    if (user === undefined || used.numDeletedRows === 0n) {
      unchanged()
      return undefined
    }
    await authTables(ctx).updateTable('users').set({ password_hash: password }).where('id', '=', user.id).execute()
    await endLogins(ctx, user.id)
    await record({
      subject: `users/${user.name}`,
      event: 'user.changed',
      payload: { user: user.name, change: 'password' },
    })
    return findUserById(ctx, user.id)
  },
})
