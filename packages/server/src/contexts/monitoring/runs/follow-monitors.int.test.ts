import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type MonitorSuite, openMonitorSuite, project, usageRows } from '../../../../test/support/monitor-suite.js'
import { realClock } from '../../../../test/support/test-clock.js'
import { pollUntil } from '../../../kernel/index.js'
import { changeVerb, openEventStream, type VerbContext } from '../../../platform/index.js'
import { switchMonitor } from '../monitors/change-monitor.js'
import { getMonitor } from '../monitors/get-monitor.js'
import { followSnapshots, startDueRuns, startMonitorScheduler } from './follow-monitors.js'
import { runMonitor } from './start-run.js'

let suite: MonitorSuite
let ctx: VerbContext
beforeAll(async () => {
  suite = await openMonitorSuite()
  ctx = suite.ctx
})
afterAll(() => suite?.close())

describe('moments and snapshots', () => {
  const openJobs = async (monitor: string) => {
    const { rows: found } = await sql<{ id: string; input: { origin: string } }>`
      select id, input from jobs where subject = ${`monitors/${monitor}`} and state = 'queued'`.execute(ctx.db)
    return found
  }

  test('a moment is one run, however many look; the next one is set', async () => {
    const { next_at } = await suite.make('hourly', { schedule: { cron: '0 * * * *', timezone: 'Europe/Paris' } })
    expect(next_at).toMatch(/:00:00\.000Z$/)
    await startDueRuns(ctx, ctx.clock.now())
    expect(await openJobs('hourly')).toHaveLength(0)
    const later = new Date(Date.parse(next_at ?? '') + 5000)
    await Promise.all([startDueRuns(ctx, later), startDueRuns(ctx, later), startDueRuns(ctx, later)])
    expect(await openJobs('hourly')).toMatchObject([{ input: { origin: 'schedule', requested_by: 'system:monitor' } }])
    const after = await getMonitor({ ctx, input: { monitor: 'hourly' } })
    expect(Date.parse(after.next_at ?? '')).toBeGreaterThan(later.getTime())
    expect(await switchMonitor({ ctx, input: { monitor: 'hourly', enabled: false } })).not.toHaveProperty('next_at')
  })

  test('each new snapshot is looked at once', async () => {
    await suite.make('newest', { current: { kind: 'snapshot', dataset: 'fresh' }, after_snapshot: true })
    await followSnapshots(ctx)
    expect(await openJobs('newest')).toHaveLength(0)
    await suite.usage('fresh', usageRows())
    await followSnapshots(ctx)
    await followSnapshots(ctx)
    const [job] = await openJobs('newest')
    expect(job).toMatchObject({ input: { origin: 'snapshot' } })
    await sql`update jobs set state = 'succeeded' where id = ${job?.id ?? ''}`.execute(ctx.db)
    await followSnapshots(ctx)
    expect(await openJobs('newest')).toHaveLength(0)
  })

  test('an open run is the answer to all who ask for the same, and a snapshot of that time is looked at after it', async () => {
    await suite.make('shared', { current: { kind: 'snapshot', dataset: 'shared' }, after_snapshot: true })
    const first = await runMonitor({ ctx, input: { monitor: 'shared', request: {} } })
    const other: VerbContext = { ...ctx, actor: { ...ctx.actor, id: 'user:bob' } }
    const same = await runMonitor({ ctx: other, input: { monitor: 'shared', request: {}, origin: 'flow' } })
    expect(same.id).toBe(first.id)
    const request = { reference: { kind: 'snapshot', snapshot: 'snap_else' } } as const
    await expect(runMonitor({ ctx, input: { monitor: 'shared', request } })).rejects.toMatchObject({
      code: 'job_open_already',
    })
    await suite.usage('shared', usageRows())
    expect(await followSnapshots(ctx)).toBe(true)
    expect(await openJobs('shared')).toMatchObject([{ id: first.id }])
    await sql`update jobs set state = 'succeeded' where id = ${first.id}`.execute(ctx.db)
    expect(await followSnapshots(ctx)).toBe(false)
    expect(await openJobs('shared')).toMatchObject([{ input: { origin: 'snapshot' } }])
  })

  const openedJobs = (monitor: string) =>
    pollUntil(
      () => openJobs(monitor),
      (jobs) => jobs.length > 0,
      { clock: realClock, waitMs: 240_000 },
    )

  test('a worker starts what is due, and what a new snapshot asks for, by itself', async () => {
    const { log, db } = ctx
    const events = openEventStream({ db, url: suite.database.url, applicationName: 'fabrique test', log })
    // The clock of the database is past all moments of the one that stands still here.
    const scheduler = startMonitorScheduler(ctx, events)
    try {
      await suite.make('woken', { schedule: { cron: '* * * * *' }, current: { kind: 'snapshot', dataset: 'late' } })
      expect(await openedJobs('woken')).toHaveLength(1)
      await suite.make('follower', { current: { kind: 'snapshot', dataset: 'late' }, after_snapshot: true })
      const snapshot = await suite.usage('late', usageRows())
      await appendEvent({ ctx, input: snapshot })
      expect(await openedJobs('follower')).toHaveLength(1)
    } finally {
      await scheduler.close()
      await events.close()
    }
    for (const monitor of ['woken', 'follower']) {
      await switchMonitor({ ctx, input: { monitor, enabled: false } })
    }
  })

  /** What an ingest tells of its snapshot. */
  const appendEvent = changeVerb({
    name: 'monitoring.tell_snapshot',
    permission: 'datasets.write',
    input: z.string(),
    async run({ input: snapshot_id, record }) {
      await record({
        subject: `snapshots/${snapshot_id}`,
        event: 'snapshot.created',
        payload: { project, dataset: 'late', snapshot_id },
      })
    },
  })
})
