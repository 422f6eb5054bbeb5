import { type ApiKey, ApiKeyRequest, FabriqueError, type NewApiKey, rolePermissions } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { authorise, changeVerb, type RecordChange, readVerb, type VerbContext } from '../../platform/index.js'
import { ownAccount } from './account.js'
import { hashOf, makeKey } from './secrets.js'
import { authTables, getUser, type KeyRow, toApiKey, type UserRow } from './store.js'

const dayMs = 86_400_000
const hourMs = 3_600_000

/** One's own keys, the newest first; those of all for who may read users. */
export const listApiKeys = readVerb({
  name: 'auth.list_api_keys',
  permission: 'account.read',
  input: z.object({ all: z.boolean() }),
  async run({ ctx, input: { all } }): Promise<readonly ApiKey[]> {
    if (all) authorise(ctx.actor, 'users.read')
    const whose = all ? sql`true` : sql`k.user_id = ${(await ownAccount(ctx)).id}`
    const { rows } = await sql<KeyRow & { user_name: string | null }>`
      select k.*, u.name as user_name from api_keys k left join users u on u.id = k.user_id
      where ${whose} order by k.created_at desc, k.id limit 1000
    `.execute(ctx.db)
    return rows.map((row) => toApiKey(row, row.user_name ?? undefined, ctx.clock.now()))
  },
})

/**
 * Makes a key of who asks, or of another user for who may change users. It may no more than who makes it. Throws `no_account`,
 * `user_not_found`, `api_key_too_wide`, `api_keys_too_many`.
 */
export const createApiKey = changeVerb({
  name: 'auth.create_api_key',
  permission: 'account.write',
  input: ApiKeyRequest,
  async run({ ctx, input, record }): Promise<NewApiKey> {
    const owner = await ownerOf(ctx, input.user)
    checkWidth(ctx, input)
    const { expires_in_days: days } = input
    const expires = days === null ? null : new Date(ctx.clock.now().getTime() + days * dayMs)
    return addKey(ctx, record, owner, { ...input, ...widthOf(ctx, owner, input), expires_at: expires })
  },
})

async function ownerOf(ctx: VerbContext, name: string | undefined): Promise<UserRow> {
  if (name === undefined) return ownAccount(ctx)
  const owner = await getUser(ctx, name)
  if (owner.id !== ctx.actor.userId) authorise(ctx.actor, 'users.write')
  return owner
}

type Width = Pick<z.output<typeof ApiKeyRequest>, 'scopes' | 'models'>

/** Throws `api_key_too_wide` that names what goes beyond who asks. */
function checkWidth({ actor }: VerbContext, { scopes, models }: Width): void {
  const beyond = [
    ...(scopes ?? []).filter((scope) => !actor.permissions.has(scope)),
    ...(models ?? []).filter((model) => actor.models !== undefined && !actor.models.has(model)),
  ]
  if (beyond.length > 0) throw new FabriqueError('api_key_too_wide', { what: beyond.join(', ') })
}

/** What is not given is all that the owner may, where who asks may that; else it is written out, so that it never becomes more. */
function widthOf({ actor }: VerbContext, owner: UserRow, { scopes, models }: Width): Width {
  const isWide = rolePermissions[owner.role].every((permission) => actor.permissions.has(permission))
  return {
    scopes: scopes ?? (isWide ? null : [...actor.permissions]),
    models: models ?? (actor.models === undefined ? null : [...actor.models]),
  }
}

type NewKey = Pick<KeyRow, 'name' | 'scopes' | 'models' | 'expires_at'>

async function addKey(ctx: VerbContext, record: RecordChange, owner: UserRow, given: NewKey): Promise<NewApiKey> {
  const now = ctx.clock.now()
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from api_keys
    where user_id = ${owner.id} and revoked_at is null and (expires_at is null or expires_at > ${now})
  `.execute(ctx.db)
  const keysMax = limit('auth.keys_max')
  if ((rows[0]?.count ?? 0) >= keysMax) throw new FabriqueError('api_keys_too_many', { limit: keysMax })
  const { id, key } = makeKey(ctx.ids)
  const { name, scopes, models, expires_at } = given
  const row = { id, user_id: owner.id, name, secret_hash: hashOf(key), scopes, models, created_at: now, expires_at }
  const made = await authTables(ctx)
    .insertInto('api_keys')
    .values({ ...row, revoked_at: null, last_used_at: null, replaced_by: null })
    .returningAll()
    .executeTakeFirstOrThrow()
  await record({ subject: `keys/${id}`, event: 'key.changed', payload: { key_id: id, change: 'created' } })
  return { key, api_key: toApiKey(made, owner.name, now) }
}

/**
 * Makes a key in the place of another, which stays valid for some hours more, so that programs can be changed one by one. Throws
 * `api_key_not_found`.
 */
export const rotateApiKey = changeVerb({
  name: 'auth.rotate_api_key',
  permission: 'account.write',
  input: z.object({ key: z.string(), overlap_hours: z.number().int().min(0) }),
  async run({ ctx, input, record }): Promise<NewApiKey> {
    const { row, owner } = await usableKey(ctx, input.key)
    const now = ctx.clock.now()
    const lifeMs = row.expires_at === null ? undefined : row.expires_at.getTime() - row.created_at.getTime()
    const expires = lifeMs === undefined ? null : new Date(now.getTime() + lifeMs)
    checkWidth(ctx, row)
    const made = await addKey(ctx, record, owner, { ...row, ...widthOf(ctx, owner, row), expires_at: expires })
    const overlap = new Date(now.getTime() + input.overlap_hours * hourMs)
    const ends = row.expires_at !== null && row.expires_at < overlap ? row.expires_at : overlap
    await authTables(ctx)
      .updateTable('api_keys')
      .set({ expires_at: ends, replaced_by: made.api_key.id })
      .where('id', '=', row.id)
      .execute()
    await record({ subject: `keys/${row.id}`, event: 'key.changed', payload: { key_id: row.id, change: 'rotated' } })
    return made
  },
})

/** Revokes a key at once. Throws `api_key_not_found`, also for the key of another user. */
export const revokeApiKey = changeVerb({
  name: 'auth.revoke_api_key',
  permission: 'account.write',
  input: z.object({ key: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<ApiKey> {
    const { row, owner } = await findKey(ctx, input.key)
    const now = ctx.clock.now()
    if (row.revoked_at !== null) {
      unchanged()
      return toApiKey(row, owner?.name, now)
    }
    await authTables(ctx).updateTable('api_keys').set({ revoked_at: now }).where('id', '=', row.id).execute()
    await record({ subject: `keys/${row.id}`, event: 'key.changed', payload: { key_id: row.id, change: 'revoked' } })
    return toApiKey({ ...row, revoked_at: now }, owner?.name, now)
  },
})

interface OwnedKey {
  readonly row: KeyRow
  readonly owner: UserRow
}

interface FoundKey {
  readonly row: KeyRow
  /** Undefined for the keys of programs. */
  readonly owner: UserRow | undefined
}

/** One's own key, or any for who may change users. To others it is as if it were not there. */
async function findKey(ctx: VerbContext, id: string): Promise<FoundKey> {
  const row = await authTables(ctx)
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  const owner =
    row === undefined || row.user_id === null
      ? undefined
      : await authTables(ctx).selectFrom('users').selectAll().where('id', '=', row.user_id).executeTakeFirst()
  const isOwn = owner !== undefined && owner.id === ctx.actor.userId
  const mayChange = isOwn || ctx.actor.permissions.has('users.write')
  if (row === undefined || !mayChange) throw new FabriqueError('api_key_not_found', { key: id })
  return { row, owner }
}

/** One that can be replaced: that of a program is made anew by who starts it. */
async function usableKey(ctx: VerbContext, id: string): Promise<OwnedKey> {
  const { row, owner } = await findKey(ctx, id)
  const { revoked_at: revoked, expires_at: expires } = row
  if (owner === undefined || revoked !== null || (expires !== null && expires <= ctx.clock.now())) {
    throw new FabriqueError('api_key_not_found', { key: id })
  }
  return { row, owner }
}
