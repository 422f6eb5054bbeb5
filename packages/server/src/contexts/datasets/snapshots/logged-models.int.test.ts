import type { Snapshot } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import type { VerbContext } from '../../../platform/index.js'
import {
  deleteSnapshot,
  deleteSnapshotTag,
  exportSnapshot,
  getDataset,
  getSnapshot,
  listDatasets,
  listSnapshots,
  listSnapshotTags,
  querySnapshot,
  resolveSnapshot,
  setSnapshotTag,
} from '../index.js'

const project = 'shop'
const log = { project, dataset: 'predictions_churn' }
const plain = { project, dataset: 'plain' }

let suite: TestContext
let logged: Snapshot
beforeAll(async () => {
  suite = await openTestContext()
  const { ctx } = suite
  const made = { columns: { id: 'integer' as const }, parts: ['select 1 as id'] }
  logged = await makeSnapshot(ctx, { ...log, ...made, source: { kind: 'prediction_log', location: 'churn' } })
  const other = await makeSnapshot(ctx, { ...plain, ...made })
  for (const [at, { id: ref }] of [logged, other].entries()) {
    const to = at === 0 ? log : plain
    await setSnapshotTag({ ctx, input: { ...to, tag: 'golden', ref } })
  }
})
afterAll(() => suite?.close())

const limitedTo = (...models: string[]): VerbContext => ({
  ...suite.ctx,
  actor: { ...suite.ctx.actor, models: new Set(models) },
})
const refused = { code: 'model_not_granted', params: { model: 'churn' } }

test('lists leave out the log of a model that the actor may not use', async () => {
  const lists = async (ctx: VerbContext, named: typeof log) => {
    const snapshots = await listSnapshots({ ctx, input: named })
    const tags = await listSnapshotTags({ ctx, input: named })
    return [snapshots.items.length, tags.map(({ tag }) => tag)]
  }
  const datasets = async (ctx: VerbContext) =>
    (await listDatasets({ ctx, input: { project } })).map(({ name, latest_snapshot }) => [
      name,
      latest_snapshot?.row_count,
    ])
  for (const ctx of [suite.ctx, limitedTo('churn', 'other')]) {
    expect(await lists(ctx, log)).toEqual([1, ['golden']])
    expect(await datasets(ctx)).toEqual([
      ['plain', 1],
      ['predictions_churn', 1],
    ])
  }
  for (const ctx of [limitedTo('other'), limitedTo()]) {
    expect(await lists(ctx, log)).toEqual([0, []])
    expect(await lists(ctx, plain)).toEqual([1, ['golden']])
    expect(await datasets(ctx)).toEqual([['plain', 1]])
    await expect(getDataset({ ctx, input: log })).rejects.toMatchObject({ code: 'project_not_found' })
  }
})

test('nobody else reads, names, exports or erases it', async () => {
  const ctx = limitedTo('other')
  const snapshot = logged.id
  for (const attempt of [
    () => getSnapshot({ ctx, input: { snapshot } }),
    () => resolveSnapshot({ ctx, input: { ...log, ref: 'golden' } }),
    () => querySnapshot({ ctx, input: { snapshot, sql: 'select * from data' } }),
    () => exportSnapshot({ ctx, input: { snapshot, format: 'csv' } }),
    () => setSnapshotTag({ ctx, input: { ...log, tag: 'mine', ref: 'latest' } }),
    () => deleteSnapshotTag({ ctx, input: { ...log, tag: 'golden' } }),
    () => deleteSnapshot({ ctx, input: { snapshot } }),
  ]) {
    await expect(attempt()).rejects.toMatchObject(refused)
  }
  const tags = await listSnapshotTags({ ctx: suite.ctx, input: log })
  expect(tags.map(({ tag }) => tag)).toEqual(['golden'])
})

test('who may use the model tags and erases it', async () => {
  const ctx = limitedTo('churn')
  await setSnapshotTag({ ctx, input: { ...log, tag: 'mine', ref: 'golden' } })
  for (const tag of ['mine', 'golden']) await deleteSnapshotTag({ ctx, input: { ...log, tag } })
  expect(await deleteSnapshot({ ctx, input: { snapshot: logged.id } })).toEqual({ deleted: true })
})
