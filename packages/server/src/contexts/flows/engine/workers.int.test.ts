import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FlowSuite, flowOf, openFlowSuite, step } from '../../../../test/support/flow-suite.js'
import { claimRuns, type TakenRun } from './claim-runs.js'
import type { FlowExecutor, KnownFlow, RunSession } from './model.js'
import { openSession } from './run-session.js'
import { openStepWrites } from './step-writes.js'
import { takeOverLost } from './take-over.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterEach(() => suite?.stopWorkers())
afterAll(() => suite?.close())

const done: FlowExecutor = async () => ({ kind: 'completed', result: null })

/** Executions that wait until they are told to end. */
function heldFlow(name: string, more: Partial<KnownFlow> = {}) {
  const sessions: RunSession[] = []
  const ends: (() => void)[] = []
  const flow = flowOf(
    name,
    (session) =>
      new Promise((resolve) => {
        sessions.push(session)
        const end = () => resolve({ kind: 'completed', result: null })
        ends.push(end)
        session.signal.addEventListener('abort', () => resolve({ kind: 'cancelled' }))
      }),
    more,
  )
  return { flow, sessions, ends }
}

/** A worker that is only a row: it has what was claimed for it, and gives no sign. */
async function silentWorker(id: string) {
  await suite.rows(
    `insert into flow_workers (id, host, pid, started_at, lease_until, runs_max)
     values ($1, 'there', 1, now(), clock_timestamp() + interval '1 hour', 4)`,
    [id],
  )
}

/** A run in the hands of a worker that is only a row. */
async function takenBy(worker: string, flow: KnownFlow, run: string) {
  await silentWorker(worker)
  const db = suite.database.db
  const taken = (await claimRuns(db, worker, [flow], 100)).find((one) => one.run.id === run)
  if (taken === undefined) throw new Error('It was not taken')
  return { taken, ...sessionOf(taken, worker) }
}

function sessionOf(taken: TakenRun, worker: string) {
  const { db } = suite.database
  const [abort, gone] = [new AbortController(), new AbortController()]
  const writes = openStepWrites(db)
  return openSession({ db, writes, taken, worker, abort, gone, onChange: () => {}, slotFreed: async () => {} })
}

const loseLease = (worker: string) =>
  suite.rows(`update flow_workers set lease_until = clock_timestamp() - interval '1 s' where id = $1`, [worker])

describe('claims', () => {
  test('three workers run two hundred runs, each once', async () => {
    const executed: string[] = []
    const count = flowOf('many', async (session) => {
      executed.push(session.run.id)
      await step(session, 'work', async () => 1)
      return { kind: 'completed', result: null }
    })
    const asked: string[] = []
    for (let at = 0; at < 200; at += 1) asked.push((await suite.ask('many')).id)
    await Promise.all([1, 2, 3].map(() => suite.start([count])))
    await expect
      .poll(async () => suite.rows(`select state_name, count(*)::int from flow_runs where flow = 'many' group by 1`))
      .toEqual([{ state_name: 'Completed', count: 200 }])
    expect(executed.toSorted()).toEqual(asked.toSorted())
    const attempts = await suite.rows(
      `select max(attempts) as most, count(*)::int as steps from flow_steps join flow_runs on id = run_id where flow = 'many'`,
    )
    expect(attempts).toEqual([{ most: 1, steps: 200 }])
  })

  test('go on with what has begun before they begin what is older', async () => {
    const order: unknown[] = []
    const flow = flowOf('begun', async ({ run }) => {
      order.push(run.params.name)
      return { kind: 'completed', result: null }
    })
    await suite.ask('begun', { params: { name: 'old' } })
    const begun = await suite.ask('begun', { params: { name: 'begun' } })
    await suite.rows(`update flow_runs set started_at = now(), ready_at = clock_timestamp() where id = $1`, [begun.id])
    await suite.start([flow], { runsMax: 1 })
    await expect.poll(() => order).toEqual(['begun', 'old'])
  })

  test('take the higher priority first, then the older', async () => {
    const order: unknown[] = []
    const ranked = flowOf('ranked', async ({ run }) => {
      order.push(run.params.at)
      return { kind: 'completed', result: null }
    })
    for (const [at, priority] of [0, 5, 0, 5, -1].entries()) await suite.ask('ranked', { params: { at }, priority })
    await suite.start([ranked], { runsMax: 1 })
    await expect.poll(() => order.length).toBe(5)
    expect(order).toEqual([1, 3, 0, 2, 4])
  })

  test('keep to the concurrency of a flow over all workers, and pass what is full', async () => {
    const { flow, sessions, ends } = heldFlow('bounded', { concurrency: 2 })
    for (let at = 0; at < 20; at += 1) await suite.ask('bounded')
    const other = await suite.ask('other')
    await suite.start([flow, flowOf('other', done)])
    await suite.start([flow])
    await suite.until(other.id, 'COMPLETED Completed')
    for (let at = 1; at <= 20; at += 1) {
      await expect.poll(() => sessions.length).toBeGreaterThanOrEqual(at)
      const [row] = await suite.rows<{ count: number }>(
        `select count(*)::int from flow_runs where flow = 'bounded' and worker_id is not null`,
      )
      expect(row?.count).toBeLessThanOrEqual(2)
      ends[at - 1]?.()
    }
    await expect
      .poll(async () => suite.rows(`select count(*)::int from flow_runs where flow = 'bounded' and ended_at is null`))
      .toEqual([{ count: 0 }])
  })

  test('keep to named limits of flows', async () => {
    await suite.rows(`insert into flow_limits (name, slots) values ('narrow', 1)`)
    const { flow, sessions, ends } = heldFlow('limited', { limits: ['narrow'] })
    for (let at = 0; at < 3; at += 1) await suite.ask('limited')
    await suite.start([flow])
    for (let at = 1; at <= 3; at += 1) {
      await expect.poll(() => sessions.length).toBe(at)
      const held = await suite.rows('select run_id from flow_limit_slots')
      expect(held).toEqual([{ run_id: sessions[at - 1]?.run.id }])
      ends[at - 1]?.()
    }
    await expect.poll(() => suite.rows('select run_id from flow_limit_slots')).toEqual([])
  })

  test('of a step that several limits bound tell the one that it waits for', async () => {
    await suite.rows(`insert into flow_limits (name, slots) values ('free', 1), ('taken', 1)`)
    const flow = flowOf('between', done)
    const { session } = await takenBy('wrk_holder', flow, (await suite.ask('between')).id)
    await session.beginStep({ name: 'holds', kind: 'run', limits: ['taken'] })
    const { session: other } = await takenBy('wrk_waiter', flow, (await suite.ask('between')).id)
    expect(await other.beginStep({ name: 'waits', kind: 'run', limits: ['free', 'taken'] })).toEqual({
      kind: 'waiting',
      wait: { kind: 'limit', limit: 'taken' },
    })
  })

  test('leave runs of another version, except those that have done nothing yet', async () => {
    const { flow, sessions } = heldFlow('versions')
    const first = await suite.ask('versions')
    await suite.start([flow])
    await expect.poll(() => sessions.length).toBe(1)
    await sessions[0]?.beginStep({ name: 'one', kind: 'run' })
    await sessions[0]?.endStep('one', { kind: 'completed', result: '1' })
    await suite.stopWorkers()
    const second = await suite.ask('versions')
    await suite.start([{ ...flow, version: '2', execute: done }])
    await suite.until(second.id, 'COMPLETED Completed')
    expect(await suite.stateOf(first.id)).toBe('SCHEDULED Resuming')
    await suite.start([{ ...flow, execute: done }])
    await suite.until(first.id, 'COMPLETED Completed')
  })

  test('bind no version to a run that waits, or is to be tried again, and has done nothing', async () => {
    const hourMs = 3_600_000
    const failure = { code: 'internal_error', params: {} }
    const waits = flowOf('waits', async () => ({
      kind: 'suspended',
      waits: [{ kind: 'moment', until: new Date(Date.now() + hourMs) }],
    }))
    const fails = flowOf(
      'fails',
      async (session) => {
        await session.beginStep({ name: 'one', kind: 'run' })
        await session.endStep('one', { kind: 'failed', failure })
        return { kind: 'failed', failure }
      },
      { retry: { retries: 1, delays_ms: [hourMs], jitter: 0 } },
    )
    const [waiting, failed] = [await suite.ask('waits'), await suite.ask('fails')]
    await suite.start([waits, fails])
    await suite.until(waiting.id, 'PAUSED Suspended')
    await suite.until(failed.id, 'SCHEDULED AwaitingRetry')
    await suite.stopWorkers()
    await suite.rows('update flow_runs set ready_at = clock_timestamp() where id = any($1)', [[waiting.id, failed.id]])
    await suite.start([waits, fails].map((flow) => ({ ...flow, version: '2', execute: done })))
    await suite.until(waiting.id, 'COMPLETED Completed')
    await suite.until(failed.id, 'COMPLETED Completed')
  })

  test('one open run for an open key, one run for an idempotency key', async () => {
    const first = await suite.ask('keyed', { openKey: 'a' })
    expect(await suite.ask('keyed', { openKey: 'a' })).toEqual({ id: first.id, isNew: false })
    await suite.start([flowOf('keyed', done)])
    await suite.until(first.id, 'COMPLETED Completed')
    const next = await suite.ask('keyed', { openKey: 'a', idempotencyKey: 'once' })
    expect(next.isNew).toBe(true)
    await suite.until(next.id, 'COMPLETED Completed')
    expect(await suite.ask('keyed', { idempotencyKey: 'once' })).toEqual({ id: next.id, isNew: false })
    const racing = await Promise.all(Array.from({ length: 10 }, () => suite.ask('keyed', { idempotencyKey: 'race' })))
    expect(new Set(racing.map(({ id }) => id)).size).toBe(1)
    expect(racing.filter(({ isNew }) => isNew)).toHaveLength(1)
  })

  test('a run that is due later is left until then', async () => {
    const later = await suite.ask('later', { readyAt: new Date(Date.now() + 3_600_000) })
    const now = await suite.ask('later')
    await suite.start([flowOf('later', done)])
    await suite.until(now.id, 'COMPLETED Completed')
    expect(await suite.stateOf(later.id)).toBe('SCHEDULED Scheduled')
  })
})

describe('a worker that was lost', () => {
  test('has its runs taken over, and what it writes late is refused', async () => {
    const flow = flowOf('fenced', async (session) => {
      const one = await step(session, 'one', async () => 'again')
      const two = await step(session, 'two', async () => session.run.id)
      return { kind: 'completed', result: [one, two] }
    })
    const { id } = await suite.ask('fenced')
    const { session } = await takenBy('wrk_silent', flow, id)
    expect(await step(session, 'one', async () => 'first')).toBe('first')
    expect(await session.beginStep({ name: 'two', kind: 'run' })).toMatchObject({ kind: 'begun', attempt: 1 })
    await loseLease('wrk_silent')
    expect(await takeOverLost(suite.database.db, 'wrk_me', 0)).toEqual([id])
    const refused = { code: 'flow_run_taken_over', params: { flow_run: id } }
    const end = session.endStep('two', { kind: 'completed', result: '"late"' })
    await expect(end).rejects.toMatchObject(refused)
    await expect(session.beginStep({ name: 'three', kind: 'run' })).rejects.toMatchObject(refused)
    await expect(session.addArtifact('note', undefined, { kind: 'markdown', text: '' })).rejects.toMatchObject(refused)
    expect(session.signal.aborted).toBe(true)
    await suite.start([flow])
    await suite.until(id, 'COMPLETED Completed')
    const [run] = await suite.rows('select result, take_overs, epoch from flow_runs where id = $1', [id])
    expect(run).toEqual({ result: ['first', id], take_overs: 1, epoch: 3 })
    const steps = await suite.rows('select name, attempts, earlier_attempts from flow_steps where run_id = $1', [id])
    expect(steps).toMatchObject([
      { name: 'one', attempts: 1, earlier_attempts: [] },
      {
        name: 'two',
        attempts: 2,
        earlier_attempts: [{ attempt: 1, worker: 'wrk_silent', state: 'crashed', error: { code: 'flow_worker_died' } }],
      },
    ])
  })

  test('loses a write that waits for the take-over to commit', async () => {
    const flow = flowOf('raced', done)
    const { id } = await suite.ask('raced')
    const { session } = await takenBy('wrk_raced', flow, id)
    await loseLease('wrk_raced')
    const other = await suite.database.pool.connect()
    try {
      await other.query('begin')
      await other.query(`update flow_runs set worker_id = null, epoch = epoch + 1 where id = $1`, [id])
      const late = session.beginStep({ name: 'late', kind: 'run' }).catch((error: unknown) => error)
      const isWaiting = async () =>
        (
          await suite.rows(
            `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%with beginning as%'`,
          )
        ).length
      await expect.poll(isWaiting).toBe(1)
      await other.query('commit')
      expect(await late).toMatchObject({ code: 'flow_run_taken_over' })
    } finally {
      other.release()
    }
    expect(await suite.rows('select name from flow_steps where run_id = $1', [id])).toEqual([])
  })

  test('is found by others by itself, and one that lives registers anew and ends what it had', async () => {
    const { flow, sessions } = heldFlow('frozen')
    const { id } = await suite.ask('frozen')
    const frozen = await suite.start([flow], { leaseMs: 2_000 })
    await expect.poll(() => sessions.length).toBe(1)
    const lost = frozen.id()
    // As if it had not renewed for long; the other one looks before it does so again.
    await suite.start([], { leaseMs: 400 })
    await expect
      .poll(async () => {
        await loseLease(lost ?? '')
        return suite.rows('select is_lost from flow_workers where id = $1', [lost])
      })
      .toEqual([{ is_lost: true }])
    await expect.poll(() => frozen.id()).not.toBe(lost)
    expect(sessions[0]?.signal.reason).toMatchObject({ code: 'flow_run_taken_over' })
    await expect.poll(() => sessions.length).toBe(2)
    expect(sessions[1]?.run.id).toBe(id)
  })

  test('frees the slots of its limits', async () => {
    await suite.rows(`insert into flow_limits (name, slots) values ('one', 1)`)
    const flow = flowOf('slots', done, { limits: ['one'] })
    const [first, second] = [await suite.ask('slots'), await suite.ask('slots')]
    await takenBy('wrk_slots', flow, first.id)
    await suite.start([flow], { leaseMs: 2_000 })
    expect(await suite.stateOf(second.id)).toBe('SCHEDULED Scheduled')
    await loseLease('wrk_slots')
    await suite.until(second.id, 'COMPLETED Completed')
    await suite.until(first.id, 'COMPLETED Completed')
  })

  test('leaves steps that wait the slots that they hold', async () => {
    await suite.rows(`insert into flow_limits (name, slots) values ('seat', 2)`)
    const { id } = await suite.ask('seated')
    const { session } = await takenBy('wrk_seated', flowOf('seated', done), id)
    await session.beginStep({ name: 'train', kind: 'train', limits: ['seat'] })
    await session.holdStep('train', { job: 'job_1' })
    await session.beginStep({ name: 'short', kind: 'run', limits: ['seat'] })
    await loseLease('wrk_seated')
    await takeOverLost(suite.database.db, 'wrk_me', 0)
    expect(await suite.rows('select step from flow_limit_slots where run_id = $1', [id])).toEqual([{ step: 'train' }])
  })

  test('takes nothing more, though it does not know it yet', async () => {
    const flow = flowOf('unaware', done)
    const { id } = await suite.ask('unaware')
    await silentWorker('wrk_unaware')
    await loseLease('wrk_unaware')
    await takeOverLost(suite.database.db, 'wrk_me', 0)
    expect(await claimRuns(suite.database.db, 'wrk_unaware', [flow], 1)).toEqual([])
    await suite.start([flow])
    await suite.until(id, 'COMPLETED Completed')
  })

  test('that was to cancel a run leaves it cancelled', async () => {
    const flow = flowOf('cancelling', done)
    const { id } = await suite.ask('cancelling')
    await takenBy('wrk_cancelling', flow, id)
    await suite.rows('update flow_runs set cancel_requested = true where id = $1', [id])
    await loseLease('wrk_cancelling')
    expect(await takeOverLost(suite.database.db, 'wrk_me', 0)).toEqual([id])
    expect(await suite.stateOf(id)).toBe('CANCELLED Cancelled')
  })

  test('gives its runs back when it stops', async () => {
    const { flow, sessions } = heldFlow('stopped')
    const { id } = await suite.ask('stopped')
    await suite.start([flow])
    await expect.poll(() => sessions.length).toBe(1)
    await suite.stopWorkers()
    expect(await suite.stateOf(id)).toBe('SCHEDULED Resuming')
    const [row] = await suite.rows('select crashes, take_overs from flow_runs where id = $1', [id])
    expect(row).toEqual({ crashes: 0, take_overs: 0 })
  })

  test('that stops leaves steps that wait the slots that they hold', async () => {
    await suite.rows(`insert into flow_limits (name, slots) values ('chair', 2)`)
    const { flow, sessions } = heldFlow('chaired')
    const { id } = await suite.ask('chaired')
    await suite.start([flow])
    await expect.poll(() => sessions.length).toBe(1)
    await sessions[0]?.beginStep({ name: 'train', kind: 'train', limits: ['chair'] })
    await sessions[0]?.holdStep('train', { job: 'job_1' })
    await sessions[0]?.beginStep({ name: 'short', kind: 'run', limits: ['chair'] })
    await suite.stopWorkers()
    expect(await suite.rows('select step from flow_limit_slots where run_id = $1', [id])).toEqual([{ step: 'train' }])
  })
})

test('connections that break while runs are under way cost nothing', async () => {
  const runs = 6
  const executed = new Map<string, number>()
  const flow = flowOf('broken', async (session) => {
    for (let at = 0; at < 20; at += 1) {
      await step(session, `step-${at}`, async () => {
        const key = `${session.run.id} ${at}`
        executed.set(key, (executed.get(key) ?? 0) + 1)
        return at
      })
    }
    return { kind: 'completed', result: null }
  })
  for (let at = 0; at < runs; at += 1) await suite.ask('broken')
  await suite.start([flow])
  for (let time = 0; time < 8; time += 1) {
    await expect.poll(() => executed.size).toBeGreaterThan(time * 10)
    await suite
      .rows(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'fabrique flow%' and datname = current_database()`,
      )
      .catch(() => {})
  }
  await expect
    .poll(async () => suite.rows(`select state_name, count(*)::int from flow_runs where flow = 'broken' group by 1`))
    .toEqual([{ state_name: 'Completed', count: runs }])
  expect([...executed.values()]).toEqual(Array(runs * 20).fill(1))
  const [attempts] = await suite.rows(
    `select max(attempts) as most from flow_steps join flow_runs on id = run_id where flow = 'broken'`,
  )
  expect(attempts).toEqual({ most: 1 })
})

test('a thousand mapped steps that begin together share their commits', async () => {
  const commits = async () => {
    const [row] = await suite.rows<{ commits: number }>(
      `select count(distinct flow_steps.xmin::text)::int as commits from flow_steps join flow_runs on id = run_id where flow = 'mapped'`,
    )
    return row?.commits
  }
  let begun = 0
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const items = Array.from({ length: 1_000 }, (_, at) => at)
  const flow = flowOf('mapped', async (session) => {
    const work = (at: number) =>
      step(session, `item[${at}]`, async () => {
        begun += 1
        await released
        return at
      })
    await Promise.all(items.map(work))
    return { kind: 'completed', result: null }
  })
  const { id } = await suite.ask('mapped')
  await suite.start([flow])
  await expect.poll(() => begun).toBe(1_000)
  expect(await commits()).toBeLessThanOrEqual(3)
  release()
  await suite.until(id, 'COMPLETED Completed')
  const [row] = await suite.rows(
    'select count(*)::int, count(distinct position)::int as places from flow_steps where run_id = $1',
    [id],
  )
  expect(row).toEqual({ count: 1_000, places: 1_000 })
  expect(await commits()).toBeLessThanOrEqual(3)
})

test('what is urgent does not wait for the ten thousand that are before it', async () => {
  await suite.rows(
    `insert into flow_runs (id, project, flow, state_type, state_name, params, origin, scheduled_for, requested_at, requested_by, ready_at)
     select 'flow_queued_' || place, 'test', 'queued', 'SCHEDULED', 'Scheduled', '{}', 'manual', now(), now(), 'local', clock_timestamp()
     from generate_series(1, 10000) as place`,
  )
  await suite.start([flowOf('queued', done)], { runsMax: 2 })
  const count = async () =>
    Number(
      (
        await suite.rows<{ count: string }>(`select count(*) from flow_runs where flow = 'queued' and ended_at is null`)
      )[0]?.count,
    )
  await expect.poll(count).toBeLessThan(9_950)
  const urgent = await suite.ask('queued', { priority: 1 })
  await suite.until(urgent.id, 'COMPLETED Completed')
  expect(await count()).toBeGreaterThan(5_000)
})

test('runs are made until so many are open, and again when one is over', async () => {
  await suite.rows('delete from flow_runs')
  await suite.rows(
    `insert into flow_runs (id, project, flow, state_type, state_name, origin, scheduled_for, requested_at, requested_by, ready_at)
     select 'flow_full' || n, 'test', 'full', 'SCHEDULED', 'Scheduled', 'manual', now(), now(), 'test', now()
     from generate_series(1, 99999) n`,
  )
  const { id } = await suite.ask('full', { idempotencyKey: 'last' })
  await expect(suite.ask('full')).rejects.toMatchObject({ code: 'flow_runs_full', params: { limit: 100_000 } })
  expect(await suite.ask('full', { idempotencyKey: 'last' })).toEqual({ id, isNew: false })
  await silentWorker('wrk_full')
  expect(await claimRuns(suite.database.db, 'wrk_full', [flowOf('full', done)], 4)).toHaveLength(4)
  await suite.rows(`update flow_runs set state_type = 'COMPLETED', ended_at = now(), ready_at = null where id = $1`, [
    id,
  ])
  expect(await suite.ask('full')).toMatchObject({ isNew: true })
})
