// A project of features: a view with every kind of feature, one of two entities, one that is not online; values of today and of long ago.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, ended, ingest } from './seed-data.mjs'

const name = 'streaming'
const config = `import {
  csv, dataset, defineProject, derive, entity, featureService, featureView, integer, number, query, sql, text, timestamp,
} from 'fabrique'

const usage = dataset('usage', csv('usage.csv'), {
  description: 'Hours that each user watched on each device',
  columns: {
    user_id: integer(),
    device: text(),
    day: timestamp(),
    known_at: timestamp(),
    hours: number({ unit: 'h', nullable: true }),
    sessions: integer(),
  },
  time: 'day',
})
const user = entity('user', { key: { user_id: 'integer' }, description: 'Who pays', owner: 'growth@example.org' })
const device = entity('device', { key: 'device', description: 'What is watched on' })

const usage30d = featureView('usage_30d', {
  from: usage,
  entity: user,
  description: 'How much and how often someone watches',
  owner: 'growth@example.org',
  tags: { team: 'growth', pii: 'no' },
  created: 'known_at',
  ties: ['device'],
  ttl: '45d',
  features: [{ name: 'hours', description: 'Hours of the newest day' }, 'sessions'],
  aggregations: {
    hours_90d: { of: 'hours', as: 'sum', over: '90d' },
    days_36h: { as: 'count', over: '36h' },
  },
  derived: {
    hours_per_session: sql('hours / nullif(sessions, 0)'),
    busy: derive(['hours', 'sessions'], 'boolean', ({ hours, sessions }) =>
      hours === null || sessions === null ? null : hours > 2 * sessions,
    ),
  },
})
const byDevice = featureView('by_device', {
  from: query([usage], 'select user_id, device, day, hours, device || \\' \\' || sessions as label from usage'),
  entity: [user, device],
  time: 'day',
  features: ['hours', 'label'],
  onSnapshot: false,
})
const support = featureView('support', {
  from: usage,
  entity: user,
  features: [{ name: 'last_sessions', column: 'sessions' }],
  online: false,
})
const churn = featureService('churn', [usage30d.features('hours', 'hours_90d', 'hours_per_session')], {
  description: 'What tells who will leave',
  owner: 'growth@example.org',
})

export default defineProject({
  name: '${name}',
  description: 'Features of people who watch',
  datasets: [usage],
  models: [],
  entities: [user, device],
  featureViews: [usage30d, byDevice, support],
  featureServices: [churn],
})
`

const dayMs = 86_400_000
const daysAgo = (days) => new Date(Math.floor(Date.now() / dayMs) * dayMs - days * dayMs).toISOString()

/** Of user 1 some history, 2 is too old, 3 has no hours; others have a few days each. */
function rows() {
  const of = (user, device, days, hours, sessions) => [user, device, daysAgo(days), daysAgo(days - 1), hours, sessions]
  return [
    of(1, 'tv', 200, 9, 3),
    of(1, 'tv', 60, 2, 2),
    of(1, 'phone', 20, 5, 2),
    of(1, 'tv', 3, 7.5, 3),
    of(2, 'tv', 50, 4, 1),
    of(3, 'phone', 2, '', 1),
    ...Array.from({ length: 120 }, (_, index) => of(10 + (index % 40), 'tv', 2 + (index % 30), (index % 9) / 2, 1)),
  ]
}

/** The project with its data. */
export function writeFeatureProject(parent) {
  const folder = join(parent, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'fabrique.config.ts'), config)
  const lines = [['user_id', 'device', 'day', 'known_at', 'hours', 'sessions'], ...rows()]
  writeFileSync(join(folder, 'usage.csv'), `${lines.map((line) => line.join(',')).join('\n')}\n`)
}

/** Materialised, checked and made a training set of, once for each server; the server must have been started with the project. */
export async function seedFeatures(base) {
  const { items } = await ask(base, 'GET', '/projects')
  if (!items.some((one) => one.name === name))
    throw new Error(`The server has no project ${name}: start it without --url`)
  const found = { project: name, view: 'usage_30d', service: 'churn' }
  const of = `/projects/${name}`
  if ((await ask(base, 'GET', `${of}/feature-views/${found.view}/checks`)).items.length > 0) return found
  await ingest(base, name, 'usage')
  await ended(base, await ask(base, 'POST', `${of}/features/materialize`, { views: [found.view] }))
  await ended(base, await ask(base, 'POST', `${of}/features/materialize`, { views: [found.view], full: true }))
  await ended(base, await ask(base, 'POST', `${of}/feature-views/${found.view}/check`, {}))
  const range = { start: daysAgo(40), end: daysAgo(1) }
  const asked = { service: found.service, into: 'churn_training', ...range }
  await ended(base, await ask(base, 'POST', `${of}/features/historical`, asked))
  return found
}
