import { join } from 'node:path'
import type { Job, Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../../test/support/make-snapshot.js'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { systemActor, type VerbContext } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { dvcJobHandlers, mountDvcRoutes, mountRemoteRoutes, putRemote, remoteJobHandlers } from './index.js'

const project = 'shop'
const dataset = 'predictions_churn'
const source = { kind: 'prediction_log', location: 'churn' }
const columns = { id: 'integer' as const }

let suite: TestApp
let logged: Snapshot
/** The models that who sends the requests is limited to. */
let models: ReadonlySet<string>
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    const contextOf = (): VerbContext => ({ ...ctx, actor: { ...ctx.actor, models } })
    mountRemoteRoutes(app, contextOf)
    mountDvcRoutes(app, contextOf)
  })
  const { ctx } = suite
  await putRemote({ ctx, input: { remote: 'shared', url: join(suite.folder, 'shared') } })
  await makeSnapshot(ctx, { project, dataset: 'plain', columns, parts: ['select 1 as id'] })
  logged = await makeSnapshot(ctx, { project, dataset, columns, parts: ['select 2 as id'], source })
})
afterAll(() => suite?.close())

const handlers = { ...remoteJobHandlers(), ...dvcJobHandlers }

/** Does what a worker would, as itself. */
async function work({ id, kind }: Job): Promise<unknown> {
  const { rows } = await sql<{ input: object }>`select input from jobs where id = ${id}`.execute(suite.ctx.db)
  await sql`update jobs set state = 'succeeded' where id = ${id}`.execute(suite.ctx.db)
  const ctx = { ...suite.ctx, actor: systemActor('worker') }
  const input = JSON.parse(JSON.stringify(rows[0]?.input))
  return handlers[kind]?.({ ctx, id, project: undefined, input, report: () => undefined })
}

const push = (selection: object) => suite.send('POST', '/api/v1/remotes/shared/push', selection)
const exportTo = (folder: string, more: object) =>
  suite.send('POST', `/api/v1/projects/${project}/dvc/export`, { folder: join(suite.folder, folder), ...more })

test('who is limited to other models gets no job that would send or write the log of one', async () => {
  models = new Set(['other'])
  for (const reply of [
    await push({}),
    await push({ project }),
    await push({ project, dataset }),
    await push({ project, dataset, refs: ['latest'] }),
    await push({ project, dataset, refs: [logged.id] }),
    await exportTo('all', {}),
    await exportTo('one', { datasets: [dataset] }),
    await exportTo('ref', { datasets: [dataset], refs: [logged.id] }),
  ]) {
    expect([reply.status, reply.body.code, reply.body.params?.model]).toEqual([403, 'model_not_granted', 'churn'])
  }
  const { rows } = await sql`select id from jobs`.execute(suite.ctx.db)
  expect(rows).toEqual([])
})

test('what they may is done, by a worker that keeps to their limits', async () => {
  models = new Set(['other'])
  const plain = await push({ project, dataset: 'plain' })
  expect(await work(plain.body)).toMatchObject({ snapshots: 1 })
  expect(await work((await exportTo('plain', { datasets: ['plain'] })).body)).toMatchObject({ objects: 1 })

  const later = await push({ project, dataset: 'later' })
  await makeSnapshot(suite.ctx, { project, dataset: 'later', columns, parts: ['select 3 as id'], source })
  await expect(work(later.body)).rejects.toMatchObject({ code: 'model_not_granted', params: { model: 'churn' } })
})

test('who may use the model sends and writes its log', async () => {
  models = new Set(['churn'])
  expect(await work((await push({ project, dataset })).body)).toMatchObject({ snapshots: 1 })
  expect(await work((await exportTo('granted', { datasets: [dataset] })).body)).toMatchObject({ objects: 1 })
})

test('gc of who is limited erases no log of another model', async () => {
  const old = { ...suite.ctx, clock: { ...suite.ctx.clock, now: () => new Date(0) } }
  const made = (location: string) =>
    makeSnapshot(old, {
      project,
      dataset: 'old',
      columns,
      parts: [`select 4 as id, '${location}' as name`],
      source: { ...source, location },
    })
  const [theirs, mine] = [await made('churn'), await made('other')]
  await makeSnapshot(suite.ctx, { project, dataset: 'old', columns, parts: ['select 5 as id'], source })
  models = new Set(['other'])
  const asked = { project, dataset: 'old', keep_newest: 1, keep_days: 1, dry_run: false }
  const { body } = await suite.send('POST', '/api/v1/data/gc', asked)
  const told = (await work(body)) as { snapshots: { id: string }[] }
  expect(told.snapshots.map(({ id }) => id)).toEqual([mine.id])
  await expect(getSnapshot({ ctx: suite.ctx, input: { snapshot: theirs.id } })).resolves.toMatchObject({
    id: theirs.id,
  })
})
