import { FabriqueError, FeatureDeclarations, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSnapshot } from '../../../../test/support/make-snapshot.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { applyProject } from '../../projects/index.js'
import { applyFeatures } from '../registry/apply-features.js'
import { findView } from '../registry/store.js'
import { encodeKey } from './encode-key.js'
import { materializeView } from './materialize-view.js'
import type { OnlineStore } from './model.js'
import { postgresStore } from './postgres-store.js'
import { decodeSteps } from './steps.js'
import { onlineVersions } from './version-store.js'

/** Three parts of the keys of two or three batches each, so that some are done when it ends. */
const users = 12_000
const bucketRows = 4_000
const project = 'p'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
  const { ctx } = suite
  const definition = ProjectDefinition.parse({
    name: project,
    datasets: [{ name: 'usage', source: { kind: 'csv', paths: ['usage.csv'] } }],
    models: [],
  })
  await applyProject({ ctx, input: { folder: suite.folder, definition } })
  const declarations = FeatureDeclarations.parse({
    entities: [{ name: 'user', keys: [{ name: 'user_id' }] }],
    feature_views: [
      {
        name: 'usage',
        entities: ['user'],
        source: { kind: 'dataset', dataset: 'usage' },
        time: 'day',
        features: [{ name: 'hours' }],
      },
    ],
  })
  await applyFeatures({ ctx, input: { project, declarations } })
  await makeSnapshot(ctx, {
    project,
    dataset: 'usage',
    columns: { user_id: 'integer', day: 'timestamp', hours: 'number' },
    parts: [
      `select i as user_id, timestamp '2026-03-01' as day, 1::double as hours from range(${users}) t (i)
        union all select i, timestamp '2026-03-02', 2 from range(${users}) t (i)`,
    ],
  })
})
afterAll(() => suite?.close())

/** A store whose process dies before a write. */
function dying(store: OnlineStore, writesLeft: number): OnlineStore {
  let left = writesLeft
  return {
    ...store,
    write(version, rows) {
      if (left === 0) return Promise.reject(new FabriqueError('job_abandoned', { job: 'test', attempts: 1 }))
      left -= 1
      return store.write(version, rows)
    },
  }
}

test('a job that dies at any moment goes on where it was, and never shows an older value over a newer one', async () => {
  const { ctx } = suite
  const view = await findView(ctx, { project, name: 'usage' })
  if (view === undefined) throw new Error('The view is applied')
  const real = postgresStore(ctx.db)
  const asked = { view, job: 'job_a', round: 0, full: false, start: undefined, end: undefined }
  let written = 0
  const counting: OnlineStore = {
    ...real,
    write(version, rows) {
      written += rows.length
      return real.write(version, rows)
    },
  }
  const findCode = () => undefined
  const newer = { key: encodeKey([7]), eventUs: Date.UTC(2026, 2, 3) * 1_000, createdUs: 0, steps: '[[0,0,[77]]]' }
  for (const died of [1, 4, 1]) {
    await expect(materializeView(ctx, asked, { store: dying(real, died), findCode, bucketRows })).rejects.toMatchObject(
      {
        code: 'job_abandoned',
      },
    )
    const [online] = await onlineVersions(ctx, { project, view: 'usage' })
    if (online === undefined) throw new Error('The version has a number')
    // Nothing of a version that is not whole is seen.
    expect(online.readable_at).toBeNull()
    // What an application sends meanwhile stays.
    await real.write(online.id, [newer])
  }
  const row = await materializeView(ctx, asked, { store: counting, findCode, bucketRows })
  expect(row).toMatchObject({ state: 'succeeded', parts: 3, parts_done: 3 })
  expect(row.keys_written + row.keys_older).toBe(users)
  // Parts that were done are not written again.
  expect(written).toBeLessThan(users - bucketRows / 2)
  const [online] = await onlineVersions(ctx, { project, view: 'usage' })
  if (online === undefined) throw new Error('The version has a number')
  expect(online.readable_at).not.toBeNull()
  expect(await real.count(online.id)).toBe(users)
  const sample = Array.from({ length: 500 }, (_, index) => index * 7)
  const [found = []] = await real.read([{ version: online.id, keys: sample.map((user) => encodeKey([user])) }])
  expect(found.map((steps) => decodeSteps(steps ?? '[]')[0]?.values[0])).toEqual(
    sample.map((user) => (user === 7 ? 77 : 2)),
  )
  // Once more the same: the job has succeeded, and nothing is done.
  written = 0
  await materializeView(ctx, asked, { store: counting, findCode, bucketRows })
  expect(written).toBe(0)
})
