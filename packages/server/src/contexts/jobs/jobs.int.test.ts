import { setTimeout as sleep } from 'node:timers/promises'
import type { JobProgress, Json } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { type EventStream, openEventStream, systemActor } from '../../platform/index.js'
import {
  cancelJob,
  getJob,
  type JobHandler,
  type JobWorker,
  listJobs,
  mountJobRoutes,
  startJobWorker,
} from './index.js'
import { startJob } from './start-job.js'

let suite: TestApp
let events: EventStream
const workers: JobWorker[] = []

beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountJobRoutes(app, () => ctx))
  const { db, log } = suite.ctx
  events = openEventStream({ db, url: suite.database.url, applicationName: 'test jobs events', log })
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
})
afterAll(async () => {
  await events?.close()
  await suite?.close()
})

const code = (name: string) => expect.objectContaining({ code: name })

async function start(handlers: Readonly<Record<string, JobHandler>>): Promise<JobWorker> {
  const worker = await startJobWorker({
    ctx: suite.ctx,
    url: suite.database.url,
    events,
    handlers,
    pollMs: 50,
  })
  workers.push(worker)
  return worker
}

const ask = (kind: string, subject: string, input: Json = {}) =>
  startJob({ ctx: suite.ctx, input: { kind, subject, input } })

const stateOf = async (job: string) => (await getJob({ ctx: suite.ctx, input: { job } })).state

async function over(job: string) {
  await expect.poll(() => stateOf(job)).toMatch(/succeeded|failed|cancelled/)
  return getJob({ ctx: suite.ctx, input: { job } })
}

/** Runs until its signal aborts. */
const untilAborted: JobHandler = ({ ctx }) =>
  new Promise((_resolve, reject) => {
    const stop = () => reject(new Error('aborted'))
    if (ctx.signal?.aborted) stop()
    ctx.signal?.addEventListener('abort', stop)
  })

describe('jobs', () => {
  test('a worker does what was asked, and its result is shown', async () => {
    await start({ double: async ({ input }) => ({ doubled: (input as { value: number }).value * 2 }) })
    const { id } = await ask('double', 'a', { value: 21 })
    expect(await over(id)).toMatchObject({ state: 'succeeded', result: { doubled: 42 }, attempts: 1 })
  })

  test('what the run of a flow asked for is done in its name', async () => {
    await start({ names: async ({ ctx }) => ctx.actor.id })
    const actor = systemActor('flow_1')
    const asked = await startJob({ ctx: { ...suite.ctx, actor }, input: { kind: 'names', subject: 'flow', input: {} } })
    expect(await over(asked.id)).toMatchObject({ result: 'system:flow_1', requested_by: 'system:flow_1' })
    const { id } = await ask('names', 'person')
    expect(await over(id)).toMatchObject({ result: suite.ctx.actor.id })
  })

  test('a failure is told in the language of who asks', async () => {
    await start({
      fails: async () => {
        throw new FabriqueError('snapshot_not_found', { snapshot: 'snap_1' })
      },
      crashes: async () => {
        throw new Error('secret of the inside')
      },
    })
    const first = await over((await ask('fails', 'a')).id)
    expect(first).toMatchObject({ state: 'failed', error: { code: 'snapshot_not_found' } })
    const french = await getJob({ ctx: suite.ctx, input: { job: first.id, language: 'fr' } })
    expect(french.error?.message).toBe('L’instantané snap_1 n’existe pas')
    const second = await over((await ask('crashes', 'a')).id)
    expect(second.error).toMatchObject({ code: 'internal_error' })
    expect(JSON.stringify(second)).not.toContain('secret')
  })

  test('of a kind and subject one job is open at a time', async () => {
    const first = await ask('waits', 'same')
    expect((await ask('waits', 'same')).id).toBe(first.id)
    expect((await ask('waits', 'other')).id).not.toBe(first.id)
    await start({ waits: async () => null })
    await over(first.id)
    expect((await ask('waits', 'same')).id).not.toBe(first.id)
  })

  test('an open job that was asked for something else is no answer where that is told apart', async () => {
    const asked = (path: string) =>
      startJob({
        ctx: suite.ctx,
        input: { kind: 'adds', subject: 'one', input: { path, project: 'p' }, refuses_other_input: true },
      })
    const first = await asked('/a')
    expect((await asked('/a')).id).toBe(first.id)
    await expect(asked('/b')).rejects.toMatchObject({ code: 'job_open_already', params: { job: first.id } })
    await start({ adds: async () => null })
    await over(first.id)
    expect((await asked('/b')).id).not.toBe(first.id)
  })

  test('a job is done by one of several workers', async () => {
    let runs = 0
    const handlers: Record<string, JobHandler> = {
      once: async () => {
        runs += 1
        await sleep(100)
        return null
      },
    }
    await Promise.all([start(handlers), start(handlers), start(handlers)])
    const jobs = await Promise.all(Array.from({ length: 6 }, (_, index) => ask('once', `${index}`)))
    for (const { id } of jobs) await over(id)
    expect(runs).toBe(6)
  })

  test('a job of a worker whose session ended is begun again, and given up after some deaths', async () => {
    let begun = 0
    await start({
      dies: async ({ ctx, input }) => {
        begun += 1
        if (begun > (input as { deaths: number }).deaths) return 'done'
        await suite.database.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'fabrique jobs' and datname = current_database()`,
        )
        return untilAborted({ ctx } as never)
      },
    })
    const ended = await over((await ask('dies', 'again', { deaths: 2 })).id)
    expect(ended).toMatchObject({ state: 'succeeded', result: 'done' })
    // A worker may die between the beginning and the work.
    expect(ended.attempts).toBeGreaterThanOrEqual(3)

    begun = 0
    const hopeless = await over((await ask('dies', 'hopeless', { deaths: 100 })).id)
    expect(hopeless).toMatchObject({ state: 'failed', error: { code: 'job_abandoned' } })
  })

  test('a job whose own connection broke is begun again, and does not fail', async () => {
    let begun = 0
    await start({
      breaks: async ({ ctx }) => {
        begun += 1
        if (begun === 1) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(ctx.db)
        return 'done'
      },
    })
    const { id } = await ask('breaks', 'a')
    expect(await over(id)).toMatchObject({ state: 'succeeded', result: 'done', attempts: 2 })
  })

  test('of a job that another worker has begun again, the end of the first attempt is not written', async () => {
    const ends: ((result: string) => void)[] = []
    const handlers = { slow: () => new Promise<string>((resolve) => ends.push(resolve)) }
    await Promise.all([start(handlers), start(handlers)])
    const { id } = await ask('slow', 'a')
    await expect.poll(() => ends.length).toBe(1)
    await suite.database.pool.query(
      `select pg_terminate_backend(pid) from pg_locks
       where locktype = 'advisory' and classid = 7239 and database = (select oid from pg_database where datname = current_database())`,
    )
    await expect.poll(() => ends.length).toBe(2)
    ends[0]?.('first')
    await sleep(200)
    expect(await stateOf(id)).toBe('running')
    ends[1]?.('second')
    expect(await over(id)).toMatchObject({ state: 'succeeded', result: 'second', attempts: 2 })
  })

  test('a stopping worker leaves its job to the next one', async () => {
    const first = await start({ moves: untilAborted })
    const { id } = await ask('moves', 'a')
    await expect.poll(() => stateOf(id)).toBe('running')
    await first.close()
    expect(await stateOf(id)).toBe('running')
    await start({ moves: async () => 'taken over' })
    expect(await over(id)).toMatchObject({ result: 'taken over', attempts: 2 })
  })

  test('cancels what waits at once, and what runs through its signal', async () => {
    const waiting = await ask('cancelled', 'waits')
    expect(await cancelJob({ ctx: suite.ctx, input: { job: waiting.id } })).toMatchObject({ state: 'cancelled' })
    await start({ cancelled: untilAborted })
    const running = await ask('cancelled', 'runs')
    await expect.poll(() => stateOf(running.id)).toBe('running')
    const asked = await suite.ok('POST', `/api/v1/jobs/${running.id}/cancel`, { reason: 'wrong file' })
    expect(asked).toMatchObject({ cancel_requested: true })
    expect(await over(running.id)).toMatchObject({ state: 'cancelled' })
    await expect(cancelJob({ ctx: suite.ctx, input: { job: 'job_none' } })).rejects.toEqual(code('job_not_found'))
    const done = await ask('done', 'a')
    await start({ done: async () => null })
    await over(done.id)
    await expect(cancelJob({ ctx: suite.ctx, input: { job: done.id } })).rejects.toEqual(code('job_is_over'))
  })

  test('shows progress', async () => {
    const progress: JobProgress = { stage: 'read', rows_done: 5, bytes_done: 10, bytes_total: 20, seconds_left: 1 }
    let finish = () => {}
    await start({
      shows: async ({ report }) => {
        report(progress)
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        return null
      },
    })
    const { id } = await ask('shows', 'a')
    await expect.poll(async () => (await getJob({ ctx: suite.ctx, input: { job: id } })).progress).toEqual(progress)
    finish()
    await over(id)
  })

  test('lists by page and filter', async () => {
    for (const subject of ['p1', 'p2', 'p3']) await ask('listed', subject)
    const first = await listJobs({ ctx: suite.ctx, input: { kind: 'listed', limit: 2 } })
    expect(first.items.map(({ subject }) => subject).sort()).toHaveLength(2)
    const token = first.next_page_token
    const second = await listJobs({ ctx: suite.ctx, input: { kind: 'listed', limit: 2, page_token: token } })
    const all = [...first.items, ...second.items].map(({ subject }) => subject)
    expect(all.sort()).toEqual(['p1', 'p2', 'p3'])
    expect(second.next_page_token).toBeUndefined()
    const { body } = await suite.send('GET', '/api/v1/jobs?page_token=nothing')
    expect(body).toMatchObject({ code: 'page_token_invalid' })
    expect(await suite.ok('GET', '/api/v1/jobs?kind=listed&state=queued')).toMatchObject({ items: { length: 3 } })
  })
})
