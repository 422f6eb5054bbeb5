// A project of flows: one with every kind of thing to look at, one that fails once, one that waits for a person, one that goes on for
// long, one of many steps, and one that only a schedule starts.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from './seed-data.mjs'

const name = 'chores'
const config = `import { existsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cron, defineProject, flow, onEvent, onWebhook, z } from 'fabrique'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const report = flow(
  'report',
  {
    description: 'Counts, scores and writes what it found',
    params: z.object({
      month: z.string().describe('As 2026-11'),
      rows: z.number().int().min(1).max(500).default(6),
      kind: z.enum(['full', 'quick']).default('quick'),
    }),
    on: [onWebhook('from-ci', { params: (body) => body as { month: string } }), onEvent('remote.changed', { where: { remote: 'nowhere' }, params: { month: 'event' } })],
    retries: { retries: 2, delay: ['1s', '5s'] },
    timeout: '10m',
    tags: ['team:reports'],
  },
  async (step, { month, rows, kind }) => {
    const counted = await step.run('count', ({ log, artifact }) => {
      log.info('counting ' + month)
      log.warn('only ' + rows + ' rows')
      console.error('\\u001b[31mnot an error\\u001b[0m')
      return artifact
        .markdown('findings', '# Findings\\n\\nOf **' + month + '**: see [the list](https://example.org) and <b>no markup</b>.')
        .then(() => ({ rows, kind }))
    })
    const scores = await step.map('score', Array.from({ length: counted.rows }, (_, index) => index), (item) => item * 2)
    await step.run('write', ({ artifact }) =>
      artifact.table('scores', scores.map((score, index) => ({ item: index, score }))),
    )
    return { month, scores: scores.length }
  },
)

const fragile = flow(
  'fragile',
  { description: 'Fails the first time', params: z.object({ mark: z.string() }) },
  async (step, { mark }) => {
    await step.run('load', () => 42)
    await step.run('break', () => {
      const file = join(tmpdir(), 'broke-' + mark)
      if (existsSync(file)) return 'mended'
      writeFileSync(file, '')
      throw new Error('It breaks the first time')
    })
  },
)

const release = flow('release', { description: 'Asks before it goes on' }, async (step) => {
  await step.run('build', () => 'v3')
  const decision = await step.approve('sign-off', {
    prompt: 'Version 3 is better by a point.\\nRelease it?',
    form: z.object({ share: z.number().min(0).max(1).describe('Share of requests'), note: z.string().optional() }),
  })
  return decision
})

const patient = flow('patient', { description: 'Goes on for long' }, async (step) => {
  await step.run('wait', async ({ log, signal, progress }) => {
    for (let index = 1; index <= 3000 && !signal.aborted; index += 1) {
      log.info('tick ' + index)
      if (index % 10 === 0) progress(index, 3000)
      await wait(50)
    }
  })
})

const staircase = flow('staircase', { description: 'Has many steps' }, async (step) => {
  await step.run('begin', () => 0)
  for (let index = 1; index <= 120; index += 1) await step.run('stair-' + index, () => index)
  await step.run('arrive', () => 121)
})

const nightly = flow(
  'nightly',
  { description: 'Tidies up', schedule: cron('30 2 * * *', { name: 'night', timezone: 'Europe/Paris' }) },
  async (step) => {
    await step.run('tidy', () => 'done')
  },
)

export default defineProject({
  name: '${name}',
  description: 'Flows to look at',
  datasets: [],
  models: [],
  flows: [report, fragile, release, patient, staircase, nightly],
})
`

/** The project, without data. */
export function writeFlowProject(parent) {
  const folder = join(parent, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'fabrique.config.ts'), config)
}

const runTimeoutMs = 120_000

/** Waits until a run has a type of state. */
export async function runReached(base, id, types) {
  const deadline = Date.now() + runTimeoutMs
  for (;;) {
    const run = await ask(base, 'GET', `/flow-runs/${id}`)
    if (types.includes(run.state.type)) return run
    if (Date.now() > deadline)
      throw new Error(`Run ${id} of ${run.flow} is ${run.state.name}, not ${types.join(' or ')}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

export const startFlow = (base, flow, params = {}) =>
  ask(base, 'POST', `/projects/${name}/flows/${flow}/runs`, { params })

/** A run of each flow, once for each server; the server must have been started with the project. */
export async function seedFlows(base) {
  const { items } = await ask(base, 'GET', `/flows?project=${name}`)
  if (items.length === 0) throw new Error(`The server has no project ${name}: start it without --url`)
  const newest = async (flow, start, types) => {
    const before = await ask(base, 'GET', `/flow-runs?project=${name}&flow=${flow}&origin=manual&limit=100`)
    const found = before.items.find(({ state }) => types.includes(state.type))
    return (found ?? (await runReached(base, (await start()).id, types))).id
  }
  const start = (flow, params) => () => startFlow(base, flow, params)
  const limit = { slots: 2, rate: { takes: 60, per_ms: 60_000 } }
  await ask(base, 'PUT', '/flow-limits/gpu', limit)
  return {
    project: name,
    completed: await newest('report', start('report', { month: '2026-11' }), ['COMPLETED']),
    failed: await newest('fragile', start('fragile', { mark: `seed-${Date.now()}` }), ['FAILED']),
    waiting: await newest('release', start('release'), ['PAUSED']),
    many: await newest('staircase', start('staircase'), ['COMPLETED']),
  }
}
