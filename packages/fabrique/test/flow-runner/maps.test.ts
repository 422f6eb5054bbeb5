import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FlowRunnerProcess } from '../support/flow-runner-process.js'

const flows = `
let now = 0, most = 0
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const items = Array.from({ length: 50 }, (_, index) => index)
const bounded = flow('bounded', {}, async (step) => {
  most = 0
  const results = await step.map('score', items, async (item, task, index) => {
    now += 1
    most = Math.max(most, now)
    await wait(1)
    now -= 1
    return [item, index, task.idempotencyKey]
  }, { concurrency: 4 })
  return { most, last: results.at(-1), count: results.length }
})
const quick = flow('quick', {}, (step) => step.map('same', items, (item) => item, { concurrency: 5 }))
const many = Array.from({ length: 200 }, (_, index) => index)
const turning = flow('turning', {}, async (step) => {
  most = 0
  const ran = await step.map('score', many, async (item) => {
    now += 1
    most = Math.max(most, now)
    if (item >= 180) await wait(200)
    now -= 1
    return item
  }, { concurrency: 4 })
  return { most, isAll: ran.every((item, index) => item === index) }
})
const broken = flow('broken', {}, async (step) => {
  const ran = []
  try {
    await step.map('score', many, (item) => { ran.push(item); if (item === 180) throw new Error('broken') }, { concurrency: 4 })
  } catch {
    return ran
  }
})
const failing = flow('failing', {}, async (step) => {
  const begun = []
  try {
    await step.map('score', items, async (item) => { begun.push(item); if (item === 3) throw new Error('three'); await wait(5) }, { concurrency: 3 })
  } catch (error) {
    return [error.message, Math.max(...begun) < 10]
  }
})
const empty = flow('empty', {}, (step) => step.map('score', [], () => 1))
const sleeping = flow('sleeping', {}, async (step) => {
  await step.run('before', () => 1)
  await step.sleep('nap', '1d')
  return await step.run('after', () => 2)
})
const both = flow('both', {}, async (step) => {
  const [, slow] = await Promise.all([step.sleep('nap', '1d'), step.run('slow', () => wait(200).then(() => 'slow'))])
  return slow
})
const two = flow('two', {}, (step) => Promise.all([step.sleep('a', '1d'), step.sleep('b', '1d')]))
const child = flow('child', { params: z.object({ n: z.number() }) }, (_, { n }) => n)
const parent = flow('parent', {}, (step) => step.flow(child, { n: 'no' }))
const approved = flow('approved', {}, async (step) => (await step.approve('ok', {
  prompt: 'Sure?', form: z.object({ note: z.string().default('none') }), timeout: '1h' })).values)
const programs = flow('programs', {}, async (step) => {
  await step.python('fit', 'fit.py', { args: ['--fast'], experiment: 'e', retries: { retries: 2, delay: '1s' }, timeout: '5m', limit: 'gpu' })
  return step.train('churn', { snapshot: { snapshot_id: 'snap_1' }, name: 'again' })
})
export default defineProject({ name: 'p', datasets: [], flows: [bounded, quick, turning, broken, failing, empty, sleeping, both, two, child, parent, approved, programs] })
`

let runner: FlowRunnerProcess
beforeAll(() => {
  runner = new FlowRunnerProcess(flows)
})
afterAll(() => runner.close())

describe('a map', () => {
  test('runs so many items at once, each as a step', async () => {
    const { end, begun, ends, progress } = await runner.run('bounded')
    expect(end).toEqual({ kind: 'completed', result: { most: 4, last: [49, 49, 'key-score[49]'], count: 50 } })
    expect(begun[0]).toMatchObject({ name: 'score', kind: 'map' })
    expect(begun[1]).toMatchObject({ name: 'score[0]', kind: 'run', map: 'score' })
    expect(ends.at(-1)).toMatchObject({ name: 'score', end: { kind: 'completed', result: '{"items":50}' } })
    expect(progress.at(-1)).toMatchObject({ step: 'score', done: 50, total: 50 })
  })

  test('says together which items are over and which begin', async () => {
    const { end, turns } = await runner.run('quick')
    expect(end).toMatchObject({ kind: 'completed', result: { length: 50 } })
    const counted = turns.map((calls) => ({
      begins: calls.filter(({ method }) => method === 'begin').length,
      ends: calls.filter(({ method }) => method === 'end').length,
    }))
    // The map is a step as well.
    expect(counted[0]).toEqual({ begins: 6, ends: 0 })
    expect(counted.slice(1).filter(({ begins, ends }) => begins > 0 && ends === 0)).toEqual([])
    expect(counted.length).toBeLessThanOrEqual(13)
  })

  test('takes back what it began together with quick items and has no place for', async () => {
    const { end, begun, ends, calls } = await runner.run('turning')
    expect(end).toEqual({ kind: 'completed', result: { most: 4, isAll: true } })
    expect(ends).toHaveLength(201)
    const givenBack = calls.flatMap((call) => (call.method === 'giveBack' ? call.names : []))
    expect(givenBack.length).toBeGreaterThan(0)
    const twice = begun.map(({ name }) => name).filter((name, at, names) => names.indexOf(name) < at)
    expect(twice.toSorted()).toEqual(givenBack.toSorted())
  })

  test('takes back what it began and did not run, after an item that failed', async () => {
    const { end, begun, ends, calls } = await runner.run('broken')
    const ran = end.kind === 'completed' && Array.isArray(end.result) ? end.result : []
    expect(Math.max(...ran.map(Number))).toBeLessThan(188)
    const givenBack = calls.flatMap((call) => (call.method === 'giveBack' ? call.names : []))
    expect([...givenBack, ...ends.map(({ name }) => name)].toSorted()).toEqual(begun.map(({ name }) => name).toSorted())
    expect(ran).toHaveLength(ends.length - 1)
  })

  test('goes on with the items that are over', async () => {
    const finished = Array.from({ length: 49 }, (_, index) => ({
      name: `score[${index}]`,
      end: { kind: 'completed' as const, result: '"kept"' },
    }))
    const { begun } = await runner.run('bounded', { finished })
    expect(begun.map(({ name }) => name)).toEqual(['score', 'score[49]'])
  })

  test('begins no other item after one that failed', async () => {
    const { end, ends } = await runner.run('failing')
    expect(end).toEqual({ kind: 'completed', result: ['three', true] })
    expect(ends.at(-1)).toMatchObject({ name: 'score', end: { failure: { params: { step: 'score[3]' } } } })
  })

  test('that failed begins none of them in a later execution', async () => {
    const failure = { code: 'flow_step_failed', params: { step: 'score[3]', name: 'Error', reason: 'three' } }
    const finished = [{ name: 'score', end: { kind: 'failed' as const, failure } }]
    const { end, calls } = await runner.run('failing', { finished })
    expect(end).toEqual({ kind: 'completed', result: ['three', true] })
    expect(calls).toEqual([])
  })

  test('may have no items', async () => {
    expect((await runner.run('empty')).end).toEqual({ kind: 'completed', result: [] })
  })
})

describe('what waits', () => {
  const waiting = { perform: () => ({ kind: 'waiting', until: '2030-01-01T00:00:00.000Z' }) as const }

  test('gives the process back', async () => {
    const { end, ends, isClean } = await runner.run('sleeping', waiting)
    expect(end).toEqual({ kind: 'suspended' })
    expect(ends.map(({ name }) => name)).toEqual(['before'])
    expect(isClean).toBe(true)
  })

  test('gives it back where several steps wait, without asking again and again', async () => {
    const { end, calls } = await runner.run('two', {
      perform: () => ({ kind: 'waiting', until: '2020-01-01T00:00:00.000Z' }),
    })
    expect(end).toEqual({ kind: 'suspended' })
    expect(calls).toHaveLength(2)
  })

  test('goes on where it stopped once it is over', async () => {
    const over = (name: string, result: string) => ({ name, end: { kind: 'completed' as const, result } })
    const { end, begun } = await runner.run('sleeping', { finished: [over('before', '1'), over('nap', 'null')] })
    expect(end).toEqual({ kind: 'completed', result: 2 })
    expect(begun.map(({ name }) => name)).toEqual(['after'])
  })

  test('keeps the process while something else is at work', async () => {
    const { end, ends } = await runner.run('both', waiting)
    expect(end).toEqual({ kind: 'suspended' })
    expect(ends).toMatchObject([{ name: 'slow', end: { result: '"slow"' } }])
  })

  test('is looked at again, and goes on in the same process', async () => {
    let looks = 0
    const { end } = await runner.run('both', {
      perform: () => {
        looks += 1
        return looks < 2 ? waiting.perform() : { kind: 'finished', end: { kind: 'completed', result: 'null' } }
      },
    })
    expect(end).toEqual({ kind: 'completed', result: 'slow' })
  })
})

describe('steps of the worker', () => {
  test('are asked for with all that they say', async () => {
    const { calls } = await runner.run('programs', {
      perform: () => ({ kind: 'finished', end: { kind: 'completed', result: '{"status":"status 0"}' } }),
    })
    expect(calls).toMatchObject([
      {
        step: { name: 'fit', kind: 'python', limits: ['gpu'], timeoutMs: 300_000 },
        work: { kind: 'python', command: ['fit.py', '--fast'], experiment: 'e' },
        retry: { retries: 2, delays_ms: [1000], jitter: 0 },
      },
      { step: { name: 'again', kind: 'train' }, work: { kind: 'train', model: 'churn', snapshot: 'snap_1' } },
    ])
  })

  test('of another flow have parameters that its schema takes', async () => {
    const { end, calls } = await runner.run('parent')
    expect(end).toMatchObject({
      failure: { code: 'flow_params_invalid', params: { flow: 'child', field: 'params.n' } },
    })
    expect(calls).toEqual([])
  })

  test('that ask a person give the values of the form', async () => {
    const { end, calls } = await runner.run('approved', {
      perform: () => ({
        kind: 'finished',
        end: { kind: 'completed', result: '{"decision":"approved","by":"ada","values":{},"comment":""}' },
      }),
    })
    expect(calls).toMatchObject([
      { work: { timeoutMs: 3_600_000, form: { properties: { note: { type: 'string' } } } } },
    ])
    expect(end).toEqual({ kind: 'completed', result: { note: 'none' } })
  })
})
