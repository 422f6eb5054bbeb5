import { type Permission, rolePermissions, type UserRole } from '@fabrique/contract'
import type { Actor } from '../../platform/index.js'

interface Grants {
  readonly scopes: readonly Permission[] | null
  readonly models: readonly string[] | null
}

interface Account {
  readonly id: string
  readonly name: string
  readonly role: UserRole
  readonly models: readonly string[] | null
}

/** A user as an actor; `by` is the key or the token it comes with, which may narrow what it may. */
export function actorOf(user: Account, by: { readonly key?: string } & Partial<Grants> = {}): Actor {
  const models = narrow(user.models, by.models ?? null)
  const permissions = narrow(rolePermissions[user.role], by.scopes ?? null) ?? []
  return {
    kind: by.key === undefined ? 'user' : 'key',
    id: by.key === undefined ? `user:${user.name}` : `user:${user.name}#${by.key}`,
    permissions: new Set(permissions),
    ...(models === null ? {} : { models: new Set(models) }),
    userId: user.id,
    limitKey: by.key ?? user.id,
  }
}

/** What both lists have; null has all. */
function narrow<Item>(wide: readonly Item[] | null, other: readonly Item[] | null): readonly Item[] | null {
  if (wide === null) return other
  if (other === null) return wide
  const allowed = new Set(other)
  return wide.filter((item) => allowed.has(item))
}
