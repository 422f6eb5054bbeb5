import { FeatureDeclarations, isFabriqueError, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { limit } from '../../../kernel/index.js'
import { applyProject } from '../../projects/index.js'
import type { FindFeatureCode } from '../history/derive-values.js'
import { applyFeatures } from '../registry/apply-features.js'
import type { PinnedServices } from '../registry/model.js'
import { getOnlineFeatures } from './get-online-features.js'
import { materializeJob } from './materialize-job.js'
import { onlineFeatures } from './online-features.js'
import { postgresStore } from './postgres-store.js'
import { onlineVersions } from './version-store.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const day = 86_400

async function declare(project: string, changes: object): Promise<void> {
  const declarations = FeatureDeclarations.parse({
    entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
    feature_views: [
      {
        name: 'usage',
        entities: ['user'],
        source: { kind: 'dataset', dataset: 'usage' },
        time: 'day',
        features: [{ name: 'hours' }],
        ...changes,
      },
    ],
    feature_services: [{ name: 'churn', views: [{ view: 'usage' }] }],
  })
  await applyFeatures({ ctx: suite.ctx, input: { project, declarations } })
}

async function openProject(project: string, first: object): Promise<void> {
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] } }],
    models: [],
  })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  await declare(project, first)
}

async function ingest(project: string, hours: number): Promise<void> {
  suite.clock.advance(60_000)
  const at = suite.clock.now().toISOString()
  await makeSnapshot(suite.ctx, {
    project,
    dataset: 'usage',
    columns: { user_id: 'integer', day: 'timestamp', hours: 'number' },
    parts: [`select 1::bigint as user_id, timestamptz '${at}' at time zone 'UTC' as day, ${hours}::double as hours`],
  })
}

let jobs = 0
/** Materialises, and lets the time pass after which older versions go; then once more. */
async function materialize(
  project: string,
  { pinnedServices, findCode = () => undefined }: { pinnedServices?: PinnedServices; findCode?: FindFeatureCode },
) {
  const store = postgresStore(suite.ctx.db)
  const tools = { store, findCode, ...(pinnedServices === undefined ? {} : { pinnedServices }) }
  const work = async () => {
    jobs += 1
    const input = { project, views: ['usage'], full: false }
    return materializeJob(tools)({ ctx: suite.ctx, id: `job_${jobs}`, project, input, report: () => {} })
  }
  await work()
  suite.clock.advance(limit('features.old_versions_kept_seconds') * 1_000)
  return work()
}

async function readable(project: string): Promise<readonly number[]> {
  const versions = await onlineVersions(suite.ctx, { project, view: 'usage' })
  return versions.filter(({ readable_at }) => readable_at !== null).map(({ version }) => version)
}

async function hoursOf(project: string, service: string): Promise<unknown> {
  const store = postgresStore(suite.ctx.db)
  const body = { service, keys: [{ user_id: 1 }] }
  return (await getOnlineFeatures(suite.ctx, onlineFeatures(store), { project, body })).rows[0]?.values[0]
}

const champion: PinnedServices = (_ctx, _project) => Promise.resolve([{ service: 'churn', version: 1 }])

test('the versions that a champion reads stay online and follow the data, however often the view changes', async () => {
  const changes = limit('features.versions_online_max') + 1
  for (const project of ['kept', 'dropped']) {
    const pins = project === 'kept' ? { pinnedServices: champion } : {}
    await openProject(project, { ttl_seconds: 100 * day })
    await ingest(project, 10)
    await materialize(project, pins)
    for (let change = 1; change <= changes; change += 1) {
      await declare(project, { ttl_seconds: (100 + change) * day })
      await materialize(project, pins)
    }
    await ingest(project, 20)
    await materialize(project, pins)
  }
  expect(await readable('kept')).toEqual([5, 4, 3, 1])
  expect(await hoursOf('kept', 'churn@1')).toBe(20)
  expect(await hoursOf('kept', 'churn')).toBe(20)
  // Nobody needs it there: only the newest few stay.
  expect(await readable('dropped')).toEqual([5, 4, 3])
  const gone = await hoursOf('dropped', 'churn@1').catch((error: unknown) => error)
  expect(isFabriqueError(gone) && gone.code).toBe('feature_view_not_materialized')
})

test('an older version whose code is gone keeps its values, and the newest is brought online all the same', async () => {
  const derived = (code: string) => ({ derived: [{ name: 'twice', type: 'number', inputs: ['hours'], code }] })
  const findCode = (digest: string) => () => ({
    digest,
    run: ({ hours }: Readonly<Record<string, unknown>>) => Number(hours) * 2,
  })
  await openProject('coded', derived('v1'))
  await ingest('coded', 10)
  await materialize('coded', { pinnedServices: champion, findCode: findCode('v1') })
  await declare('coded', derived('v2'))
  await ingest('coded', 20)
  const ended = await materialize('coded', { pinnedServices: champion, findCode: findCode('v2') })
  expect(ended).toMatchObject({ views: [{ view: 'usage', version: 2 }] })
  expect(await readable('coded')).toEqual([2, 1])
  expect([await hoursOf('coded', 'churn@1'), await hoursOf('coded', 'churn')]).toEqual([10, 20])
})
