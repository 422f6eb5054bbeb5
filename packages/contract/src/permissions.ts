/** What an actor may be allowed to do: one pair of read and write for each kind of thing. */
export const permissions = [
  'projects.read',
  'projects.write',
  'datasets.read',
  'datasets.write',
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
  'endpoints.read',
  'flows.read',
  'flows.write',
  'events.read',
  'status.read',
] as const
export type Permission = (typeof permissions)[number]
