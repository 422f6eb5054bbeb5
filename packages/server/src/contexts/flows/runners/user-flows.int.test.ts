import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProjectDefinition } from '@fabrique/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FlowSuite, openFlowSuite } from '../../../../test/support/flow-suite.js'
import { cancelRun } from '../engine/cancel-runs.js'
import type { KnownFlow, RunSession } from '../engine/model.js'
import { wakeRuns } from '../engine/wake-runs.js'
import { trainingRegistry } from '../training-registry.js'
import { openUserFlows, type UserFlows } from './user-flows.js'

const program = fileURLToPath(new URL('../../../../../fabrique/bin/fabrique.mjs', import.meta.url))

/** Stands in the command lines of what these tests start, so that it is found where it should be gone. */
const mark = `fabrique-left-${process.pid}`

const code = `
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { defineProject, flow, z } from 'fabrique'

const forever = () => { for (;;) {} }
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const flows = {
  simple: async (step) => {
    const a = await step.run('a', () => { console.log('hello'); process.stdout.write('raw\\n'); return 20 })
    return await step.run('b', async (task) => { await task.artifact.markdown('note', '# Hi'); return a + 1 })
  },
  blocking: async (step) => step.run('block', forever),
  blockingFlow: async () => forever(),
  timed: async (step) => {
    try { await step.run('block', forever, { timeout: '200ms' }) } catch (error) { return error.code }
  },
  exits: async (step) => { await step.run('a', () => 1); await step.run('exit', () => { console.log('last words'); process.exit(0) }) },
  aborts: async (step) => step.run('abort', () => process.abort()),
  leaks: async (step) => step.run('leak', async () => {
    const kept = []
    for (;;) { kept.push(Buffer.alloc(16_000_000, 1)); await wait(1) }
  }),
  forks: async (step) => step.run('fork', async () => {
    const script = 'for i in 1 2 3; do sh -c "sleep 1000; : ${mark}" & done; wait'
    for (let index = 0; index < 5; index += 1) spawn('sh', ['-c', script], { stdio: 'ignore' })
    await wait(100_000)
  }),
  prints: async (step) => step.run('print', async () => {
    const chunk = ('x'.repeat(1023) + '\\n').repeat(1024)
    for (let index = 0; index < 1024; index += 1) process.stdout.write(chunk)
    return 'printed'
  }),
  sleeps: async (step) => {
    const before = await step.run('before', () => process.pid)
    await step.sleep('nap', '2500ms')
    return [before, await step.run('after', () => 'awake')]
  },
  parent: async (step) => step.flow('child', { n: 20 }),
  child: async (step, { n }) => { await step.sleep('short', 20); return step.run('add', () => n + 1) },
  approved: async (step) => {
    const { decision, by, values } = await step.approve('sure', { prompt: 'Really?', form: z.object({ note: z.string() }) })
    return { decision, by, values }
  },
  command: async (step) => step.command('shell', ['sh', '-c', 'echo out; echo err >&2; echo $FABRIQUE_IDEMPOTENCY_KEY; pwd']),
  failing: async (step) => step.command('shell', ['sh', '-c', 'echo nearly; exit 3'], { retries: { retries: 1, delay: 10 } }),
  missing: async (step) => step.command('shell', ['no-such-program']),
  endless: async (step) => step.command('shell', ['sh', '-c', 'sh -c "sleep 1000; : ${mark}" & wait']),
  abandons: async (step) => Promise.all([
    step.command('shell', ['sh', '-c', 'touch begun; sleep 1000; : ${mark}']),
    step.run('fails', async () => {
      while (!existsSync(new URL('begun', import.meta.url))) await wait(10)
      throw new Error('the other goes on')
    }),
  ]),
  short: async (step) => step.run('short', () => 1, { timeout: 10 }),
  lasting: async (step) => step.run('lasting', () => wait(2_500).then(() => 'lasted')),
  slow: async (step) => step.command('shell', ['sh', '-c', 'sleep 1000; : ${mark}'], { timeout: '300ms' }),
  python: async (step) => step.python('script', 'hello.py', { args: ['world'] }),
  maps: async (step) => (await step.map('score', Array.from({ length: 200 }, (_, index) => index), (item) => item * 2)).length,
}
const params = z.object({ n: z.number().default(0) })
export default defineProject({
  name: 'test', datasets: [],
  flows: Object.entries(flows).map(([name, body]) => flow(name.toLowerCase(), { params, version: '1' }, body)),
})
`
const names = [...code.matchAll(/^ {2}(\w+): async/gm)].map(([, name = '']) => name.toLowerCase())

const definition = ProjectDefinition.parse({
  name: 'test',
  datasets: [],
  models: [],
  flows: names.map((name) => ({ name, version: '1', params_schema: {} })),
})

let suite: FlowSuite
let folder: string
let flows: UserFlows | undefined
beforeAll(async () => {
  suite = await openFlowSuite()
  folder = mkdtempSync(join(tmpdir(), 'fabrique-user-flows-'))
  writeFileSync(join(folder, 'package.json'), '{"name":"test","type":"module"}')
  writeFileSync(join(folder, 'fabrique.config.ts'), code)
  writeFileSync(
    join(folder, 'hello.py'),
    'import os, sys\nprint("hello", sys.argv[1], os.environ["MLFLOW_TRACKING_URI"])\n',
  )
})
afterAll(async () => {
  await suite?.close()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(async () => {
  await suite.stopWorkers()
  await flows?.close()
})

type Execute = KnownFlow['execute']

/** `around` stands between the engine and a flow. */
async function start(memoryMb = 1024, around = (execute: Execute, _flow: string): Execute => execute) {
  const script = { trackingUri: 'http://127.0.0.1:8000', environment: process.env, folderOf: () => folder }
  flows = openUserFlows({
    // Moments are compared with the clock of the database.
    ctx: { ...suite.ctx, clock: { now: () => new Date(), monotonicMs: () => performance.now() } },
    events: suite.events,
    projects: [{ folder, definition }],
    command: (runner) => [process.execPath, program, 'flow-runner', runner.folder, '--memory-mb', `${runner.memoryMb}`],
    memoryMb,
    script,
    trainingTools: { ...trainingRegistry, threads: 1, environment: () => ({}), script },
    promotionRule: () => undefined,
  })
  await suite.start(flows.flows.map((known) => ({ ...known, execute: around(known.execute, known.flow) })))
}

const runOf = async (id: string) => {
  const [row] = await suite.rows<{ result: unknown; error: { code: string; params: Record<string, unknown> } | null }>(
    'select result, error from flow_runs where id = $1',
    [id],
  )
  return row
}
const logOf = (id: string) =>
  suite.rows<{ step: string | null; stream: string; text: string }>(
    'select step, stream, text from flow_logs where run_id = $1 order by position',
    [id],
  )
const ask = async (flow: string) => (await suite.ask(flow)).id

async function resultOf(flow: string) {
  const id = await ask(flow)
  await suite.until(id, 'COMPLETED Completed')
  return { id, ...(await runOf(id)) }
}

/** Processes of these tests that are still there. */
function left(): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)
      } catch {
        return false
      }
    }).length
}

async function cancel(id: string): Promise<void> {
  await cancelRun(suite.ctx, id, '')
  await suite.until(id, 'CANCELLED Cancelled')
}

const running = (id: string, step: string) =>
  expect.poll(() => suite.rows('select 1 from flow_steps where run_id = $1 and name = $2', [id, step])).toHaveLength(1)

describe('a flow of a project', () => {
  test('runs in a process of its own, with its lines and artifacts', async () => {
    await start()
    const { id, result } = await resultOf('simple')
    expect(result).toBe(21)
    expect(await logOf(id)).toEqual(
      expect.arrayContaining([
        { step: 'a', stream: 'log', text: 'hello' },
        { step: 'a', stream: 'stdout', text: 'raw' },
      ]),
    )
    expect(await suite.rows('select key, step from flow_artifacts where run_id = $1', [id])).toEqual([
      { key: 'note', step: 'b' },
    ])
  })

  test('maps items', async () => {
    await start()
    expect((await resultOf('maps')).result).toBe(200)
  })

  test('sleeps without a process, and goes on with what it had', async () => {
    await start()
    const id = await ask('sleeps')
    await suite.until(id, 'COMPLETED Completed')
    // It was taken a second time, by which it had been given back.
    expect(await suite.rows('select epoch, crashes from flow_runs where id = $1', [id])).toEqual([
      { epoch: 2, crashes: 0 },
    ])
    expect(await runOf(id)).toMatchObject({ result: [expect.any(Number), 'awake'] })
    expect(await suite.rows('select name, attempts from flow_steps where run_id = $1 order by position', [id])).toEqual(
      [
        { name: 'before', attempts: 1 },
        { name: 'nap', attempts: 1 },
        { name: 'after', attempts: 1 },
      ],
    )
  })

  test('waits for another flow and gives what that gave', async () => {
    await start()
    const { id, result } = await resultOf('parent')
    expect(result).toBe(21)
    expect(await suite.rows('select flow, origin_of from flow_runs where origin = $1', ['flow'])).toEqual([
      { flow: 'child', origin_of: id },
    ])
  })

  test('waits for a person', async () => {
    await start()
    const id = await ask('approved')
    await suite.until(id, 'PAUSED Paused')
    await suite.rows(
      `update flow_steps set approval = approval || '{"decision":"approved","decided_by":"ada","values":{"note":"yes"}}' where run_id = $1`,
      [id],
    )
    await wakeRuns(suite.ctx.db, [id])
    await suite.until(id, 'COMPLETED Completed')
    expect(await runOf(id)).toMatchObject({ result: { decision: 'approved', by: 'ada', values: { note: 'yes' } } })
  })
})

test('nothing runs by code that the worker does not know: a run waits where its project has changed', async () => {
  await start()
  const config = join(folder, 'fabrique.config.ts')
  writeFileSync(config, code.replace("version: '1'", "version: '2'"))
  try {
    await flows?.close()
    await suite.stopWorkers()
    await start()
    const id = await ask('simple')
    await suite.until(id, 'PAUSED Suspended')
    expect((await logOf(id)).map(({ text }) => text)).toEqual([expect.stringContaining('it has changed')])
    expect(await suite.rows('select 1 from flow_steps where run_id = $1', [id])).toEqual([])
    await cancel(id)
  } finally {
    writeFileSync(config, code)
  }
})

describe('a step that runs a program', () => {
  test('has its output in the log, and its key in the environment', async () => {
    await start()
    const { id, result } = await resultOf('command')
    expect(result).toEqual({ status: 'status 0' })
    const lines = (await logOf(id)).map(({ step, stream, text }) => `${step} ${stream} ${text}`)
    expect(lines).toEqual(expect.arrayContaining(['shell stdout out', 'shell stderr err', `shell stdout ${id}:shell`]))
  })

  test('is tried again, and fails with its status and last lines', async () => {
    await start()
    const id = await ask('failing')
    await suite.until(id, 'FAILED Failed')
    expect((await runOf(id))?.error).toMatchObject({
      code: 'flow_command_failed',
      params: { status: 'status 3', tail: 'nearly' },
    })
    expect(await suite.rows('select attempts from flow_steps where run_id = $1', [id])).toEqual([{ attempts: 2 }])
  })

  test('says that there is no such program', async () => {
    await start()
    const id = await ask('missing')
    await suite.until(id, 'FAILED Failed')
    expect((await runOf(id))?.error).toMatchObject({ code: 'flow_command_missing' })
  })

  test('is ended with what it started when it takes too long, and when its run is cancelled', async () => {
    await start()
    const slow = await ask('slow')
    await suite.until(slow, 'FAILED Failed')
    expect((await runOf(slow))?.error).toMatchObject({ code: 'flow_step_timed_out' })
    const endless = await ask('endless')
    await expect.poll(left).toBeGreaterThan(0)
    await cancel(endless)
    await expect.poll(left).toBe(0)
  })

  test('is ended when its run is over without it', async () => {
    await start()
    const id = await ask('abandons')
    await suite.until(id, 'FAILED Failed')
    expect(existsSync(join(folder, 'begun'))).toBe(true)
    expect(left()).toBe(0)
    expect(
      await suite.rows('select name, state_name from flow_steps where run_id = $1 order by name', [id]),
    ).toMatchObject([{ name: 'fails', state_name: 'Failed' }, { name: 'shell' }])
  })

  const hasPython = (() => {
    try {
      execFileSync('python3', ['--version'])
      return true
    } catch {
      return false
    }
  })()
  test.skipIf(!hasPython)('may be a script of the project', async () => {
    await start()
    const { id } = await resultOf('python')
    expect((await logOf(id)).map(({ text }) => text)).toContain('hello world http://127.0.0.1:8000')
  })
})

describe('code that behaves badly', () => {
  test('is cancelled although it blocks, while another run goes on', async () => {
    await start()
    for (const [flow, step] of [
      ['blocking', 'block'],
      ['blockingflow', undefined],
    ] as const) {
      const blocked = await ask(flow)
      if (step === undefined) await suite.until(blocked, 'RUNNING Running')
      else await running(blocked, step)
      const [{ result }] = await Promise.all([resultOf('simple'), cancel(blocked)])
      expect(result).toBe(21)
    }
  })

  test('keeps the time of its step although it blocks', async () => {
    await start()
    expect((await resultOf('timed')).result).toBe('flow_step_timed_out')
  })

  test('keeps the time of its step for that run only: a step that began as its run ended does not end the next run', async () => {
    let isAsked = () => {}
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    let answer = () => {}
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    // The answer of the database comes when the process has told already that it is cancelled.
    const late = (session: RunSession): RunSession => ({
      ...session,
      async beginStep(step) {
        const begun = await session.beginStep(step)
        isAsked()
        await answered
        return begun
      },
    })
    await start(1024, (execute, flow) => (flow === 'short' ? (session) => execute(late(session)) : execute))
    const short = await ask('short')
    await asked
    await cancel(short)
    const lasting = await ask('lasting')
    await running(lasting, 'lasting')
    answer()
    await suite.until(lasting, 'COMPLETED Completed')
    expect(await runOf(lasting)).toMatchObject({ result: 'lasted' })
    expect(await suite.rows('select attempts from flow_steps where run_id = $1', [lasting])).toEqual([{ attempts: 1 }])
  })

  test.each([
    ['exits', 'status 0', /^last words$/],
    ['aborts', 'SIGABRT', /./],
  ])('that %s takes down its own run only', async (flow, how, tail) => {
    await start()
    const [id, other] = [await ask(flow), await resultOf('simple')]
    await suite.until(id, 'CRASHED Crashed')
    expect((await runOf(id))?.error).toMatchObject({
      code: 'flow_runner_died',
      params: { how, tail: expect.stringMatching(tail) },
    })
    expect(other.result).toBe(21)
  })

  test('that leaks is ended at its memory limit', async () => {
    await start(256)
    const id = await ask('leaks')
    await suite.until(id, 'CRASHED Crashed')
    expect((await runOf(id))?.error).toMatchObject({ code: 'flow_runner_memory_exceeded', params: { limit_mb: 256 } })
  })

  test('that starts processes is ended with all of them', async () => {
    await start()
    const id = await ask('forks')
    await expect.poll(left).toBeGreaterThan(10)
    await cancel(id)
    await expect.poll(left).toBe(0)
  })

  test('that prints 1 GB is read to its end, and little of it kept', async () => {
    await start()
    const { id, result } = await resultOf('prints')
    expect(result).toBe('printed')
    const [log] = await suite.rows<{ bytes: number; last: string }>(
      `select sum(octet_length(text))::int as bytes, (array_agg(text order by position desc))[1] as last
       from flow_logs where run_id = $1`,
      [id],
    )
    expect(log?.bytes).toBeLessThan(20_000_000)
  })
})
