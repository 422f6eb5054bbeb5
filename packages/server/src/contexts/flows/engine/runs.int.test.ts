import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FlowSuite, flowOf, openFlowSuite, step } from '../../../../test/support/flow-suite.js'
import { cancelRun } from './cancel-runs.js'
import type { FlowExecutor } from './model.js'

let suite: FlowSuite
beforeAll(async () => {
  suite = await openFlowSuite()
})
afterEach(() => suite?.stopWorkers())
afterAll(() => suite?.close())

const done: FlowExecutor = async () => ({ kind: 'completed', result: null })
const failing =
  (code = 'internal_error'): FlowExecutor =>
  async () => ({ kind: 'failed', failure: { code, params: {} } })

/** Ends when the run is to end. */
const untilAborted: FlowExecutor = ({ signal }) =>
  new Promise((resolve) => {
    const end = () => resolve({ kind: 'cancelled' })
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
  })

interface StepRow {
  readonly name: string
  readonly state_name: string
  readonly attempts: number
  readonly result: string | null
  readonly earlier_attempts: readonly { attempt: number; state: string; error?: { code: string } }[]
}
const stepsOf = (run: string) =>
  suite.rows<StepRow>('select * from flow_steps where run_id = $1 order by position', [run])

async function eventsOf(run: string) {
  const rows = await suite.rows<{ state: string }>(
    `select payload ->> 'state_name' as state from events where subject = $1 order by id`,
    [`flow-runs/${run}`],
  )
  return rows.map(({ state }) => state)
}

describe('a run', () => {
  test('runs its steps in order, and its result is kept', async () => {
    await suite.start([
      flowOf('sums', async (session) => {
        const one = await step(session, 'one', async () => 1)
        const two = await step(session, 'two', async () => one + 1)
        return { kind: 'completed', result: { two, text: 'a\u0000b' } }
      }),
    ])
    const { id } = await suite.ask('sums')
    await suite.until(id, 'COMPLETED Completed')
    const [row] = await suite.rows('select result, worker_id, started_at, ended_at from flow_runs where id = $1', [id])
    expect(row).toMatchObject({ result: { two: 2, text: 'a\u0000b' }, worker_id: null })
    expect(await stepsOf(id)).toMatchObject([
      { name: 'one', state_name: 'Completed', attempts: 1, result: '1' },
      { name: 'two', state_name: 'Completed', attempts: 1, result: '2' },
    ])
    expect(await eventsOf(id)).toEqual(['Scheduled', 'Running', 'Completed'])
  })

  test('takes back the beginning of steps that have not begun to work', async () => {
    await suite.start([
      flowOf('giving', async (session) => {
        const names = ['one', 'two', 'three']
        await Promise.all(names.map((name) => session.beginStep({ name, kind: 'run' })))
        await session.endStep('one', { kind: 'completed', result: '1' })
        // What is over stays.
        await session.giveBack(['one', 'two', 'three'])
        const again = await session.beginStep({ name: 'two', kind: 'run' })
        expect(again).toMatchObject({ kind: 'begun', attempt: 1 })
        await session.endStep('two', { kind: 'completed', result: '2' })
        return { kind: 'completed', result: null }
      }),
    ])
    const { id } = await suite.ask('giving')
    await suite.until(id, 'COMPLETED Completed')
    expect(await stepsOf(id)).toMatchObject([
      { name: 'one', state_name: 'Completed', attempts: 1 },
      { name: 'two', state_name: 'Completed', attempts: 1, earlier_attempts: [] },
    ])
  })

  test('that fails keeps why, and is tried again as its flow says', async () => {
    let executions = 0
    await suite.start([
      flowOf(
        'again',
        async (session) => {
          executions += 1
          await step(session, 'first', async () => 1)
          const { kind } = await session.beginStep({ name: 'second', kind: 'run' })
          expect(kind).toBe('begun')
          if (session.run.attempt === 3) {
            await session.endStep('second', { kind: 'completed', result: '2' })
            return { kind: 'completed', result: null }
          }
          const failure = { code: 'internal_error', params: { why: 'a\u0000b' } }
          await session.endStep('second', { kind: 'failed', failure })
          return { kind: 'failed', failure }
        },
        { retry: { retries: 2, delays_ms: [0, 1], jitter: 0.5 } },
      ),
      flowOf('fails', failing()),
    ])
    const { id } = await suite.ask('again')
    await suite.until(id, 'COMPLETED Completed')
    expect(executions).toBe(3)
    expect(await stepsOf(id)).toMatchObject([
      { name: 'first', attempts: 1 },
      {
        name: 'second',
        attempts: 3,
        earlier_attempts: [
          { attempt: 1, state: 'failed', error: { code: 'internal_error' } },
          { attempt: 2, state: 'failed' },
        ],
      },
    ])
    const failed = await suite.ask('fails')
    await suite.until(failed.id, 'FAILED Failed')
  })

  test('that suspends gives its place back, and goes on at its moment with what is done', async () => {
    let executions = 0
    await suite.start(
      [
        flowOf('sleeps', async (session) => {
          executions += 1
          await step(session, 'before', async () => executions)
          const begun = await session.beginStep({ name: 'nap', kind: 'sleep' })
          if (begun.kind !== 'begun') throw new Error(begun.kind)
          if (begun.held?.wakeAt === undefined) {
            const until = new Date(Date.now() + 3_600_000)
            await session.holdStep('nap', { wakeAt: until })
            return { kind: 'suspended', waits: [{ kind: 'moment', until }] }
          }
          expect(begun.attempt).toBe(1)
          await session.endStep('nap', { kind: 'completed', result: 'null' })
          return { kind: 'completed', result: executions }
        }),
        flowOf('quick', done),
      ],
      { runsMax: 1 },
    )
    const sleeping = await suite.ask('sleeps')
    await suite.until(sleeping.id, 'PAUSED Suspended')
    const quick = await suite.ask('quick')
    await suite.until(quick.id, 'COMPLETED Completed')
    await suite.rows('update flow_runs set ready_at = clock_timestamp() where id = $1', [sleeping.id])
    await suite.until(sleeping.id, 'COMPLETED Completed')
    expect(executions).toBe(2)
    expect(await stepsOf(sleeping.id)).toMatchObject([{ result: '1' }, { name: 'nap', attempts: 1 }])
  })

  test('that waits for more jobs than are asked for at once is suspended', async () => {
    let executions = 0
    const waits = Array.from({ length: 1_001 }, (_, at) => ({ kind: 'job', job: `job_gone_${at}` }) as const)
    await suite.start([
      flowOf('jobs', async () => {
        executions += 1
        return executions === 1 ? { kind: 'suspended', waits } : { kind: 'completed', result: null }
      }),
    ])
    const { id } = await suite.ask('jobs')
    await suite.until(id, 'COMPLETED Completed')
    expect(await suite.rows('select crashes from flow_runs where id = $1', [id])).toEqual([{ crashes: 0 }])
  })

  test('goes on at its moment, however rarely its worker looks', async () => {
    let executions = 0
    const flow = flowOf(
      'punctual',
      async () => {
        executions += 1
        const until = new Date(Date.now() + 2_100)
        if (executions === 1) return { kind: 'suspended', waits: [{ kind: 'moment', until }] }
        if (executions === 2) return { kind: 'failed', failure: { code: 'internal_error', params: {} } }
        return { kind: 'completed', result: null }
      },
      { retry: { retries: 1, delays_ms: [100], jitter: 0 } },
    )
    const { id } = await suite.ask('punctual')
    await suite.start([flow], { pollMs: 3_600_000 })
    await suite.until(id, 'COMPLETED Completed')
  })

  test('that ends gives back the slots of steps of earlier executions', async () => {
    await suite.rows(`insert into flow_limits (name, slots) values ('kept', 1)`)
    let executions = 0
    await suite.start([
      flowOf('slots', async (session) => {
        executions += 1
        if (executions > 1) return { kind: 'failed', failure: { code: 'internal_error', params: {} } }
        await session.beginStep({ name: 'nap', kind: 'sleep', limits: ['kept'] })
        const until = new Date(Date.now() + 3_600_000)
        await session.holdStep('nap', { wakeAt: until })
        return { kind: 'suspended', waits: [{ kind: 'moment', until }] }
      }),
    ])
    const { id } = await suite.ask('slots')
    await suite.until(id, 'PAUSED Suspended')
    expect(await suite.rows('select run_id from flow_limit_slots')).toEqual([{ run_id: id }])
    await suite.rows('update flow_runs set ready_at = clock_timestamp() where id = $1', [id])
    await suite.until(id, 'FAILED Failed')
    expect(await suite.rows('select run_id from flow_limit_slots')).toEqual([])
  })

  test('that waits for a child goes on at its end', async () => {
    await suite.start([
      flowOf('parent', async (session) => {
        const begun = await session.beginStep({ name: 'child', kind: 'flow' })
        if (begun.kind !== 'begun') throw new Error(begun.kind)
        if (begun.held?.childRun === undefined) {
          const child = await suite.ask('child', { origin: 'flow', originOf: session.run.id })
          await session.holdStep('child', { childRun: child.id })
          return { kind: 'suspended', waits: [{ kind: 'run', run: child.id }] }
        }
        await session.endStep('child', { kind: 'completed', result: 'null' })
        return { kind: 'completed', result: begun.held.childRun }
      }),
      flowOf('child', done),
    ])
    const { id } = await suite.ask('parent')
    await suite.until(id, 'COMPLETED Completed')
    expect(await stepsOf(id)).toMatchObject([{ name: 'child', attempts: 1 }])
  })

  test('times out, also while it waits', async () => {
    await suite.start([
      flowOf('slow', untilAborted, { timeoutMs: 100 }),
      flowOf(
        'waits',
        async () => ({ kind: 'suspended', waits: [{ kind: 'approval', step: 'ok', until: undefined }] }),
        { timeoutMs: 300 },
      ),
    ])
    const [slow, waits] = [await suite.ask('slow'), await suite.ask('waits')]
    await suite.until(slow.id, 'FAILED TimedOut')
    await suite.until(waits.id, 'FAILED TimedOut')
    expect(await eventsOf(waits.id)).toEqual(['Scheduled', 'Running', 'Paused', 'TimedOut'])
  })

  test('that is cancelled ends what runs, what waits, and its children', async () => {
    await suite.start([
      flowOf('parent', async (session) => {
        await session.beginStep({ name: 'child', kind: 'flow' })
        const child = await suite.ask('endless', { origin: 'flow', originOf: session.run.id })
        await session.holdStep('child', { childRun: child.id })
        return { kind: 'suspended', waits: [{ kind: 'run', run: child.id }] }
      }),
      flowOf('endless', async (session) => {
        await session.beginStep({ name: 'work', kind: 'run' })
        return untilAborted(session)
      }),
    ])
    const parent = await suite.ask('parent')
    const child = async () =>
      (await suite.rows<{ id: string }>('select id from flow_runs where origin_of = $1', [parent.id]))[0]?.id ?? ''
    await expect.poll(async () => (await stepsOf(await child())).length).toBe(1)
    await suite.until(parent.id, 'PAUSED Suspended')
    await cancelRun(suite.ctx, parent.id, 'no more')
    expect(await suite.stateOf(parent.id)).toBe('CANCELLED Cancelled')
    await suite.until(await child(), 'CANCELLED Cancelled')
    expect(await stepsOf(await child())).toMatchObject([{ name: 'work', state_name: 'Cancelled' }])
    await cancelRun(suite.ctx, parent.id, 'once more')
    const over = await suite.ask('nobody has it')
    await cancelRun(suite.ctx, over.id, '')
    await expect(cancelRun(suite.ctx, 'flow_none', '')).rejects.toMatchObject({ code: 'flow_run_not_found' })
  })

  test('whose process dies goes on, and is given up when it does too often without a step in between', async () => {
    let deaths = 0
    const crashed = { kind: 'crashed', failure: { code: 'internal_error', params: {} } } as const
    await suite.start([
      flowOf('poison', async (session) => {
        await session.beginStep({ name: 'work', kind: 'run' })
        deaths += 1
        return crashed
      }),
      flowOf('hardy', async (session) => {
        const at = session.run.finished.length
        if (at === 8) return { kind: 'completed', result: at }
        await step(session, `step-${at}`, async () => at)
        return crashed
      }),
    ])
    const [poison, hardy] = [await suite.ask('poison'), await suite.ask('hardy')]
    await suite.until(poison.id, 'CRASHED Crashed')
    await suite.until(hardy.id, 'COMPLETED Completed')
    expect(deaths).toBe(6)
    const [work] = await stepsOf(poison.id)
    expect(work).toMatchObject({ state_name: 'Crashed', attempts: 6 })
    expect(work?.earlier_attempts.map(({ state }) => state)).toEqual(Array(5).fill('crashed'))
  })

  test('with two steps of one name is refused the second', async () => {
    const refused: unknown[] = []
    await suite.start([
      flowOf('twice', async (session) => {
        await step(session, 'one', async () => 1)
        await step(session, 'one', async () => 1).catch((error: unknown) => refused.push(error))
        return { kind: 'completed', result: null }
      }),
    ])
    const { id } = await suite.ask('twice')
    await suite.until(id, 'COMPLETED Completed')
    expect(refused).toMatchObject([{ code: 'flow_step_name_taken', params: { step: 'one' } }])
  })

  test('of equal parameters takes the result that is kept', async () => {
    let executions = 0
    const counts: FlowExecutor = async () => ({ kind: 'completed', result: ++executions })
    await suite.start([flowOf('cached', counts, { cacheMs: 60_000 })])
    for (const state of ['COMPLETED Completed', 'COMPLETED Cached']) {
      const { id } = await suite.ask('cached', { params: { a: 1 } })
      await suite.until(id, state)
      expect(await suite.rows('select result from flow_runs where id = $1', [id])).toEqual([{ result: 1 }])
    }
    const other = await suite.ask('cached', { params: { a: 2 } })
    await suite.until(other.id, 'COMPLETED Completed')
  })
})

test('what a run logs is numbered in the run', async () => {
  await suite.start([
    flowOf('logs', async (session) => {
      for (let line = 1; line <= 5; line += 1) {
        session.log([{ at: suite.clock.now(), level: 'info', stream: 'log', text: `line ${line}\u0000` }])
        if (line === 2) await session.flush()
      }
      return { kind: 'completed', result: null }
    }),
  ])
  const { id } = await suite.ask('logs')
  await suite.until(id, 'COMPLETED Completed')
  const lines = await suite.rows('select position, level, text from flow_logs where run_id = $1 order by position', [
    id,
  ])
  expect(lines).toEqual([1, 2, 3, 4, 5].map((position) => ({ position, level: 20, text: `line ${position}` })))
})

test('of what a run leaves to be looked at, the newest of each key is kept, and what is beyond the bounds is counted', async () => {
  await suite.start([
    flowOf('shows', async (session) => {
      const show = (key: string, text: string) => session.addArtifact(key, undefined, { kind: 'markdown', text })
      for (let turn = 0; turn < 3; turn += 1) await show('progress', `turn ${turn}`)
      const mb = 'x'.repeat(2 ** 20)
      await suite.rows(`update flow_artifacts set bytes = $1 where run_id = $2`, [
        128 * 2 ** 20 - 1_000,
        session.run.id,
      ])
      await show('large', mb)
      await show('small', 'x')
      await show('progress', 'last')
      await show('large', mb)
      await suite.rows(
        `insert into flow_artifacts (run_id, key, at, content) select $1, 'key' || n, now(), '{}' from generate_series(1, 997) n`,
        [session.run.id],
      )
      await show('one-too-many', 'x')
      await show('small', 'y')
      return { kind: 'completed', result: null }
    }),
  ])
  const { id } = await suite.ask('shows')
  await suite.until(id, 'COMPLETED Completed')
  const kept = await suite.rows<{ key: string; text: string }>(
    `select key, left(content->>'text', 10) as text from flow_artifacts where run_id = $1 and key !~ '^key' order by id`,
    [id],
  )
  expect(kept).toEqual([
    { key: 'progress', text: 'last' },
    { key: 'small', text: 'y' },
    { key: 'large', text: 'x'.repeat(10) },
  ])
  expect(await suite.rows('select artifacts_dropped::int from flow_log_counts where run_id = $1', [id])).toEqual([
    { artifacts_dropped: 2 },
  ])
})
