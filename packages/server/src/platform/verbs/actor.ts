import { FabriqueError, type Permission, permissions } from '@fabrique/contract'

/** Who does something: a person, a program with a key, or the program itself. */
export interface Actor {
  readonly kind: 'local' | 'system'
  /** Stands in the audit trail, as `local` or `system:worker`. */
  readonly id: string
  readonly permissions: ReadonlySet<Permission>
}

const everything: ReadonlySet<Permission> = new Set(permissions)

/** The person at this machine, while there are no users: may do everything. Requests come over loopback only. */
export const localActor: Actor = { kind: 'local', id: 'local', permissions: everything }

/** A part of the program that acts by itself, as `system:worker`. */
export function systemActor(part: string): Actor {
  return { kind: 'system', id: `system:${part}`, permissions: everything }
}

/** The first line of every verb. Throws `permission_denied`. */
export function authorise(actor: Actor, permission: Permission): void {
  if (!actor.permissions.has(permission)) {
    throw new FabriqueError('permission_denied', { actor: actor.id, permission })
  }
}
