/** What an actor may be allowed to do: one pair of read and write for each kind of thing. */
export const permissions = [
  'projects.read',
  'projects.write',
  'datasets.read',
  'datasets.write',
  // Paths of the machine of the worker: who names them reads and writes what the program can.
  'machine.files',
  'jobs.read',
  'jobs.write',
  'lineage.read',
  'features.read',
  'features.write',
  'runs.read',
  'runs.write',
  'artifacts.read',
  'artifacts.write',
  'models.read',
  'models.write',
  'webhooks.read',
  'webhooks.write',
  'traces.read',
  'traces.write',
  'predictions.make',
  'predictions.read',
  'feedback.write',
  'endpoints.read',
  'endpoints.write',
  'monitors.read',
  'monitors.write',
  // A run reads much, and what follows from it may move the alias that answers.
  'monitors.run',
  'flows.read',
  'flows.write',
  'events.read',
  'status.read',
  // One's own password, keys and sessions.
  'account.read',
  'account.write',
  'users.read',
  'users.write',
] as const
export type Permission = (typeof permissions)[number]

/** From the one who may least to the one who may all. */
export const roles = ['viewer', 'editor', 'operator', 'admin'] as const
export type UserRole = (typeof roles)[number]

const ofUsers: readonly Permission[] = ['users.read', 'users.write']
/** What changes nothing of the project, and what concerns oneself only. */
const ofViewers = permissions.filter(
  (permission) =>
    !ofUsers.includes(permission) &&
    (permission.endsWith('.read') || ['account.write', 'predictions.make', 'feedback.write'].includes(permission)),
)
/** Where results leave this server, what it reads and writes of its machine, and which version answers. */
const ofOperators: readonly Permission[] = ['webhooks.write', 'endpoints.write', 'machine.files', 'monitors.run']

/**
 * What each role may: a viewer looks and asks for predictions, an editor also makes and changes things, an operator also decides what other
 * programs are told, an admin also says who may what.
 */
export const rolePermissions: Readonly<Record<UserRole, readonly Permission[]>> = {
  viewer: ofViewers,
  editor: permissions.filter((permission) => !ofUsers.includes(permission) && !ofOperators.includes(permission)),
  operator: permissions.filter((permission) => !ofUsers.includes(permission)),
  admin: permissions,
}
