import { FeatureDeclarations } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { namedIn } from './feature-derived.js'
import {
  csv,
  dataset,
  defineProject,
  derive,
  entity,
  featureService,
  featureView,
  integer,
  number,
  query,
  sql,
  text,
  timestamp,
} from './index.js'

const usage = dataset('usage', csv('usage.csv'), {
  columns: { user_id: text(), hours: number(), sessions: integer(), at: timestamp(), known: timestamp() },
  time: 'at',
})
const user = entity('user', { key: { user_id: 'text' }, owner: 'crm' })
const usage30d = featureView('usage_30d', {
  from: usage,
  entity: user,
  ttl: '45d',
  created: 'known',
  features: ['hours', { name: 'visits', column: 'sessions' }],
  aggregations: { hours_90d: { of: 'hours', as: 'sum', over: '90d' }, events: { as: 'count', over: 3600 } },
  derived: {
    per_visit: sql('hours / nullif(visits, 0)'),
    busy: derive(['hours', 'visits'], 'boolean', ({ hours, visits }) =>
      hours === null || visits === null ? null : hours > visits,
    ),
  },
  tags: { team: 'a' },
})

test('a view is what the contract takes', () => {
  const project = defineProject({
    name: 'p',
    datasets: [usage],
    entities: [user],
    featureViews: [usage30d],
    featureServices: [featureService('churn', [usage30d.features('hours', 'busy'), usage30d.prefixed('u_')])],
  })
  const { features } = project.definition
  expect(FeatureDeclarations.parse(features)).toEqual(features)
  expect(features?.entities).toEqual([
    { name: 'user', keys: [{ name: 'user_id', type: 'text' }], owner: 'crm', tags: {} },
  ])
  expect(features?.feature_views[0]).toMatchObject({
    name: 'usage_30d',
    entities: ['user'],
    source: { kind: 'dataset', dataset: 'usage' },
    time: 'at',
    created: 'known',
    ttl_seconds: 45 * 86_400,
    features: [{ name: 'hours' }, { name: 'visits', column: 'sessions' }],
    aggregations: [
      { name: 'hours_90d', column: 'hours', function: 'sum', window_seconds: 90 * 86_400 },
      { name: 'events', function: 'count', window_seconds: 3600 },
    ],
    derived: [
      { name: 'per_visit', type: 'number', inputs: ['hours', 'visits'], sql: 'hours / nullif(visits, 0)' },
      { name: 'busy', type: 'boolean', inputs: ['hours', 'visits'], code: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ],
    tags: { team: 'a' },
  })
  expect(features?.feature_services[0]?.views).toEqual([
    { view: 'usage_30d', features: ['hours', 'busy'] },
    { view: 'usage_30d', prefix: 'u_' },
  ])
})

test('the worker finds the code of a derived feature, with the digest that was declared', () => {
  const { definition, featureCode } = defineProject({
    name: 'p',
    datasets: [usage],
    entities: [user],
    featureViews: [usage30d],
  })
  const code = featureCode.get('usage_30d')?.get('busy')
  expect(code?.run({ hours: 3, visits: 2 })).toBe(true)
  expect(code?.digest).toBe(definition.features?.feature_views[0]?.derived[1]?.code)
  const other = derive(['hours'], 'number', ({ hours }) => hours)
  expect(other.code).not.toBe(derive(['hours'], 'number', ({ hours }) => (hours ?? 0) + 1).code)
})

test('a project without features declares none', () => {
  expect(defineProject({ name: 'p', datasets: [usage] }).definition).not.toHaveProperty('features')
})

test('a query names its data sets', () => {
  const view = featureView('v', {
    from: query([usage], 'select * from usage where hours > 0'),
    entity: [user],
    time: 'at',
    features: ['hours'],
  })
  expect(view.definition.source).toEqual({
    kind: 'sql',
    sql: 'select * from usage where hours > 0',
    datasets: ['usage'],
  })
})

test('what cannot be right is told at once', () => {
  const given = { from: usage, entity: user, features: ['hours'] } as const
  expect(() => featureView('v', { ...given, ttl: 'a while' })).toThrow(/v is not valid: ttl is "a while"/)
  expect(() => featureView('v', { ...given, ttl: 0 })).toThrow(/v is not valid: ttl is 0; it has to be above 0/)
  for (const over of ['30m', '366d', 3600.5]) {
    const aggregations = { sum: { of: 'hours', as: 'sum', over } } as const
    expect(() => featureView('v', { ...given, aggregations })).toThrow(
      /sum is over .*; windows are whole seconds, from 1h/,
    )
  }
  expect(() => featureView('v', { ...given, derived: { d: sql('1 + 1') } })).toThrow(/d is derived from no feature/)
  const timeless = dataset('t', csv('t.csv'))
  expect(() => featureView('v', { from: timeless, entity: user })).toThrow(/its time has to be named/)
})

test('names that stand in SQL', () => {
  const names = ['hours', 'a b', 'Visits', 'no']
  expect(namedIn(`HOURS + "a b" -- no\n + length('no') + visits`, names)).toEqual(['hours', 'a b', 'Visits'])
  expect(namedIn('hours_90d + nope', ['hours', 'no'])).toEqual([])
})
