import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FlowRun, FlowStep, FlowWorkerInfo } from '@fabrique/contract'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@fabrique/server'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  cleanUp,
  getJson,
  killHard,
  processesOf,
  projectOf,
  type RunningFabrique,
  startFabrique,
  startRole,
  until,
} from '../support/running-fabrique.js'

/** The drill is part of the suite of foreign clients, with its runs; without them, nothing is killed. */
const runsCount = Number(process.env.TEST_FLOW_DRILL ?? 0)
const workersCount = 3
const stepsCount = 10
const killEveryMs = 5_000

/** Each attempt leaves a line, and each step one row under its idempotency key. */
const config = `
import { defineProject, flow } from 'fabrique'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DRILL_EFFECTS, max: 2 })
pool.on('error', () => {})

const drill = flow('drill', {}, async (step) => {
  for (let index = 0; index < ${stepsCount}; index += 1) {
    await step.run('step-' + index, async ({ idempotencyKey, attempt }) => {
      await pool.query('insert into attempts (run, step, attempt) values ($1, $2, $3)', [step.context.runId, 'step-' + index, attempt])
      await pool.query('insert into effects (key) values ($1) on conflict do nothing', [idempotencyKey])
      await new Promise((resolve) => setTimeout(resolve, 100))
      return index
    })
  }
  return 'done'
})

export default defineProject({ name: 'drill', datasets: [], flows: [drill] })
`

const list = async <Item>(url: string, path: string): Promise<readonly Item[]> => {
  const items: Item[] = []
  for (let token: string | undefined = ''; token !== undefined; ) {
    const page: { items: Item[]; next_page_token?: string } = await getJson(
      `${url}${path}${token === '' ? '' : `&page_token=${encodeURIComponent(token)}`}`,
    )
    items.push(...page.items)
    token = page.next_page_token
  }
  return items
}

async function countEffects(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from effects')
    return rows[0]?.count ?? 0
  } finally {
    await client.end()
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

describe.skipIf(runsCount === 0)(`${runsCount} runs of ${stepsCount} steps on ${workersCount} workers`, () => {
  let folder: string
  let place: string
  let effects: EmbeddedPostgres
  let effectsUrl: string
  let fabrique: RunningFabrique
  let isOver = false
  /** Workers beside that of the supervisor, started again when they die. */
  let extra: readonly Promise<void>[] = []
  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'fabrique-effects-'))
    effects = await startEmbeddedPostgres({ dataDir: join(place, 'postgres'), logFile: join(place, 'postgres.log') })
    effectsUrl = effects.connectionString('postgres')
    const client = new pg.Client({ connectionString: effectsUrl })
    await client.connect()
    await client.query('create table effects (key text primary key)')
    await client.query(
      'create table attempts (run text, step text, attempt int, at timestamptz default clock_timestamp())',
    )
    await client.end()
    folder = projectOf({ 'fabrique.config.ts': config, 'package.json': '{"name":"drill","type":"module"}' })
    fabrique = await startFabrique(folder, ['--port', '0'], { DRILL_EFFECTS: effectsUrl })
  })
  afterAll(async () => {
    isOver = true
    await cleanUp(folder)
    await Promise.all(extra)
    await effects.stop()
    rmSync(place, { recursive: true, force: true })
  })

  test('a worker killed every 5 s, the server and the database once: all finish, each side effect is there once', async () => {
    const { url } = fabrique
    extra = Array.from({ length: workersCount - 1 }, async () => {
      while (!isOver) await startRole(['worker', folder], { DRILL_EFFECTS: effectsUrl }).exited
    })
    const workers = () => processesOf(folder).parts('worker')
    await until('all workers run', () => workers().length === workersCount)
    const ids: string[] = []
    for (let index = 0; index < runsCount; index += 1) {
      const reply = await fetch(`${url}/api/v1/projects/drill/flows/drill/runs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ idempotency_key: `drill-${index}` }),
      })
      expect(reply.status).toBe(200)
      ids.push(((await reply.json()) as FlowRun).id)
    }
    const runs = () => list<FlowRun>(url, '/api/v1/flow-runs?project=drill&flow=drill&limit=1000')
    const kills: { readonly what: string; readonly pid: number | undefined; readonly at: number }[] = []
    const kill = (what: string, pid: number | undefined) => {
      killHard(pid)
      kills.push({ what, pid, at: Date.now() })
    }
    /** Steps that had their effect; -1 while nobody can be asked. */
    const stepsDone = () => countEffects(effectsUrl).catch(() => -1)
    let seed = 7
    for (let round = 0; ; round += 1) {
      const before = await stepsDone()
      await sleep(killEveryMs)
      // Where a worker takes longer to start than that, killing it again would show nothing.
      await until('a step was done since the last kill', async () => {
        const done = await stepsDone()
        return done > before || done === runsCount * stepsCount
      })
      // All that is left is to end the runs: workers that are slow to start would be killed before they can, for ever.
      if (round > 2 && (await stepsDone()) === runsCount * stepsCount) break
      const living = workers()
      seed = (seed * 16_807) % 2_147_483_647
      if (living.length > 0) kill('worker', living[seed % living.length])
      if (round === 1) kill('server', processesOf(folder).part('server'))
      if (round === 2) kill('database', processesOf(folder).part('postgres'))
      expect(round, 'rounds of kills').toBeLessThan(200)
    }

    const open = async () => (await runs()).filter(({ state }) => state.type !== 'COMPLETED')
    await expect.poll(() => open().catch(() => ['no answer'])).toEqual([])
    const ended = await runs()
    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set(ids))
    const client = new pg.Client({ connectionString: effectsUrl })
    await client.connect()
    const keys = new Set((await client.query<{ key: string }>('select key from effects')).rows.map(({ key }) => key))
    const { rows: tried } = await client.query<{ run: string; step: string; attempt: number }>('select * from attempts')
    await client.end()
    const { items: seen } = await getJson<{ items: FlowWorkerInfo[] }>(`${url}/api/v1/flow-workers`)
    const pids = new Map(seen.map(({ id, pid }) => [id, pid]))
    const expected = new Set<string>()
    const attempts = new Set<string>()
    const takeOverMs: number[] = []
    for (const { id } of ended) {
      const steps = await list<FlowStep>(url, `/api/v1/flow-runs/${id}/steps?limit=1000`)
      expect(steps.map(({ state }) => state.name)).toEqual(Array.from({ length: stepsCount }, () => 'Completed'))
      for (const step of steps) {
        expected.add(step.idempotency_key)
        for (const { attempt } of step.attempts) attempts.add(`${id} ${step.name} ${attempt}`)
        const [crashed, next] = step.attempts.slice(-2)
        if (crashed?.state !== 'crashed' || next === undefined) continue
        const began = Date.parse(next.started_at)
        const diedAt = kills.find(({ pid }) => pid === pids.get(crashed.worker))?.at
        if (diedAt !== undefined) takeOverMs.push(began - diedAt)
      }
    }
    expect(keys).toEqual(expected)
    // What began is in the log of the step.
    expect(tried.filter(({ run, step, attempt }) => !attempts.has(`${run} ${step} ${attempt}`))).toEqual([])
    const again = tried.length - expected.size
    console.log(
      `${runsCount} runs, ${kills.length} kills (${kills.map(({ what }) => what).join(', ')}), ${again} attempts more than steps, ` +
        `${takeOverMs.length} steps gone on with elsewhere after ${median(takeOverMs)} ms (median), ${Math.max(0, ...takeOverMs)} ms at most`,
    )
  })
})
