import type { ScheduleDefinition } from '@fabrique/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { type Declared, declareFlow, runsOfProject, setRunState } from '../../../../test/support/declared-flow.js'
import { testStart } from '../../../../test/support/test-clock.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { limit } from '../../../kernel/index.js'
import { type EventStream, openEventStream, type VerbContext } from '../../../platform/index.js'
import { cancelRun } from '../engine/cancel-runs.js'
import { query } from '../engine/statements.js'
import { fireSchedule } from './fire-schedule.js'
import { applyFlows, pauseFlow, resumeFlow, startScheduler } from './index.js'
import { readyQueued } from './overlap.js'
import { fireDueSchedules } from './scheduler.js'
import { schedulesOf } from './store.js'

let suite: TestContext
let events: EventStream
let ctx: VerbContext
beforeAll(async () => {
  suite = await openTestContext()
  ctx = suite.ctx
  events = openEventStream({ db: ctx.db, url: suite.database.url, applicationName: 'test schedules', log: ctx.log })
})
afterAll(async () => {
  await events?.close()
  await suite?.close()
})
// A look at what is due is one at all schedules: those of the tests before would start too, one of them with a thousand runs.
afterEach(async () => {
  for (const table of ['flow_schedules', 'flow_runs']) await query(ctx.db, `delete from ${table}`, [])
})

const minute = 60_000
const hour = 60 * minute
/** The clock of the suite starts at 06:31:47. */
const at = (ms: number) => new Date(testStart.getTime() + ms)
const atMinute = (minutes: number) => new Date('2026-11-21T06:31:00.000Z').getTime() + minutes * minute

type Schedule = Partial<z.input<typeof ScheduleDefinition>>

const everyMinute = (more: Schedule = {}) => ({
  schedules: [{ name: 'minutely', every_ms: minute, ...more }],
})
const declare = (project: string, more: Schedule = {}) => declareFlow(ctx, project, 'monthly', everyMinute(more))
const moments = async (project: string) => (await runsOfProject(ctx, project)).map((run) => run.scheduled_for.getTime())
const scheduleOf = async (project: string) => {
  const [schedule] = await schedulesOf(ctx, { project, flow: 'monthly' })
  if (schedule === undefined) throw new Error('no schedule')
  return schedule
}
const end = async (project: string) => {
  for (const { id } of await runsOfProject(ctx, project)) await setRunState(ctx, id, 'COMPLETED')
}

describe('a schedule that is due', () => {
  test('starts one run for each moment, and none before', async () => {
    await declare('once', { params: { month: '2026-10' } })
    await fireDueSchedules(ctx, at(12_000))
    expect(await moments('once')).toEqual([])
    await fireDueSchedules(ctx, at(13_000))
    await fireDueSchedules(ctx, at(14_000))
    const [run, ...others] = await runsOfProject(ctx, 'once')
    expect(others).toEqual([])
    expect(run).toMatchObject({
      origin: 'schedule',
      origin_of: 'minutely',
      params: { month: '2026-10' },
      scheduled_for: new Date(atMinute(1)),
      ready_at: expect.any(Date),
    })
    expect(await scheduleOf('once')).toMatchObject({ last_at: new Date(atMinute(1)), next_at: new Date(atMinute(2)) })
  })

  test('is started once by many workers at once', async () => {
    await declare('many')
    await Promise.all(Array.from({ length: 8 }, () => fireDueSchedules(ctx, at(minute))))
    expect(await moments('many')).toHaveLength(1)
  })

  test('is started once when a worker dies in the middle', async () => {
    await declare('killed')
    const dies = ctx.db.transaction().execute(async (tx) => {
      const input = { project: 'killed', flow: 'monthly', name: 'minutely', now: at(minute) }
      await fireSchedule({ ctx: { ...ctx, db: tx, inTransaction: true }, input })
      throw new Error('killed')
    })
    await expect(dies).rejects.toThrow('killed')
    expect(await moments('killed')).toEqual([])
    await fireDueSchedules(ctx, at(minute))
    expect(await moments('killed')).toEqual([atMinute(1)])
  })

  test('has its one moment and then none, where it is for one', async () => {
    const only = new Date(atMinute(3)).toISOString()
    await declareFlow(ctx, 'single', 'monthly', { schedules: [{ name: 'launch', at: only }] })
    await fireDueSchedules(ctx, new Date(atMinute(3)))
    await fireDueSchedules(ctx, new Date(atMinute(300)))
    expect(await moments('single')).toEqual([atMinute(3)])
    expect(await scheduleOf('single')).toMatchObject({ next_at: null })
  })

  test('keeps no other back when it fails, and says why', async () => {
    const schedules = [
      { name: 'broken', every_ms: minute },
      { name: 'sound', every_ms: minute },
    ]
    await declareFlow(ctx, 'fails', 'monthly', { schedules })
    await query(
      ctx.db,
      `update flow_schedules set definition = definition || '{"every_ms":null,"cron":"0 0 * *"}' where project = 'fails' and name = 'broken'`,
      [],
    )
    await fireDueSchedules(ctx, at(minute))
    expect((await runsOfProject(ctx, 'fails')).map((run) => run.origin_of)).toEqual(['sound'])
    expect(await schedulesOf(ctx, { project: 'fails', flow: 'monthly' })).toMatchObject([
      { name: 'broken', error: { code: 'internal_error' } },
      { name: 'sound', error: null },
    ])
  })
})

describe('what was missed', () => {
  const missed = async (project: string, more: Schedule, downMs: number) => {
    await declare(project, more)
    await fireDueSchedules(ctx, at(downMs))
    return moments(project)
  }

  test('is left out by none, but for the newest moment that is just late', async () => {
    expect(await missed('none', { every_ms: hour }, 5 * hour)).toEqual([])
    expect(await scheduleOf('none')).toMatchObject({ next_at: new Date('2026-11-21T12:00:00.000Z') })
    expect(await missed('just-late', {}, 10 * minute)).toEqual([atMinute(10)])
  })

  test('is made up for by the newest', async () => {
    const down = 5 * hour
    expect(await missed('newest', { every_ms: hour, catch_up: 'newest' }, down)).toEqual([
      Date.parse('2026-11-21T11:00Z'),
    ])
    const within = { every_ms: hour, catch_up: 'newest' as const, catch_up_window_ms: 10 * minute }
    expect(await missed('too-old', within, down)).toEqual([])
  })

  test('is made up for by all, within the window, one after the other', async () => {
    const all = { every_ms: hour, catch_up: 'all' as const, catch_up_window_ms: 3 * hour }
    const hours = [9, 10, 11].map((one) => Date.UTC(2026, 10, 21, one))
    expect(await missed('all', all, 5 * hour)).toEqual(hours)
    for (const due of hours) {
      await readyQueued(ctx)
      const ready = (await runsOfProject(ctx, 'all')).filter((run) => run.ready_at !== null)
      expect(ready.map((run) => run.scheduled_for.getTime())).toEqual([due])
      await setRunState(ctx, ready[0]?.id ?? '', 'COMPLETED')
    }
  })

  test('is bounded: a second for a year makes no storm', async () => {
    const year = 365 * 24 * hour
    const all = { every_ms: 1000, catch_up: 'all' as const, catch_up_window_ms: year }
    expect(await missed('storm', all, year)).toHaveLength(limit('flows.queued_max'))
    // No room is left for a further one.
    await fireDueSchedules(ctx, at(year + 10_000))
    expect((await moments('storm')).length).toBeLessThan(limit('flows.queued_max') + 3)
  })
})

describe('a clock that jumps', () => {
  test('back starts no moment twice, and the schedule goes on from there', async () => {
    await declare('back', { overlap: 'cancel_old' })
    await fireDueSchedules(ctx, at(3 * hour))
    expect(await moments('back')).toEqual([atMinute(180)])
    // Set right again: the moments of the hours that come are new, the one that was started is not.
    await fireDueSchedules(ctx, at(minute))
    await fireDueSchedules(ctx, at(2 * minute))
    expect(await moments('back')).toEqual([atMinute(2), atMinute(180)])
    await end('back')
    for (let minutes = 178; minutes < 183; minutes += 1) await fireDueSchedules(ctx, at(minutes * minute))
    const started = await moments('back')
    expect(started.filter((moment) => moment === atMinute(180))).toHaveLength(1)
    expect(new Set(started).size).toBe(started.length)
    expect(started.at(-1)).toBe(atMinute(182))
  })

  test('back over a moment leaves the run of the moment alone', async () => {
    await declare('passed', { overlap: 'cancel_old' })
    await fireDueSchedules(ctx, at(14_000))
    await fireDueSchedules(ctx, at(12_000))
    await fireDueSchedules(ctx, at(13_000))
    expect(await runsOfProject(ctx, 'passed')).toMatchObject([{ state_type: 'SCHEDULED', cancel_requested: false }])
  })

  test('forward is as if nobody had been there', async () => {
    await declare('forward', { overlap: 'queue' })
    await fireDueSchedules(ctx, at(minute))
    await fireDueSchedules(ctx, at(24 * hour))
    expect(await moments('forward')).toEqual([atMinute(1), atMinute(24 * 60)])
  })

  test('back by so little that nothing was due changes nothing', async () => {
    await declare('little')
    await fireDueSchedules(ctx, at(13_000))
    await fireDueSchedules(ctx, at(12_000))
    await fireDueSchedules(ctx, at(13_000))
    expect(await moments('little')).toEqual([atMinute(1)])
    expect(await scheduleOf('little')).toMatchObject({ next_at: new Date(atMinute(2)) })
  })
})

describe('a moment while an earlier run is open', () => {
  const twoMoments = async (project: string, overlap: ScheduleDefinition['overlap'], isRunning: boolean) => {
    await declare(project, { overlap })
    await fireDueSchedules(ctx, at(minute))
    const [first] = await runsOfProject(ctx, project)
    if (isRunning) await setRunState(ctx, first?.id ?? '', 'RUNNING')
    await fireDueSchedules(ctx, at(2 * minute))
    return first?.id ?? ''
  }
  const states = async (project: string) =>
    (await runsOfProject(ctx, project)).map((run) => `${run.state_type} ${run.ready_at === null ? 'waits' : 'ready'}`)

  test('is left out by skip, which is noted', async () => {
    const first = await twoMoments('skip', 'skip', true)
    expect(await moments('skip')).toEqual([atMinute(1)])
    const skipped = new Date(atMinute(2))
    expect(await scheduleOf('skip')).toMatchObject({
      last_at: skipped,
      skipped_at: skipped,
      next_at: new Date(atMinute(3)),
    })
    await setRunState(ctx, first, 'FAILED')
    await fireDueSchedules(ctx, at(3 * minute))
    expect(await moments('skip')).toEqual([atMinute(1), atMinute(3)])
  })

  test('waits for it by queue', async () => {
    const first = await twoMoments('queue', 'queue', true)
    await fireDueSchedules(ctx, at(3 * minute))
    await readyQueued(ctx)
    expect(await states('queue')).toEqual(['RUNNING waits', 'SCHEDULED waits', 'SCHEDULED waits'])
    await setRunState(ctx, first, 'COMPLETED')
    await readyQueued(ctx)
    await readyQueued(ctx)
    expect(await states('queue')).toEqual(['COMPLETED waits', 'SCHEDULED ready', 'SCHEDULED waits'])
  })

  test('ends it by cancel_old, and starts when it is over', async () => {
    const first = await twoMoments('cancel', 'cancel_old', true)
    await readyQueued(ctx)
    expect(await states('cancel')).toEqual(['CANCELLING waits', 'SCHEDULED waits'])
    await setRunState(ctx, first, 'FAILED')
    await readyQueued(ctx)
    expect(await states('cancel')).toEqual(['FAILED waits', 'SCHEDULED ready'])
  })

  test('takes the place by cancel_old of one that nobody had begun', async () => {
    await twoMoments('replace', 'cancel_old', false)
    expect(await states('replace')).toEqual(['CANCELLED waits', 'SCHEDULED ready'])
  })

  test('is not held up by runs that people started', async () => {
    await declare('people', { overlap: 'skip' })
    await query(
      ctx.db,
      `insert into flow_runs (id, project, flow, state_type, state_name, origin, scheduled_for, requested_at, requested_by)
       values ('flow_manual', 'people', 'monthly', 'RUNNING', 'Running', 'manual', $1, $1, 'local')`,
      [testStart],
    )
    await fireDueSchedules(ctx, at(minute))
    expect(await moments('people')).toEqual([testStart.getTime(), atMinute(1)])
  })

  test('a queued run that is cancelled makes way for the next', async () => {
    const first = await twoMoments('cancelled-queue', 'queue', true)
    await fireDueSchedules(ctx, at(3 * minute))
    const [, second] = await runsOfProject(ctx, 'cancelled-queue')
    await cancelRun(ctx, second?.id ?? '', '')
    await setRunState(ctx, first, 'COMPLETED')
    await readyQueued(ctx)
    expect(await states('cancelled-queue')).toEqual(['COMPLETED waits', 'CANCELLED waits', 'SCHEDULED ready'])
  })
})

describe('pausing', () => {
  const changes = async (project: string) => {
    const rows = await query<{ change: string }>(
      ctx.db,
      `select payload->>'change' as change from events where kind = 'flow.changed' and payload->>'project' = $1 order by id`,
      [project],
    )
    return rows.map(({ change }) => change)
  }

  test('a flow starts nothing; what was missed is not made up for', async () => {
    await declare('paused', { catch_up: 'all' })
    const of = { project: 'paused', flow: 'monthly' }
    await pauseFlow({ ctx, input: { ...of, reason: 'holidays' } })
    await pauseFlow({ ctx, input: of })
    await fireDueSchedules(ctx, at(hour))
    expect(await moments('paused')).toEqual([])
    await resumeFlow({ ctx, input: of })
    expect(await scheduleOf('paused')).toMatchObject({ next_at: new Date(atMinute(1)) })
    await resumeFlow({ ctx, input: of })
    expect(await changes('paused')).toEqual(['declared', 'paused', 'resumed'])
  })

  test('a schedule stops it alone, and outlives a change of the flow', async () => {
    const both = (description: string) => ({
      description,
      schedules: [
        { name: 'a', every_ms: minute },
        { name: 'b', every_ms: minute },
      ],
    })
    await declareFlow(ctx, 'one-of-two', 'monthly', both('before'))
    const of = { project: 'one-of-two', flow: 'monthly', schedule: 'a' }
    await pauseFlow({ ctx, input: of })
    await declareFlow(ctx, 'one-of-two', 'monthly', both('after'))
    await fireDueSchedules(ctx, at(minute))
    expect((await runsOfProject(ctx, 'one-of-two')).map((run) => run.origin_of)).toEqual(['b'])
    await resumeFlow({ ctx, input: of })
    await end('one-of-two')
    await fireDueSchedules(ctx, at(2 * minute))
    expect((await runsOfProject(ctx, 'one-of-two')).map((run) => run.origin_of).sort()).toEqual(['a', 'b', 'b'])
  })

  test('what there is not is named', async () => {
    const input = { project: 'paused', flow: 'monthly', schedule: 'weekly' }
    await expect(pauseFlow({ ctx, input })).rejects.toMatchObject({ code: 'flow_schedule_not_found' })
    await expect(resumeFlow({ ctx, input: { project: 'paused', flow: 'x' } })).rejects.toMatchObject({
      code: 'flow_not_found',
    })
  })
})

describe('declaring', () => {
  test('again the same changes nothing: what is due stays due', async () => {
    await declare('again')
    const before = await scheduleOf('again')
    suite.clock.advance(2 * minute)
    await declare('again')
    expect(await scheduleOf('again')).toEqual(before)
    // Other parameters, the same moments.
    await declare('again', { params: { month: '2026-10' } })
    expect(await scheduleOf('again')).toMatchObject({ next_at: before.next_at })
    // Other moments.
    await declare('again', { every_ms: hour })
    expect(await scheduleOf('again')).toMatchObject({ next_at: new Date('2026-11-21T07:00:00.000Z') })
  })

  test('a flow no longer stops its schedules, until it is declared again', async () => {
    await declare('gone')
    await applyFlows({ ctx, input: { project: 'gone', flows: [] } })
    await applyFlows({ ctx, input: { project: 'gone', flows: [] } })
    await fireDueSchedules(ctx, at(hour))
    expect(await moments('gone')).toEqual([])
    await declare('gone')
    await fireDueSchedules(ctx, at(hour))
    expect(await moments('gone')).toEqual([atMinute(60)])
  })

  const refused: readonly (readonly [string, Declared, string, RegExp])[] = [
    ['a cron expression that is none', { schedules: [{ name: 's', cron: '61 * * * *' }] }, 'flow_invalid', /61/],
    [
      'a time zone that is none',
      { schedules: [{ name: 's', cron: '0 6 * * *', timezone: 'Mars/X' }] },
      'flow_invalid',
      /Mars\/X/,
    ],
    ['a schedule without moments', { schedules: [{ name: 's', cron: '0 6 30 2 *' }] }, 'flow_invalid', /no moment/],
    [
      'two schedules of one name',
      {
        schedules: [
          { name: 's', every_ms: minute },
          { name: 's', every_ms: hour },
        ],
      },
      'flow_invalid',
      /two schedules/,
    ],
    [
      'parameters that the flow does not take',
      { schedules: [{ name: 's', every_ms: minute, params: { year: 1 } }] },
      'flow_params_invalid',
      /year/,
    ],
    [
      'an event that never comes',
      { triggers: [{ kind: 'event', name: 't', event: 'snapshot.made' }] },
      'flow_invalid',
      /snapshot\.made/,
    ],
    [
      'a condition that is never met',
      { triggers: [{ kind: 'event', name: 't', event: 'snapshot.created', where: { colour: 'red' } }] },
      'flow_invalid',
      /no colour; it has/,
    ],
    [
      'all states of runs',
      { triggers: [{ kind: 'event', name: 't', event: 'flow_run.changed', where: { flow: 'x' } }] },
      'flow_invalid',
      /which state/,
    ],
    ['a schema that is none', { params_schema: { type: 'strin' } }, 'flow_invalid', /JSON Schema/],
  ]
  for (const [what, declared, code, message] of refused) {
    test(`${what} is refused`, async () => {
      const declaring = declareFlow(ctx, 'refused', 'monthly', declared)
      await expect(declaring).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    })
  }

  test('the name of the loop is refused', async () => {
    await expect(declareFlow(ctx, 'refused', 'loop')).rejects.toMatchObject({ code: 'flow_invalid' })
  })
})

test('a scheduler wakes at the next moment, and at what is declared meanwhile', async () => {
  // It is the waking that is looked at: time passes, and the poll is too seldom to help.
  const began = performance.now()
  const readNow = async () => new Date(ctx.clock.now().getTime() + performance.now() - began)
  const scheduler = startScheduler({ ctx, events, readNow, pollMs: 3_600_000 })
  try {
    await declare('awake', { every_ms: 1000 })
    await expect.poll(async () => (await moments('awake')).length).toBeGreaterThan(0)
    for (let ended = 0; ended < 2; ended += 1) {
      const before = await moments('awake')
      await end('awake')
      await expect.poll(async () => (await moments('awake')).length).toBeGreaterThan(before.length)
    }
  } finally {
    await scheduler.close()
  }
})
