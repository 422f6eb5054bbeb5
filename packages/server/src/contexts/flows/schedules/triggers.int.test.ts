import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Declared, declareFlow, runsOfProject, setRunState } from '../../../../test/support/declared-flow.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { limit } from '../../../kernel/index.js'
import {
  changeVerb,
  type EventStream,
  openEventStream,
  systemActor,
  type VerbContext,
} from '../../../platform/index.js'
import { enqueueRun } from '../engine/enqueue-run.js'
import { query } from '../engine/statements.js'
import { fireTrigger } from './fire-trigger.js'
import { applyFlows, pauseFlow, resumeFlow, startScheduler } from './index.js'
import { fireTriggers } from './scheduler.js'
import { triggersOf } from './store.js'

let suite: TestContext
let ctx: VerbContext
let events: EventStream
beforeAll(async () => {
  suite = await openTestContext()
  ctx = suite.ctx
  events = openEventStream({ db: ctx.db, url: suite.database.url, applicationName: 'test triggers', log: ctx.log })
})
afterAll(async () => {
  await events?.close()
  await suite?.close()
})

const flow = 'monthly'
const trigger = (
  more: Extract<NonNullable<Declared['triggers']>[number], { kind: 'event' }> | object = {},
): Declared => ({
  triggers: [{ kind: 'event', name: 'alias', event: 'alias.moved', ...more }],
})
const declare = (project: string, declared: Declared) => declareFlow(ctx, project, flow, declared)

/** The event that an alias was moved. */
const moveAlias = changeVerb({
  name: 'test.move_alias',
  permission: 'models.write',
  input: z.object({ model: z.string() }),
  run: ({ input: { model }, record }) =>
    record({
      subject: `models/${model}`,
      event: 'alias.moved',
      payload: { model, alias: 'champion', to_version: '2' },
    }),
})
const move = (model: string, actor = ctx.actor) => moveAlias({ ctx: { ...ctx, actor }, input: { model } })

/** Events are looked at once no transaction of the server is older, also of other suites: looks until there is what is waited for. */
const fired = async (project: string, count: number) => {
  await expect
    .poll(async () => {
      await fireTriggers(ctx)
      return runsOfProject(ctx, project)
    })
    .toHaveLength(count)
  return runsOfProject(ctx, project)
}
/** Waits until all events so far were looked at: one more, for a flow of its own, was. */
let looks = 0
const lookedAtAll = async () => {
  looks += 1
  const project = `look-${looks}`
  await declare(project, trigger({ where: { model: project } }))
  await move(project)
  await fired(project, 1)
}

describe('an event that a trigger hears', () => {
  test('starts one run, with the payload; those before it was declared do not', async () => {
    await move('iris')
    await declare('heard', trigger({ where: { model: 'iris' }, params: { month: '2026-10' } }))
    await move('iris')
    await move('churn')
    const [run] = await fired('heard', 1)
    expect(run).toMatchObject({
      origin: 'event',
      origin_of: 'alias',
      params: { month: '2026-10' },
      event: { model: 'iris', alias: 'champion', to_version: '2' },
      depth: 0,
    })
    await lookedAtAll()
    expect(await runsOfProject(ctx, 'heard')).toHaveLength(1)
  })

  test('starts one run though many workers look at once', async () => {
    await declare('race', trigger({ where: { model: 'race' } }))
    await Promise.all(Array.from({ length: 5 }, () => move('race')))
    await expect
      .poll(async () => {
        await Promise.all(Array.from({ length: 6 }, () => fireTriggers(ctx)))
        return runsOfProject(ctx, 'race')
      })
      .toHaveLength(5)
    await lookedAtAll()
    expect(await runsOfProject(ctx, 'race')).toHaveLength(5)
  })

  test('starts one run though a worker dies in the middle', async () => {
    await declare('killed', trigger({ where: { model: 'killed' } }))
    await move('killed')
    const started: number[] = []
    await expect
      .poll(async () => {
        const dies = ctx.db.transaction().execute(async (tx) => {
          const inner = { ...ctx, db: tx, inTransaction: true as const }
          await fireTrigger({ ctx: inner, input: { project: 'killed', flow, name: 'alias' } })
          started.push((await runsOfProject(inner, 'killed')).length)
          throw new Error('killed')
        })
        await expect(dies).rejects.toThrow('killed')
        return started.at(-1)
      })
      .toBe(1)
    expect(await runsOfProject(ctx, 'killed')).toEqual([])
    await fired('killed', 1)
  })

  test('starts no second run where the trigger looks again from an earlier place', async () => {
    await declare('restored', trigger({ where: { model: 'restored' } }))
    const [before] = await triggersOf(ctx, { project: 'restored', flow })
    await move('restored')
    await fired('restored', 1)
    await query(ctx.db, `update flow_triggers set position = $1 where project = 'restored'`, [before?.position])
    await lookedAtAll()
    expect(await runsOfProject(ctx, 'restored')).toHaveLength(1)
  })

  test('is heard by a scheduler at once, and by the end of a run as well', async () => {
    await declare('wakes', trigger({ where: { model: 'wakes' } }))
    const ends = { event: 'flow_run.changed', where: { flow, project: 'wakes', state: 'SCHEDULED' } }
    await declareFlow(ctx, 'follows', 'next', { triggers: [{ kind: 'event', name: 'started', ...ends }] })
    const scheduler = startScheduler({ ctx, events, pollMs: 3_600_000 })
    try {
      await expect
        .poll(async () => {
          await move('wakes')
          return (await runsOfProject(ctx, 'follows')).length
        })
        .toBeGreaterThan(0)
    } finally {
      await scheduler.close()
    }
    const [first] = await runsOfProject(ctx, 'follows')
    expect(first).toMatchObject({ depth: 1, event: { project: 'wakes', state: 'SCHEDULED' } })
  })
})

describe('an event that comes while nothing is to start', () => {
  test('is passed over: the flow is paused', async () => {
    await declare('paused', trigger({ where: { model: 'paused' } }))
    await pauseFlow({ ctx, input: { project: 'paused', flow } })
    await move('paused')
    await lookedAtAll()
    await resumeFlow({ ctx, input: { project: 'paused', flow } })
    await move('paused')
    await lookedAtAll()
    expect(await runsOfProject(ctx, 'paused')).toHaveLength(1)
  })

  test('is passed over: the flow was not declared', async () => {
    await declare('gone', trigger({ where: { model: 'gone' } }))
    await applyFlows({ ctx, input: { project: 'gone', flows: [] } })
    await move('gone')
    await lookedAtAll()
    await declare('gone', trigger({ where: { model: 'gone' } }))
    await lookedAtAll()
    expect(await runsOfProject(ctx, 'gone')).toEqual([])
  })

  test('stays to be heard where only other things of the flow change', async () => {
    await declare('changed', trigger({ where: { model: 'changed' } }))
    await move('changed')
    await declare('changed', {
      ...trigger({ where: { model: 'changed' }, params: { month: '2026-11' } }),
      version: '2',
    })
    const [run] = await fired('changed', 1)
    expect(run).toMatchObject({ params: { month: '2026-11' } })
  })
})

describe('flows that start one another', () => {
  const depthMax = limit('flows.trigger_depth_max')

  test('end after a while, and the trigger says why', async () => {
    await declare('circle', {
      triggers: [
        { kind: 'event', name: 'self', event: 'flow_run.changed', where: { project: 'circle', state: 'SCHEDULED' } },
      ],
    })
    await enqueueRun(ctx, { project: 'circle', flow, params: {}, origin: 'manual', scheduledFor: ctx.clock.now() })
    const runs = await fired('circle', depthMax + 1)
    expect(runs.map(({ depth }) => depth).sort((a, b) => a - b)).toEqual(
      Array.from({ length: depthMax + 1 }, (_, i) => i),
    )
    await expect
      .poll(async () => {
        await fireTriggers(ctx)
        return triggersOf(ctx, { project: 'circle', flow })
      })
      .toMatchObject([{ error: { code: 'flow_trigger_circle', params: { flow, trigger: 'self' } } }])
    await lookedAtAll()
    expect(await runsOfProject(ctx, 'circle')).toHaveLength(depthMax + 1)
  })

  test('are found by what their steps cause as well', async () => {
    await declare('steps', trigger({ where: { model: 'steps' } }))
    await move('steps')
    const [first] = await fired('steps', 1)
    await setRunState(ctx, first?.id ?? '', 'RUNNING')
    await move('steps', systemActor(first?.id ?? ''))
    const runs = await fired('steps', 2)
    expect(runs.map(({ depth }) => depth).sort()).toEqual([0, 1])
  })
})

test('a trigger whose event never comes keeps up with the events of others', async () => {
  await declare('quiet', trigger({ where: { model: 'quiet' } }))
  await query(ctx.db, `delete from events where kind = 'alias.moved'`, [])
  const placeOf = async () => Number((await triggersOf(ctx, { project: 'quiet', flow }))[0]?.position?.split('.')[0])
  await query(ctx.db, `update flow_triggers set position = '3.0' where project = 'quiet'`, [])
  await query(
    ctx.db,
    `do $$ begin for i in 1..1100 loop begin perform pg_current_xact_id(); commit; end; end loop; end $$`,
    [],
  )
  await fireTriggers(ctx)
  expect(await placeOf()).toBeGreaterThan(1000)
})
