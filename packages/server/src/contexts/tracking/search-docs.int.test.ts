import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { splitOrderBy } from '../../platform/mlflow/index.js'
import { createRun, ensureExperiment, logBatch, searchRuns, updateRun } from './index.js'

interface Example {
  readonly text: string
  readonly runs: readonly string[]
}

/** The rows of a table of the guide: what is asked, and the runs that it gives. */
function examplesOf(path: string, heading: string): readonly Example[] {
  const text = readFileSync(new URL(`../../../../../docs/${path}`, import.meta.url), 'utf8')
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| (?:`(.+)` )?\| ([\w, ]+) \|$/gm)]
    .map(([, asked = '', runs = '']) => ({ text: asked, runs: runs.split(', ') }))
    .filter(({ runs }) => runs.every((run) => names.has(run)))
}

const names = new Set(['ada', 'bob', 'cy', 'dee'])
const filters = examplesOf('search.md', 'Filters')
const orders = examplesOf('search.md', 'Orders')

let suite: TestContext
let experiment = ''

beforeAll(async () => {
  suite = await openTestContext()
  const { ctx } = suite
  experiment = (await ensureExperiment({ ctx, input: { name: 'guide' } })).experiment_id
  const log = async (
    name: string,
    run: { params: object; accuracy: readonly number[]; team?: string; status: 'FINISHED' | 'FAILED' | 'RUNNING' },
  ) => {
    suite.clock.advance(1000)
    const start = suite.clock.now().getTime()
    const { info } = await createRun({ ctx, input: { experiment_id: experiment, run_name: name, start_time: start } })
    const { run_id } = info
    await logBatch({
      ctx,
      input: {
        run_id,
        params: Object.entries(run.params).map(([key, value]) => ({ key, value: String(value) })),
        metrics: run.accuracy.map((value, step) => ({ key: 'accuracy', value, step, timestamp: step })),
        tags: run.team === undefined ? [] : [{ key: 'team', value: run.team }],
      },
    })
    if (run.status !== 'RUNNING') await updateRun({ ctx, input: { run_id, status: run.status, end_time: start + 500 } })
  }
  const adam = { depth: 3, optimizer: 'adam' }
  await log('ada', { params: adam, accuracy: [0.9, 0.95, 0.93], team: 'core', status: 'FINISHED' })
  await log('bob', { params: { depth: 5, optimizer: 'sgd' }, accuracy: [0.7, 0.8], team: 'core', status: 'FINISHED' })
  await log('cy', { params: adam, accuracy: [0.99, Number.NaN], status: 'FAILED' })
  await log('dee', { params: { depth: 8 }, accuracy: [], team: 'data', status: 'RUNNING' })
})
afterAll(() => suite?.close())

async function found(filter: string, order_by: readonly string[]): Promise<readonly string[]> {
  const input = { experiment_ids: [experiment], filter, order_by: [...order_by] }
  const { runs } = await searchRuns({ ctx: suite.ctx, input })
  return runs.map(({ info }) => info.run_name)
}

describe('the guide to searches', () => {
  test('has examples, the same in French', () => {
    expect([filters.length, orders.length]).toEqual([17, 6])
    expect(examplesOf('fr/recherche.md', 'Filtres')).toEqual(filters)
    expect(examplesOf('fr/recherche.md', 'Ordres')).toEqual(orders)
  })

  test.each(filters)('filter $text', async ({ text, runs }) => {
    expect(await found(text, ['start_time ASC'])).toEqual(runs)
  })

  test.each(orders)('order $text', async ({ text, runs }) => {
    expect(await found('', splitOrderBy(text))).toEqual(runs)
  })
})
