import { FeatureDeclarations, type Job, type Json, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { previewSnapshot } from '../../datasets/index.js'
import { getJob, type JobWorker, startJobWorker } from '../../jobs/index.js'
import { applyProject } from '../../projects/index.js'
import { historicalJob } from '../history/make-training-set.js'
import { historicalJobKind, startHistorical } from '../history/start-historical.js'
import { applyFeatures } from '../registry/apply-features.js'
import { getOnlineFeatures } from './get-online-features.js'
import { materializeJob } from './materialize-job.js'
import { onlineFeatures } from './online-features.js'
import { postgresStore } from './postgres-store.js'
import { materializeJobKind, startMaterialize } from './start-materialize.js'

const project = 'agreement'
const hour = 3_600_000
const day = 24 * hour
const code = () => ({
  digest: 'v1',
  run: ({ hours, hours_3d: sum }: Readonly<Record<string, unknown>>) =>
    hours === null ? null : `${String(hours)} of ${Number(sum).toFixed(6)}`,
})

let suite: TestContext
let worker: JobWorker
beforeAll(async () => {
  suite = await openTestContext()
  const store = postgresStore(suite.ctx.db)
  worker = await startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events: {
      listen: () => () => {},
      subscribe: () => () => {},
      recentPosition: () => undefined,
      close: () => Promise.resolve(),
    },
    handlers: {
      [historicalJobKind]: historicalJob({ code }),
      [materializeJobKind]: materializeJob({ store, findCode: code }),
    },
    pollMs: 20,
  })
})
afterAll(async () => {
  await worker?.close()
  await suite?.close()
})

async function ended(job: Job): Promise<Job> {
  const find = () => getJob({ ctx: suite.ctx, input: { job: job.id } })
  const isOver = async () => ['succeeded', 'failed'].includes((await find()).state)
  await expect.poll(isOver, { interval: 20 }).toBe(true)
  const found = await find()
  expect(found.error).toBeUndefined()
  return found
}

/** Random numbers that are the same each time. */
function chanceOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

async function keep(dataset: string, rows: readonly string[], columns: Parameters<typeof makeSnapshot>[1]['columns']) {
  const names = Object.keys(columns)
    .map((name) => `"${name}"`)
    .join(', ')
  const parts = [`select * from (values ${rows.join(', ')}) t (${names})`]
  await makeSnapshot(suite.ctx, { project, dataset, columns, parts })
}

const momentSql = (ms: number) => `timestamp '${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}'`

test('what a training set says of a moment is what the online store says then, also as events leave their windows', async () => {
  const { ctx } = suite
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: ['usage', 'labels'].map((name) => ({ name, source: { kind: 'csv', paths: ['x.csv'] } })),
    models: [],
  })
  await applyProject({ ctx, input: { folder: suite.folder, definition } })
  const common = { entities: ['user'], source: { kind: 'dataset', dataset: 'usage' }, time: 'day', created: 'known' }
  const aggregated = (['sum', 'count', 'mean', 'min', 'max', 'last'] as const).flatMap((how) =>
    [1, 3].map((days) => ({
      name: how === 'sum' ? `hours_${days}d` : `${how}_${days}d`,
      column: 'hours',
      function: how,
      window_seconds: days * 86_400,
    })),
  )
  const declarations = FeatureDeclarations.parse({
    entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
    feature_views: [
      { ...common, name: 'plain', ttl_seconds: 4 * 86_400, ties: ['hours'], features: [{ name: 'hours' }] },
      {
        ...common,
        name: 'sums',
        ttl_seconds: 6 * 86_400,
        features: [{ name: 'hours' }],
        aggregations: aggregated,
        derived: [
          { name: 'share', type: 'number', inputs: ['hours_1d', 'hours_3d'], sql: 'hours_1d / nullif(hours_3d, 0)' },
          { name: 'said', type: 'text', inputs: ['hours', 'hours_3d'], code: 'v1' },
        ],
      },
    ],
    feature_services: [{ name: 'all', views: [{ view: 'plain', prefix: 'p_' }, { view: 'sums' }] }],
  })
  await applyFeatures({ ctx, input: { project, declarations } })
  const now = ctx.clock.now().getTime()
  const chance = chanceOf(7)
  const events = Array.from({ length: 600 }, () => {
    // Often at one moment, and often exactly a window apart.
    const at = now - chance(8 * 24) * hour
    const value = chance(9) === 0 ? 'null' : chance(40) === 0 ? `'NaN'` : String(chance(1000) / 7)
    const known = chance(5) === 0 ? 'null' : momentSql(at + chance(3) * hour)
    return `(${chance(40)}::bigint, ${momentSql(at)}, ${known}::timestamp, ${value}::double)`
  })
  await keep('usage', events, { user_id: 'integer', day: 'timestamp', known: 'timestamp', hours: 'number' })
  await ended(await startMaterialize({ ctx, input: { project, request: { reason: '' } } }))

  const moments = [0, 1, hour, 5 * hour, day, day + 1, 3 * day, 3 * day + 1, 4 * day, 5 * day, 6 * day, 6 * day + 1]
  const asked = moments.flatMap((after) => Array.from({ length: 41 }, (_none, user) => ({ user, at: now + after })))
  const labels = asked.map(({ user, at }, place) => `(${place}::bigint, ${user}::bigint, ${momentSql(at)})`)
  await keep('labels', labels, { n: 'integer', user_id: 'integer', at: 'timestamp' })
  const request = { service: 'all', entities: { snapshot: 'labels', time: 'at', columns: ['n'] }, into: 'set' }
  const made = await ended(await startHistorical({ ctx, input: { project, request } }))
  const { snapshot_id: snapshot } = made.result as { snapshot_id: string }
  const { columns, rows } = await previewSnapshot({ ctx, input: { snapshot, limit: 500 } })
  expect(rows).toHaveLength(asked.length)
  const names = columns.slice(1).map(({ name }) => name)

  const online = onlineFeatures(postgresStore(ctx.db))
  const seen = new Set<string>()
  for (const [place, after] of moments.entries()) {
    const at = new Date(now + after).toISOString()
    const keys = Array.from({ length: 41 }, (_none, user) => ({ user_id: user }))
    const reply = await getOnlineFeatures(ctx, online, { project, body: { service: 'all', keys, at } })
    expect(reply.features.map(({ name }) => name)).toEqual(names)
    reply.rows.forEach(({ values, statuses }, user) => {
      const [n, ...offline] = (rows[place * 41 + user] ?? []) as Json[]
      expect(Number(n)).toBe(place * 41 + user)
      for (const status of statuses) seen.add(status)
      const readable = values.map((value, index) => (statuses[index] === 'PRESENT' ? value : null))
      expect(rounded(readable), `${user} after ${after} ms`).toEqual(rounded(offline))
    })
  }
  expect(seen).toEqual(new Set(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE']))
})

/** Sums of fractions may differ in their last digit by the order in which they are added up. */
function rounded(values: readonly unknown[]): readonly unknown[] {
  return values.map((value) => {
    const number =
      typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value)) ? Number(value) : value
    return typeof number === 'number' ? Number(number.toPrecision(10)) : number
  })
}
