import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FlowRunnerProcess } from '../support/flow-runner-process.js'

const flows = `
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const sequence = flow('sequence', { params: z.object({ month: z.string().default('may') }) }, async (step, { month }) => {
  const a = await step.run('a', () => ({ month, at: new Date(0), nothing: undefined }))
  const b = await step.run('b', (task) => { console.log('in b', task.attempt); step.log.info('of the run'); task.log.warn('of b'); return 2 })
  return { a, b }
})
const parallel = flow('parallel', {}, async (step) => {
  await step.run('first', () => 1)
  await Promise.all([step.run('left', () => 1), step.run('right', () => 2)])
  await step.run('last', () => 3)
})
const taken = flow('taken', {}, async (step) => {
  for (const month of ['may', 'june']) await step.run('load', () => month)
})
const inside = flow('inside', {}, (step) => step.run('outer', () => step.run('inner', () => 1)))
const throwing = flow('throwing', { retries: { retries: 2, if: (error) => error?.hint === 'again' } }, async (step) => {
  await step.run('a', () => { throw { hint: 'never' } })
})
const plain = flow('plain', {}, async () => { throw new TypeError('not a step') })
const caught = flow('caught', {}, async (step) => {
  try {
    await step.run('a', () => { throw new RangeError('too far') })
  } catch (error) {
    return [error.name, error.message, error.step, error.code]
  }
})
const retried = flow('retried', {}, async (step) =>
  step.run('a', ({ attempt }) => { if (attempt < 4) throw new Error('attempt ' + attempt); return attempt },
    { retries: { retries: 5, delay: '1ms', backoff: 'exponential', maxDelay: 3 } }))
const listed = flow('listed', {}, async (step) =>
  step.run('a', () => { throw new Error('always') }, { retries: { retries: 3, delay: ['1ms', '2ms'], jitter: 1 } }))
const conditional = flow('conditional', {}, async (step) =>
  step.run('a', () => { throw new Error('fatal') }, { retries: { retries: 3, if: (error) => error.message !== 'fatal' } }))
const slow = flow('slow', {}, async (step) =>
  step.run('a', ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))), { timeout: '30ms' }))
const deaf = flow('deaf', {}, async (step) => step.run('a', () => new Promise((resolve) => setTimeout(resolve, 60_000)), { timeout: 20 }))
const floating = flow('floating', {}, async (step) => {
  step.run('a', () => { throw new Error('nobody looks') })
  await step.run('b', () => new Promise((resolve) => setTimeout(resolve, 60_000)))
})
const unawaited = flow('unawaited', {}, async (step) => { step.run('later', () => wait(100)); return 'returned' })
const patient = flow('patient', {}, (step) => step.run('a', () => wait(20).then(() => 'in time'), { timeout: '60d' }))
const cached = flow('cached', { params: z.object({ n: z.number() }) }, async (step, { n }) =>
  step.run('a', () => n, { cache: { expiresIn: '1h' } }))
const flood = flow('flood', {}, async (step) => {
  await step.run('a', () => { for (let index = 0; index < 200_000; index += 1) console.log('line', index) })
})
const looked = flow('looked', {}, async (step) => step.run('a', async ({ artifact, progress }) => {
  await artifact.markdown('summary', '# Hello')
  await artifact.table('rows', [{ a: 1 }, { b: new Date(0) }])
  progress(1, 1)
  return artifact.link('Bad key', 'https://example.com').catch((error) => error.message)
}))
const computed = flow('computed', {
  params: z.object({ month: z.string(), extra: z.number().optional() }),
  schedule: cron('0 6 1 * *', { name: 'monthly', params: (at) => ({ month: at.toISOString().slice(0, 7) }) }),
  on: onWebhook('hook', { params: (body) => ({ month: body.month }) }),
}, (step, { month }) => step.run('a', () => month))
const given = {
  bigint: () => ({ list: [1n] }), fn: () => ({ a: { b: () => 1 } }), circle: () => { const it = {}; it.me = it; return it },
  nan: () => ({ score: NaN }), map: () => new Map(), promise: () => ({ later: Promise.resolve(1) }), large: () => 'x'.repeat(5_000_000),
  symbol: () => Symbol('s'), floats: () => ({ weights: new Float32Array(2) }),
}
const bad = Object.entries(given).map(([name, give]) => flow('bad-' + name, {}, (step) => step.run('a', give)))
const returned = flow('returned', {}, () => new Set([1]))
const tasks = []
const forgetful = flow('forgetful', {}, async (step) => {
  for (let index = 0; index < 100; index += 1) await step.run('s' + index, (task) => { tasks.push(new WeakRef(task)) }, { timeout: '1h' })
})
const remembered = flow('remembered', {}, async () => {
  setFlagsFromString('--expose-gc')
  for (let turn = 0; turn < 3; turn += 1) { await new Promise(setImmediate); runInNewContext('gc')() }
  return tasks.filter((task) => task.deref() !== undefined).length
})
const lingering = flow('lingering', {}, async (step) => { step.sleep('nap', '1d'); return 'returned' })
let spoken
const speaking = flow('speaking', {}, (step) => step.run('a', (task) => {
  spoken = new Promise((resolve) => setTimeout(() => { task.log.info('too late'); resolve() }, 50))
}))
const listening = flow('listening', {}, async () => { await spoken; console.log('heard') })
const never = flow('never', {}, (step) => step.run('a', ({ signal }) => new Promise(() => {})))
export default defineProject({ name: 'p', datasets: [], flows: [sequence, parallel, taken, inside, throwing, plain, caught, retried, listed,
  conditional, slow, deaf, floating, cached, flood, looked, computed, ...bad, returned, never, unawaited, patient, forgetful, remembered,
  lingering, speaking, listening] })
`

let runner: FlowRunnerProcess
beforeAll(() => {
  runner = new FlowRunnerProcess(flows)
})
afterAll(() => runner.close())

describe('a run', () => {
  test('begins and ends each step, and gives what its function returns as JSON', async () => {
    const { end, ends, isClean } = await runner.run('sequence', { params: {} })
    expect(end).toEqual({ kind: 'completed', result: { a: { month: 'may', at: '1970-01-01T00:00:00.000Z' }, b: 2 } })
    expect(ends.map(({ name, end }) => [name, end.kind])).toEqual([
      ['a', 'completed'],
      ['b', 'completed'],
    ])
    expect(isClean).toBe(true)
  })

  test('goes on with what finished steps gave, and asks nothing of them', async () => {
    const finished = [{ name: 'a', end: { kind: 'completed' as const, result: '"kept"' } }]
    const { end, begun } = await runner.run('sequence', { finished })
    expect(end).toEqual({ kind: 'completed', result: { a: 'kept', b: 2 } })
    expect(begun.map(({ name }) => name)).toEqual(['b'])
  })

  test('tells which steps each comes after', async () => {
    const { begun } = await runner.run('parallel')
    expect(Object.fromEntries(begun.map(({ name, after }) => [name, after]))).toEqual({
      first: [],
      left: ['first'],
      right: ['first'],
      last: ['left', 'right'],
    })
  })

  test('is over when the steps are that its function did not wait for', async () => {
    const { end, ends, isClean } = await runner.run('unawaited')
    expect(end).toEqual({ kind: 'completed', result: 'returned' })
    expect(ends.map(({ name }) => name)).toEqual(['later'])
    expect(isClean).toBe(true)
  })

  test('waits for the steps that its function did not wait for', async () => {
    const perform = () => ({ kind: 'waiting', until: '2030-01-01T00:00:00.000Z' }) as const
    expect((await runner.run('lingering', { perform })).end).toEqual({ kind: 'suspended' })
    const finished = [{ name: 'nap', end: { kind: 'completed' as const, result: 'null' } }]
    expect((await runner.run('lingering', { finished })).end).toEqual({ kind: 'completed', result: 'returned' })
  })

  test('leaves nothing of its steps in memory', async () => {
    await runner.run('forgetful')
    const { end } = await runner.run('remembered')
    expect(end).toMatchObject({ kind: 'completed', result: expect.any(Number) })
    if (end.kind === 'completed') expect(end.result).toBeLessThan(10)
  })

  test('has no lines of one before it, whose timers go on', async () => {
    const own = new FlowRunnerProcess(flows)
    try {
      // A pool of connections leaves timers as well: a process is not given up for them.
      expect((await own.run('speaking')).isClean).toBe(true)
      expect((await own.run('listening')).lines.map(({ text }) => text)).toEqual(['heard'])
    } finally {
      own.close()
    }
  })

  test('has steps with more time than a timer knows', async () => {
    expect((await runner.run('patient')).end).toEqual({ kind: 'completed', result: 'in time' })
  })

  test('knows the step of each line', async () => {
    const { lines } = await runner.run('sequence')
    expect(lines.map(({ level, step, text }) => [level, step, text])).toEqual([
      ['info', 'b', 'in b 1'],
      ['info', 'b', 'of the run'],
      ['warn', 'b', 'of b'],
    ])
  })

  test('refuses parameters that its schema does not take, before any step', async () => {
    const { end, begun } = await runner.run('sequence', { params: { month: 5 } })
    expect(end).toMatchObject({
      kind: 'failed',
      failure: { code: 'flow_params_invalid', params: { flow: 'sequence', field: 'params.month' } },
    })
    expect(begun).toEqual([])
  })

  test('has the parameters that code computes for its schedule or trigger, and keeps them', async () => {
    const monthly = await runner.run('computed', {
      startedBy: { name: 'monthly', moment: '2026-11-01T06:00:00.000Z' },
      params: { extra: 1 },
    })
    expect(monthly.end).toEqual({ kind: 'completed', result: '2026-11' })
    expect(monthly.calls[0]).toMatchObject({ method: 'params', params: { month: '2026-11', extra: 1 } })
    const hooked = await runner.run('computed', { startedBy: { name: 'hook' }, event: { month: '2020-01' } })
    expect(hooked.end).toEqual({ kind: 'completed', result: '2020-01' })
    const byHand = await runner.run('computed', { params: { month: '1999-01' } })
    expect(byHand.calls.map(({ method }) => method)).toEqual(['begin', 'end'])
  })
})

describe('a step that fails', () => {
  test.each([
    ['taken', { code: 'flow_step_name_taken', params: { step: 'load' } }],
    ['inside', { code: 'flow_step_invalid', params: { step: 'inner' } }],
    ['plain', { code: 'flow_code_failed', params: { name: 'TypeError', reason: 'not a step' } }],
    ['returned', { code: 'flow_result_not_json', params: { what: 'the flow', path: '$' } }],
    ['floating', { code: 'flow_step_failed', params: { step: 'a', reason: 'nobody looks' } }],
  ])('%s', async (flow, failure) => {
    const { end } = await runner.run(flow)
    expect(end).toMatchObject({ kind: 'failed', failure })
  })

  test('with something that is no error says what it was, and whether the flow is tried again', async () => {
    const { end } = await runner.run('throwing')
    expect(end).toMatchObject({
      kind: 'failed',
      isFinal: true,
      failure: { code: 'flow_step_failed', params: { step: 'a', name: 'object', reason: "{ hint: 'never' }" } },
    })
  })

  test('is the same for code that catches it, in each execution', async () => {
    const first = await runner.run('caught')
    const expected = ['StepFailure', 'too far', 'a', 'flow_step_failed']
    expect(first.end).toEqual({ kind: 'completed', result: expected })
    const finished = first.ends.map(({ name, end }) => ({ name, end }))
    expect((await runner.run('caught', { finished })).end).toEqual({ kind: 'completed', result: expected })
  })

  test('is tried again after delays that grow up to the longest', async () => {
    const { end, ends } = await runner.run('retried')
    expect(end).toEqual({ kind: 'completed', result: 4 })
    expect(ends.map(({ retryInMs }) => retryInMs)).toEqual([1, 2, 3, undefined])
  })

  test('is tried again after the delays of a list, of which the last one stays, with jitter', async () => {
    const { end, ends } = await runner.run('listed')
    expect(end.kind).toBe('failed')
    const bounds = [
      [1, 2],
      [2, 4],
      [2, 4],
    ] as const
    expect(ends).toHaveLength(4)
    bounds.forEach(([least, most], index) => {
      expect(ends[index]?.retryInMs).toBeGreaterThanOrEqual(least)
      expect(ends[index]?.retryInMs).toBeLessThanOrEqual(most)
    })
  })

  test('is not tried again where its condition says no', async () => {
    const { ends } = await runner.run('conditional')
    expect(ends).toHaveLength(1)
  })

  test('is over when its time is, also where its function goes on', async () => {
    const slow = await runner.run('slow')
    expect(slow.ends).toMatchObject([{ end: { kind: 'timed_out', failure: { code: 'flow_step_timed_out' } } }])
    const deaf = new FlowRunnerProcess(flows)
    try {
      const ran = await deaf.run('deaf')
      expect(ran.end).toMatchObject({ failure: { code: 'flow_step_timed_out', params: { step: 'a', seconds: 0.02 } } })
      expect(ran.isClean).toBe(false)
    } finally {
      deaf.close()
    }
  })
})

test.each([
  ['bigint', 'list[0]'],
  ['fn', 'a.b'],
  ['circle', 'me'],
  ['nan', 'score'],
  ['map', '$'],
  ['promise', 'later'],
  ['symbol', '$'],
  ['floats', 'weights'],
])('a result with a %s is refused, with its step and place', async (name, path) => {
  const { end, ends } = await runner.run(`bad-${name}`)
  expect(end).toMatchObject({ failure: { code: 'flow_result_not_json', params: { what: 'step a', path } } })
  expect(ends).toHaveLength(1)
})

test('a result that is too large is refused', async () => {
  const { end } = await runner.run('bad-large')
  expect(end).toMatchObject({ failure: { code: 'flow_result_too_large', params: { bytes: 5_000_002 } } })
})

test('a cached step is known by its inputs', async () => {
  const keyOf = async (n: number) => (await runner.run('cached', { params: { n } })).begun[0]?.cache
  const one = await keyOf(1)
  expect(one).toEqual({ key: expect.stringMatching(/^[0-9a-f]{64}$/), expiresMs: 3_600_000 })
  expect(await keyOf(1)).toEqual(one)
  expect((await keyOf(2))?.key).not.toBe(one?.key)
})

test('cached items of a map are known by the code that made them', async () => {
  const keyOf = async (code: string) => {
    const own = new FlowRunnerProcess(`const cached = flow('cached', {}, (step) =>
      step.map('score', [1], ${code}, { cache: { expiresIn: '1h' } }))
    export default defineProject({ name: 'p', datasets: [], flows: [cached] })`)
    try {
      return (await own.run('cached')).begun[1]?.cache?.key
    } finally {
      own.close()
    }
  }
  const keys = await Promise.all(['(item) => item', '(item) => item', '(item) => item + 1'].map(keyOf))
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(keys[1]).toBe(keys[0])
  expect(keys[2]).not.toBe(keys[0])
})

test('a flood of lines is cut and counted', async () => {
  const { lines, end } = await runner.run('flood')
  expect(end.kind).toBe('completed')
  expect(lines.length).toBeLessThan(10_000)
  expect(lines.at(-1)?.text).toMatch(/^… \d+ lines left out/)
})

test('artifacts are checked where they are made', async () => {
  const { calls, end, progress } = await runner.run('looked')
  expect(calls.filter(({ method }) => method === 'artifact')).toMatchObject([
    { key: 'summary', step: 'a', content: { kind: 'markdown', text: '# Hello' } },
    {
      key: 'rows',
      content: {
        kind: 'table',
        columns: ['a', 'b'],
        rows: [
          [1, null],
          [null, '1970-01-01T00:00:00.000Z'],
        ],
      },
    },
  ])
  expect(end).toMatchObject({ result: expect.stringContaining('Artifact Bad key is not valid') })
  expect(progress).toMatchObject([{ step: 'a', done: 1, total: 1 }])
})

test('an aborted run is cancelled, and its process is not used again where its code goes on', async () => {
  const own = new FlowRunnerProcess(flows)
  try {
    const ran = await own.run('never', {
      onCall: (_, process) => {
        process.send({ kind: 'abort', reason: { code: 'flow_run_taken_over', params: {} } })
      },
    })
    expect(ran).toMatchObject({ end: { kind: 'cancelled' } })
  } finally {
    own.close()
  }
})
