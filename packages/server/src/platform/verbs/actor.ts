import { FabriqueError, type Permission, permissions, rolePermissions } from '@fabrique/contract'

/** Who does something: a person, a program with a key, or the program itself. */
export interface Actor {
  readonly kind: 'local' | 'system' | 'user' | 'key' | 'nobody'
  /** Stands in the audit trail, as `local`, `system:worker`, `user:anna`, or `user:anna#k3f9` for a key of hers. */
  readonly id: string
  readonly permissions: ReadonlySet<Permission>
  /** The only models that it may predict with and change; absent for all. */
  readonly models?: ReadonlySet<string>
  /** Whose account it is, for those who have one. */
  readonly userId?: string
  /** What its requests are counted by: the key, else the user; absent where only the address tells them apart. */
  readonly limitKey?: string
}

const everything: ReadonlySet<Permission> = new Set(permissions)

/** The person at this machine, while there are no users: may do everything. Requests come over loopback only. */
export const localActor: Actor = { kind: 'local', id: 'local', permissions: everything }

/** Who has not logged in: may do nothing that is asked about. */
export const nobody: Actor = { kind: 'nobody', id: 'nobody', permissions: new Set() }

/** A part of the program that acts by itself, as `system:worker`. */
export function systemActor(part: string): Actor {
  return { kind: 'system', id: `system:${part}`, permissions: everything }
}

/** A program that the worker started, as a script of a project: may do what makes models, and nothing about users. */
export function programActor(key: string): Actor {
  return { kind: 'key', id: `system:program#${key}`, permissions: new Set(rolePermissions.editor) }
}

/** Whoever has an address that cannot be guessed, as one of a file: may do with it what it was made for. */
export function linkActor(permission: Permission): Actor {
  return { kind: 'key', id: 'link', permissions: new Set([permission]) }
}

/** The first line of every verb. Throws `permission_denied`, or `login_required` where nobody has logged in. */
export function authorise(actor: Actor, permission: Permission): void {
  if (actor.permissions.has(permission)) return
  if (actor.kind === 'nobody') throw new FabriqueError('login_required', {})
  throw new FabriqueError('permission_denied', { actor: actor.id, permission })
}

/** The same for what is done with one model: an actor may be limited to some. Throws `model_not_granted` as well. */
export function authoriseModel(actor: Actor, permission: Permission, model: string): void {
  authorise(actor, permission)
  checkModelGrant(actor, model)
}

/** Throws `model_not_granted` where an actor is limited to other models. */
export function checkModelGrant(actor: Actor, model: string): void {
  if (actor.models !== undefined && !actor.models.has(model)) {
    throw new FabriqueError('model_not_granted', { actor: actor.id, model })
  }
}
