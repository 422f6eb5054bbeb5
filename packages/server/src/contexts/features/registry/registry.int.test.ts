import {
  type FeatureChange,
  FeatureDeclarations,
  isFabriqueError,
  PlanFeatures,
  ProjectDefinition,
} from '@fabrique/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { inTransaction } from '../../../platform/index.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures } from './apply-features.js'
import { getEntity, getFeatureView, listEntities, listFeatureServices, listFeatureViews } from './list-features.js'
import { planFeatures } from './plan-features.js'
import { selectFeatures } from './select-features.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

let project = ''
let count = 0
beforeEach(async () => {
  count += 1
  project = `p${count}`
  const column = (type: string) => ({ type, nullable: true })
  const columns = {
    user_id: column('text'),
    at: column('timestamp'),
    known: column('timestamp'),
    hours: column('number'),
    sessions: column('integer'),
    plan: column('category'),
  }
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [
      { name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] }, columns, time: 'at' },
      { name: 'loose', source: { kind: 'csv', paths: ['loose.csv'] } },
    ],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
})

const user = { name: 'user', keys: [{ name: 'user_id' }] }
const usage = {
  name: 'usage_30d',
  entities: ['user'],
  source: { kind: 'dataset', dataset: 'usage' },
  time: 'at',
  ttl_seconds: 45 * 86_400,
  features: [{ name: 'hours' }, { name: 'sessions' }],
  aggregations: [{ name: 'hours_90d', column: 'hours', function: 'sum', window_seconds: 90 * 86_400 }],
  derived: [{ name: 'per_session', type: 'number', inputs: ['hours', 'sessions'], sql: 'hours / nullif(sessions, 0)' }],
}
const churn = { name: 'churn', views: [{ view: 'usage_30d', features: ['hours'] }] }

const declared = (given: object = {}) =>
  FeatureDeclarations.parse({ entities: [user], feature_views: [usage], feature_services: [churn], ...given })
const view = (changes: object) => declared({ feature_views: [{ ...usage, ...changes }] })

const apply = (declarations: FeatureDeclarations, digest?: string) =>
  applyFeatures({ ctx: suite.ctx, input: { project, declarations, ...(digest === undefined ? {} : { digest }) } })
const plan = (declarations: FeatureDeclarations) =>
  planFeatures({ ctx: suite.ctx, input: { project, declarations: PlanFeatures.parse(declarations) } })
const brief = (changes: readonly FeatureChange[]) =>
  changes.map(({ kind, name, change, from_version = 0, to_version = 0 }) =>
    [kind, name, change, from_version, to_version].join(' '),
  )

async function errorOf(work: Promise<unknown>): Promise<{ code: string; text: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFabriqueError(error)) throw error ?? new Error('nothing was refused')
  return { code: error.code, text: error.message }
}

test('a plan changes nothing, and applying it again neither', async () => {
  const asked = await plan(declared())
  expect(brief(asked.changes)).toEqual([
    'entity user create 0 0',
    'feature_view usage_30d create 0 1',
    'feature_service churn create 0 1',
  ])
  expect((await listFeatureViews({ ctx: suite.ctx, input: { project } })).items).toEqual([])
  await apply(declared(), asked.digest)
  const { changes } = await apply(declared())
  expect(changes.map(({ change }) => change)).toEqual(['none', 'none', 'none'])
  expect(await getFeatureView({ ctx: suite.ctx, input: { project, view: 'usage_30d' } })).toMatchObject({
    version: 1,
    keys: [{ name: 'user_id', type: 'text' }],
    services: ['churn'],
    features: [
      { name: 'hours', kind: 'feature', type: 'number' },
      { name: 'sessions', kind: 'feature', type: 'integer' },
      { name: 'hours_90d', kind: 'aggregation', type: 'number' },
      { name: 'per_session', kind: 'derived', type: 'number' },
    ],
  })
  expect((await listEntities({ ctx: suite.ctx, input: { project } })).items).toMatchObject([{ views: ['usage_30d'] }])
})

test('a plan that someone has looked at is applied only while it holds', async () => {
  const { digest } = await plan(declared())
  await apply(declared())
  expect(await errorOf(apply(declared(), digest))).toMatchObject({ code: 'features_plan_outdated' })
})

test('what decides about values makes a version, and what people say of it does not', async () => {
  await apply(declared())
  const said = await apply(view({ owner: 'streaming', tags: { team: 'a' }, schedule: '0 6 1 * *' }))
  expect(brief(said.changes).slice(1)).toEqual(['feature_view usage_30d update 1 1', 'feature_service churn none 1 1'])
  const changed = await apply(view({ ttl_seconds: 86_400 }))
  expect(changed.changes.slice(1)).toMatchObject([
    {
      name: 'usage_30d',
      change: 'update',
      from_version: 1,
      to_version: 2,
      consequences: ['rematerialize'],
    },
    // It gives other values now, though its own words are the same.
    { name: 'churn', change: 'update', from_version: 1, to_version: 2, consequences: ['models_pin_older_version'] },
  ])
  expect(changed.changes[1]?.fields).toContainEqual({ path: 'ttl_seconds', before: 45 * 86_400, after: 86_400 })
  const old = await selectFeatures(suite.ctx, { project, service: 'churn@1' })
  expect(old.views.map((selected) => selected.view.version)).toEqual([1])
  const now = await selectFeatures(suite.ctx, { project, service: 'churn' })
  expect(now.views.map((selected) => selected.view.version)).toEqual([2])
  expect(await getFeatureView({ ctx: suite.ctx, input: { project, view: 'usage_30d', version: 1 } })).toMatchObject({
    version: 1,
    definition: { owner: 'streaming', ttl_seconds: 45 * 86_400 },
  })
})

test('what comes back after it was taken away is another version', async () => {
  await apply(declared())
  const none = FeatureDeclarations.parse({})
  const gone = await apply(none)
  expect(gone.changes).toMatchObject([
    { kind: 'entity', change: 'delete' },
    { kind: 'feature_view', change: 'delete', consequences: ['drops_online_values'] },
    { kind: 'feature_service', change: 'delete' },
  ])
  const unknown = errorOf(getFeatureView({ ctx: suite.ctx, input: { project, view: 'usage_30d' } }))
  expect(await unknown).toMatchObject({ code: 'feature_view_not_found' })
  expect((await listFeatureServices({ ctx: suite.ctx, input: { project } })).items).toEqual([])
  expect(brief((await apply(declared())).changes)).toEqual([
    'entity user create 0 0',
    'feature_view usage_30d create 0 2',
    'feature_service churn create 0 2',
  ])
})

const derived = (sql: string, type = 'number') => ({
  derived: [{ name: 'd', type, inputs: ['hours', 'sessions'], sql }],
})

test.each<[string, object, RegExp]>([
  [
    'a key of another type than its column',
    { entities: [{ name: 'user', keys: [{ name: 'user_id', type: 'boolean' }] }] },
    /key user_id is declared as boolean, and column user_id is of the type text/,
  ],
  ['an entity twice', { entities: [user, user] }, /user is not valid: it is declared twice/],
  ['no such entity', { entities: [] }, /usage_30d is not valid: there is no entity user/],
  ['no such view', { feature_services: [{ name: 's', views: [{ view: 'no' }] }] }, /there is no feature view no/],
  [
    'no such feature in a service',
    { feature_services: [{ name: 's', views: [{ view: 'usage_30d', features: ['no'] }] }] },
    /view usage_30d has no feature no/,
  ],
  ['no such data set', { source: { kind: 'dataset', dataset: 'no' } }, /usage_30d .*has no data set no/],
  [
    'no such column',
    { features: [{ name: 'no' }], derived: [] },
    /usage_30d .*the data set usage declares no column no/,
  ],
  ['no such key column', { keys: { user_id: 'no' } }, /declares no column no/],
  ['a key of no entity', { keys: { no: 'user_id' } }, /its entities have no key no/],
  ['a key that is a number with a fraction', { keys: { user_id: 'hours' } }, /column hours cannot be a key/],
  ['a time that is none', { time: 'hours' }, /column hours holds no times \(number\)/],
  ['no features', { features: [], aggregations: [], derived: [] }, /it has no features/],
  ['a name twice', { features: [{ name: 'hours' }, { name: 'Hours', column: 'sessions' }] }, /Hours is there twice/],
  ['a feature like a key', { features: [{ name: 'user_id' }], derived: [] }, /user_id is there twice/],
  ['a bad schedule', { schedule: '61 * * * *' }, /the schedule "61 \* \* \* \*" is no cron/],
  [
    'the sum of a text',
    { aggregations: [{ name: 's', column: 'plan', function: 'sum', window_seconds: 3600 }] },
    /s is the sum of plan/,
  ],
  ['a sum of nothing', { aggregations: [{ name: 's', function: 'sum', window_seconds: 3600 }] }, /s needs a column/],
  [
    'derived from nothing that is there',
    { derived: [{ name: 'd', type: 'number', inputs: ['no'], sql: 'no' }] },
    /d is derived from no, which is no feature/,
  ],
  ['derived by nothing', { derived: [{ name: 'd', type: 'number', inputs: ['hours'] }] }, /d needs either SQL or code/],
  ['SQL that does not parse', derived('hours +'), /the SQL of d is not accepted/],
  ['SQL of a column that is not an input', derived('plan'), /the SQL of d is not accepted: .*plan/],
  ['SQL over several rows', derived('sum(hours)'), /the SQL of d is not accepted/],
  ['SQL over a window', derived('lag(hours) over ()'), /the SQL of d is not accepted/],
  ['SQL that reads a table', derived('(select 1 from usage)'), /there is no table usage/],
  ['SQL that reads a file', derived("(select count(*) from read_text('/etc/passwd'))"), /read_text is not allowed/],
  ['SQL by chance', derived('hours * random()'), /calls random, which does not give the same each time/],
  ['SQL of another type', derived("'a' || sessions"), /d is declared as number, and its SQL gives text/],
  [
    'a query of a file',
    { source: { kind: 'sql', sql: "select * from '/etc/passwd'", datasets: ['usage'] } },
    /its SQL is not accepted: there is no table/,
  ],
  [
    'a query that changes something',
    { source: { kind: 'sql', sql: 'drop table usage', datasets: ['usage'] } },
    /only a select is allowed/,
  ],
  [
    'a query without the column',
    { source: { kind: 'sql', sql: 'select user_id, "at", hours from usage', datasets: ['usage'] } },
    /its SQL declares no column sessions/,
  ],
  [
    'a query that does not bind',
    { source: { kind: 'sql', sql: 'select no from usage', datasets: ['usage'] } },
    /its SQL is not accepted: .*"no"/,
  ],
])('refused: %s', async (_name, change, said) => {
  const isWhole = ['entities', 'feature_views', 'feature_services'].some(
    (name) => name in change && name !== 'entities',
  )
  const declarations = isWhole || 'entities' in change ? declared(change) : view(change)
  expect(await errorOf(plan(declarations))).toEqual({ code: 'features_invalid', text: expect.stringMatching(said) })
  expect(await errorOf(apply(declarations))).toMatchObject({ code: 'features_invalid' })
  expect((await listEntities({ ctx: suite.ctx, input: { project } })).items).toEqual([])
})

test('two features of one name in a service are refused, and told apart by a prefix', async () => {
  const other = { ...usage, name: 'other' }
  const both = (prefix?: string) =>
    declared({
      feature_views: [usage, other],
      feature_services: [
        { name: 's', views: [{ view: 'usage_30d' }, { view: 'other', ...(prefix === undefined ? {} : { prefix }) }] },
      ],
    })
  expect(await errorOf(plan(both()))).toMatchObject({ code: 'feature_name_clash' })
  await apply(both('other_'))
  const { views } = await selectFeatures(suite.ctx, { project, service: 's' })
  expect(views[1]?.features[0]).toEqual({ name: 'hours', as: 'other_hours' })
})

test('data sets that are declared beside them count for a plan', async () => {
  const soon = view({ source: { kind: 'dataset', dataset: 'soon' } })
  expect((await errorOf(plan(soon))).text).toMatch(/no data set soon; one that is declared now is there once/)
  const columns = { user_id: { type: 'text' }, at: { type: 'timestamp' }, hours: { type: 'number' } } as const
  const planned = (given: object) =>
    planFeatures({
      ctx: suite.ctx,
      input: { project, declarations: PlanFeatures.parse({ ...soon, datasets: [{ name: 'soon', ...given }] }) },
    })
  expect((await errorOf(planned({ columns }))).text).toMatch(/the data set soon declares no column sessions/)
  const { changes } = await planned({ columns: { ...columns, sessions: { type: 'integer' } } })
  expect(changes.map(({ change }) => change)).toEqual(['create', 'create', 'create'])
})

test('a project is applied with data sets and features that are new at once', async () => {
  const fresh = { name: 'fresh', source: { kind: 'csv', paths: ['fresh.csv'] }, time: 'at' }
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [fresh],
    models: [],
    features: view({ source: { kind: 'dataset', dataset: 'fresh' } }),
  })
  await inTransaction(suite.ctx, async (ctx) => {
    await applyProject({ ctx, input: { folder: suite.folder, definition } })
    await applyFeatures({ ctx, input: { project, declarations: definition.features ?? {} } })
  })
  expect((await listFeatureViews({ ctx: suite.ctx, input: { project } })).items).toMatchObject([
    { name: 'usage_30d', definition: { source: { dataset: 'fresh' } } },
  ])
})

test('an entity is found by its name, or told to be unknown', async () => {
  await apply(declared())
  expect(await getEntity({ ctx: suite.ctx, input: { project, entity: 'user' } })).toMatchObject({
    definition: { name: 'user', keys: [{ name: 'user_id' }] },
    views: ['usage_30d'],
  })
  expect(await errorOf(getEntity({ ctx: suite.ctx, input: { project, entity: 'no' } }))).toEqual({
    code: 'entity_not_found',
    text: `Project ${project} has no entity no`,
  })
})

test('columns that a data set does not declare are taken on trust until there is data', async () => {
  const source = { source: { kind: 'dataset', dataset: 'loose' } }
  const loose = view({ ...source, time: 'whenever' })
  for (const sql of ['sum(hours)', 'lag(hours) over ()', 'hours / count(*)']) {
    const several = view({ ...source, ...derived(sql) })
    expect((await errorOf(plan(several))).text).toMatch(/the SQL of d is not accepted: .* takes several rows/)
  }
  expect((await plan(loose)).changes.map(({ change }) => change)).toEqual(['create', 'create', 'create'])
})

test('features are asked for by service or by name', async () => {
  await apply(declared())
  const select = (asked: object) => selectFeatures(suite.ctx, { project, ...asked })
  const { views } = await select({ features: ['usage_30d:hours', 'usage_30d:per_session'] })
  expect(views.map(({ features }) => features.map(({ as }) => as))).toEqual([['hours', 'per_session']])
  expect((await select({ features: ['usage_30d'] })).views[0]?.features).toHaveLength(4)
  expect((await errorOf(select({ features: ['no:hours'] }))).code).toBe('feature_view_not_found')
  expect((await errorOf(select({ features: ['usage_30d:no'] }))).code).toBe('feature_not_found')
  expect((await errorOf(select({ service: 'no' }))).code).toBe('feature_service_not_found')
  expect((await errorOf(select({ service: 'churn@7' }))).code).toBe('feature_service_not_found')
  expect((await errorOf(select({}))).code).toBe('invalid_request')
})
