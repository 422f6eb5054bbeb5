import { FabriqueError, roles, type UserRole } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, systemActor, type VerbContext } from '../../platform/index.js'
import { claimAt, type Identity, nameClaims, type OidcSettings } from './identity-provider.js'
import { authTables, findUser, hasUsers, lockUsers, type UserRow } from './store.js'
import { endLogins, keepAnAdmin } from './update-user.js'

/**
 * The user of an identity, made at the first login. Issuer and subject say who it is: a name or an address that is the same makes nobody
 * the same. Throws `oidc_refused`, `first_user_not_admin`, `last_admin`.
 */
export async function admitIdentity(ctx: VerbContext, settings: OidcSettings, identity: Identity): Promise<UserRow> {
  const { issuer, subject, claims } = identity
  const role = roleOf(claims, settings)
  const own = { ...ctx, actor: systemActor('oidc') }
  if (role === undefined) {
    if (settings.roleClaim !== undefined) await withdrawIdentity({ ctx: own, input: { issuer, subject } })
    throw new FabriqueError('oidc_refused', {})
  }
  const input = { issuer, subject, name: nameOf(claims, subject), role, isMapped: settings.roleClaim !== undefined }
  const user = await writeIdentity({ ctx: own, input })
  if (!user.is_active) throw new FabriqueError('oidc_refused', {})
  return user
}

const writeIdentity = changeVerb({
  name: 'auth.write_identity',
  permission: 'users.write',
  input: z.object({
    issuer: z.string(),
    subject: z.string(),
    name: z.string(),
    role: z.enum(roles),
    /** Whether the provider says the role at each login, or only the first one. */
    isMapped: z.boolean(),
  }),
  async run({ ctx, input: { isMapped, role, ...identity }, record, unchanged }): Promise<UserRow> {
    const before = await userOf(ctx, identity)
    if (before !== undefined && (!isMapped || before.role === role || !before.is_active)) {
      unchanged()
      return before
    }
    await lockUsers(ctx)
    // Meanwhile another login of the same person may have made the user.
    const user = await userOf(ctx, identity)
    if (user === undefined) {
      const made = await addIdentity(ctx, identity, role)
      await record({
        subject: `users/${made.name}`,
        event: 'user.changed',
        payload: { user: made.name, change: 'created' },
      })
      return made
    }
    if (!isMapped || user.role === role || !user.is_active) {
      unchanged()
      return user
    }
    if (role !== 'admin') await keepAnAdmin(ctx, user, identity.issuer)
    await authTables(ctx).updateTable('users').set({ role }).where('id', '=', user.id).execute()
    const payload = { user: user.name, change: `role ${role}` }
    await record({ subject: `users/${user.name}`, event: 'user.changed', payload })
    return { ...user, role }
  },
})

/** Switches off whom the provider gives no role any more: neither sessions nor keys outlast it. */
const withdrawIdentity = changeVerb({
  name: 'auth.withdraw_identity',
  permission: 'users.write',
  input: z.object({ issuer: z.string(), subject: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const isKnown = (await userOf(ctx, input))?.is_active === true
    // Strangers wait for nobody.
    if (isKnown) await lockUsers(ctx)
    const user = isKnown ? await userOf(ctx, input) : undefined
    if (user?.is_active !== true) {
      unchanged()
      return
    }
    await keepAnAdmin(ctx, user, input.issuer)
    await authTables(ctx).updateTable('users').set({ is_active: false }).where('id', '=', user.id).execute()
    await endLogins(ctx, user.id)
    const payload = { user: user.name, change: 'switched off' }
    await record({ subject: `users/${user.name}`, event: 'user.changed', payload })
  },
})

interface KnownIdentity {
  readonly issuer: string
  readonly subject: string
  readonly name: string
}

async function userOf(
  ctx: VerbContext,
  { issuer, subject }: Omit<KnownIdentity, 'name'>,
): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    select u.* from user_identities i join users u on u.id = i.user_id where i.issuer = ${issuer} and i.subject = ${subject}
  `.execute(ctx.db)
  return rows[0]
}

/** The lock of users is held. */
async function addIdentity(
  ctx: VerbContext,
  { issuer, subject, name }: KnownIdentity,
  role: UserRole,
): Promise<UserRow> {
  const isFirst = !(await hasUsers(ctx))
  if (isFirst && role !== 'admin') throw new FabriqueError('first_user_not_admin', {})
  if (isFirst) await authTables(ctx).deleteFrom('admin_links').execute()
  const now = ctx.clock.now()
  const id = ctx.ids.prefixed('user')
  const made = await authTables(ctx)
    .insertInto('users')
    .values({
      ...{ id, role, name: await freeName(ctx, name), password_hash: null, models: null },
      ...{ created_at: now, is_active: true, session_version: 1, last_login_at: null },
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await authTables(ctx)
    .insertInto('user_identities')
    .values({ issuer, subject, user_id: made.id, created_at: now })
    .execute()
  return made
}

const namesTried = 50

/** The name itself where nobody has it; who has it keeps it. */
async function freeName(ctx: VerbContext, name: string): Promise<string> {
  for (let number = 1; number <= namesTried; number += 1) {
    const tried = number === 1 ? name : `${name}-${number}`
    if ((await findUser(ctx, tried)) === undefined) return tried
  }
  return `${name.slice(0, 60)}-${ctx.ids.hex32()}`
}

/** A name of ours out of what the provider says: it stands in addresses, in the audit trail and in Basic credentials. */
function nameOf(claims: Readonly<Record<string, unknown>>, subject: string): string {
  const given = nameClaims.map((claim) => claims[claim]).find((value) => typeof value === 'string' && value !== '')
  const name = userName(typeof given === 'string' ? given : subject)
  return name === '' ? 'user' : name
}

export function userName(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._@-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 90)
}

/** The most that one of the values gives; undefined for who may not come in. */
export function roleOf(
  claims: Readonly<Record<string, unknown>>,
  { roleClaim, roles: given, defaultRole }: Pick<OidcSettings, 'roleClaim' | 'roles' | 'defaultRole'>,
): UserRole | undefined {
  const values = roleClaim === undefined ? [] : [claimAt(claims, roleClaim)].flat()
  const found = new Set(values.map((value) => (typeof value === 'string' ? given.get(value) : undefined)))
  return roles.findLast((role) => found.has(role)) ?? defaultRole
}
