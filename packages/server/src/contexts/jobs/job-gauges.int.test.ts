import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { addJobGauges } from './index.js'
import { startJob } from './start-job.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

test('jobs that wait, how long the first of them does, and those that run', async () => {
  const { ctx, database } = suite
  const registry = new Registry()
  addJobGauges(ctx, registry)
  for (const subject of ['a', 'b', 'c']) await startJob({ ctx, input: { kind: 'counted', subject, input: {} } })
  await database.pool.query(`update jobs set state = 'running' where subject = 'c'`)
  await database.pool.query(`update jobs set created_at = created_at - interval '90 seconds' where subject = 'a'`)
  const text = await registry.metrics()
  expect(text).toMatch(/^fabrique_jobs\{kind="counted",state="queued"\} 2$/m)
  expect(text).toMatch(/^fabrique_jobs\{kind="counted",state="running"\} 1$/m)
  const [, waited] = /^fabrique_job_oldest_queued_seconds\{kind="counted"\} ([\d.]+)$/m.exec(text) ?? []
  expect(Number(waited)).toBeGreaterThan(89)
})

test('while the database is away the last figures stay', async () => {
  const registry = new Registry()
  let ms = 0
  const clock = { now: () => new Date(), monotonicMs: () => (ms += 60_000) }
  const away = { ...suite.ctx, clock }
  addJobGauges(away, registry)
  const before = await registry.metrics()
  expect(before).toContain('fabrique_jobs{kind="counted",state="queued"} 2')
  await suite.database.pool.query('alter table jobs rename to jobs_away')
  try {
    expect(await registry.metrics()).toBe(before)
  } finally {
    await suite.database.pool.query('alter table jobs_away rename to jobs')
  }
})
