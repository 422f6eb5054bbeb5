import { type ApiKey, FabriqueError, type Permission, type Session, type User, type UserRole } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'

type AuthTables = {
  users: {
    id: string
    name: string
    password_hash: string | null
    role: UserRole
    models: string[] | null
    is_active: boolean
    session_version: number
    created_at: Date
    last_login_at: Date | null
  }
  api_keys: {
    id: string
    user_id: string | null
    name: string
    secret_hash: Buffer
    scopes: Permission[] | null
    models: string[] | null
    created_at: Date
    expires_at: Date | null
    revoked_at: Date | null
    last_used_at: Date | null
    replaced_by: string | null
  }
  sessions: {
    id: string
    token_hash: Buffer
    user_id: string
    created_at: Date
    last_seen_at: Date
    expires_at: Date
    user_agent: string
    address: string
  }
  revoked_tokens: { jti: string; expires_at: Date }
  admin_links: { token_hash: Buffer; expires_at: Date }
  user_identities: { issuer: string; subject: string; user_id: string; created_at: Date }
  password_links: { token_hash: Buffer; user_id: string; expires_at: Date }
}

export type UserRow = Readonly<AuthTables['users']>
export type KeyRow = Readonly<AuthTables['api_keys']>

type Place = Pick<VerbContext, 'db'>

export const authTables = (ctx: Place) => ctx.db.withTables<AuthTables>()

/** Whether anybody may log in: from then on everybody must. */
export async function hasUsers(ctx: Place): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select exists (select from users) as there`.execute(ctx.db)
  return rows[0]?.there === true
}

/** Held by whatever decides by who there is: two changes at once would each count on the other one. */
export async function lockUsers(ctx: Place): Promise<void> {
  await sql`lock table users in share row exclusive mode`.execute(ctx.db)
}

/** A user by name, whatever its case. */
export async function findUser(ctx: Place, name: string): Promise<UserRow | undefined> {
  return authTables(ctx)
    .selectFrom('users')
    .selectAll()
    .where(sql`lower(name)`, '=', name.toLowerCase())
    .executeTakeFirst()
}

/** Throws `user_not_found`. */
export async function getUser(ctx: Place, name: string): Promise<UserRow> {
  const user = await findUser(ctx, name)
  if (user === undefined) throw new FabriqueError('user_not_found', { user: name })
  return user
}

export async function findUserById(ctx: Place, id: string): Promise<UserRow | undefined> {
  return authTables(ctx).selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
}

/** What others see of some users. */
export async function toUsers(ctx: Place, rows: readonly UserRow[]): Promise<readonly User[]> {
  const found = await authTables(ctx)
    .selectFrom('user_identities')
    .select(['user_id', 'issuer'])
    .where('user_id', 'in', [...rows.map(({ id }) => id), ''])
    .orderBy('created_at')
    .execute()
  const providers = new Map(found.map(({ user_id, issuer }) => [user_id, issuer]))
  return rows.map((row) => toUser(row, providers.get(row.id)))
}

/** What others see of a user. */
export async function describeUser(ctx: Place, row: UserRow): Promise<User> {
  const [user] = await toUsers(ctx, [row])
  return user ?? toUser(row, undefined)
}

function toUser(row: UserRow, provider: string | undefined): User {
  const { id, name, role, models, is_active, created_at, last_login_at } = row
  return {
    id,
    name,
    role,
    models,
    is_active,
    created_at: created_at.toISOString(),
    ...(last_login_at === null ? {} : { last_login_at: last_login_at.toISOString() }),
    has_password: row.password_hash !== null,
    ...(provider === undefined ? {} : { provider }),
  }
}

/** What others see of a key: not its hash. */
export function toApiKey(row: KeyRow, user: string | undefined, now: Date): ApiKey {
  const { expires_at: expires, revoked_at: revoked, last_used_at: used } = row
  const isOver = expires !== null && expires <= now
  return {
    id: row.id,
    name: row.name,
    ...(user === undefined ? {} : { user }),
    scopes: row.scopes,
    models: row.models,
    state: revoked !== null ? 'revoked' : isOver ? 'expired' : 'active',
    created_at: row.created_at.toISOString(),
    ...(expires === null ? {} : { expires_at: expires.toISOString() }),
    ...(used === null ? {} : { last_used_at: used.toISOString() }),
    ...(row.replaced_by === null ? {} : { replaced_by: row.replaced_by }),
  }
}

export function toSession(row: Readonly<AuthTables['sessions']>, current: string | undefined): Session {
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    last_seen_at: row.last_seen_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    user_agent: row.user_agent,
    address: row.address,
    is_current: row.id === current,
  }
}

/** Removes what is over and proves nothing any more. */
export async function tidyUpAuth(ctx: Pick<VerbContext, 'db' | 'clock'>): Promise<void> {
  const now = ctx.clock.now()
  const tables = authTables(ctx)
  await tables.deleteFrom('sessions').where('expires_at', '<', now).execute()
  await tables.deleteFrom('revoked_tokens').where('expires_at', '<', now).execute()
  await tables.deleteFrom('admin_links').where('expires_at', '<', now).execute()
  await tables.deleteFrom('password_links').where('expires_at', '<', now).execute()
  await tables.deleteFrom('api_keys').where('user_id', 'is', null).where('expires_at', '<', now).execute()
}
