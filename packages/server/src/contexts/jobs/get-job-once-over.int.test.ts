import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { type EventStream, openEventStream } from '../../platform/index.js'
import { getJobOnceOver } from './get-job-once-over.js'
import { type JobHandler, type JobWorker, startJobWorker } from './index.js'
import { jobChannel, listenToJobs } from './job-wake-ups.js'
import { startJob } from './start-job.js'

let suite: TestContext
let events: EventStream
const workers: JobWorker[] = []

beforeAll(async () => {
  suite = await openTestContext()
  const { db, log } = suite.ctx
  events = openEventStream({ db, url: suite.database.url, applicationName: 'test job waits', log })
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
})
afterAll(async () => {
  await events?.close()
  await suite?.close()
})

async function start(handlers: Readonly<Record<string, JobHandler>>): Promise<void> {
  workers.push(await startJobWorker({ ctx: suite.ctx, url: suite.database.url, events, handlers, pollMs: 50 }))
}

const ask = (kind: string) => startJob({ ctx: suite.ctx, input: { kind, subject: 'one', input: {} } })

test('gives a job as it is where nobody waits, and refuses one that is not there', async () => {
  const { id } = await ask('rests')
  expect(await getJobOnceOver({ ctx: suite.ctx, input: { job: id, wait_ms: 0 } })).toMatchObject({ state: 'queued' })
  const gone = getJobOnceOver({ ctx: suite.ctx, input: { job: 'job_gone', wait_ms: 1_000 } })
  await expect(gone).rejects.toMatchObject({ code: 'job_not_found' })
})

test('gives a job as it is when the time is up', async () => {
  const { id } = await ask('rests longer')
  let looks = 0
  // A clock that is a second further at each look.
  const clock = { now: () => suite.clock.now(), monotonicMs: () => 1_000 * looks++ }
  const job = await getJobOnceOver({ ctx: { ...suite.ctx, clock }, input: { job: id, wait_ms: 500 } })
  expect(job).toMatchObject({ state: 'queued' })
})

test.each([
  ['with wake-ups', () => ({ wakeUps: listenToJobs(events) })],
  ['without', () => ({})],
])('gives a job once it is over, %s', async (name, wakeUps) => {
  const { id } = await ask(`ends ${name}`)
  const over = getJobOnceOver({ ctx: suite.ctx, input: { job: id, wait_ms: 10_000, ...wakeUps() } })
  await start({ [`ends ${name}`]: async () => 'done' })
  expect(await over).toMatchObject({ id, state: 'succeeded', result: 'done' })
})

test('a worker tells who waits of the end of a job', async () => {
  const told: string[] = []
  const end = events.listen(jobChannel, (job) => told.push(job))
  try {
    // The channel is listened to once a message of it comes.
    await expect
      .poll(async () => {
        await suite.database.pool.query('select pg_notify($1, $2)', [jobChannel, 'ready'])
        return told
      })
      .toContain('ready')
    const { id } = await ask('tells')
    await start({ tells: async () => null })
    await expect.poll(() => told).toContain(id)
  } finally {
    end()
  }
})
