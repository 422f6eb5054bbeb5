import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { getLineage } from '../lineage/index.js'
import {
  createExperiment,
  createRun,
  deleteExperiment,
  deleteRuns,
  editRun,
  importRuns,
  logInputs,
  restoreExperiment,
} from './index.js'

let suite: TestContext
let experiment = ''
let runs = 0
const hash = 'abcdef0123456789'.repeat(4)
const other = `abcdef01${'7'.repeat(56)}`

beforeAll(async () => {
  suite = await openTestContext()
  experiment = await newExperiment('lineage')
  await snapshot('snap_1', 'usage', hash)
  await snapshot('snap_2', 'copy', hash)
  await snapshot('snap_3', 'labels', other)
})
afterAll(() => suite?.close())

/** A snapshot as an earlier version of the program left it: known to no lineage. */
async function snapshot(id: string, dataset: string, content: string): Promise<void> {
  await sql`
    insert into snapshots (id, project, dataset, content_hash, source, columns, row_count, bytes, created_at)
    values (${id}, 'p', ${dataset}, ${content}, '{}', '[]', 1, 1, now())
  `.execute(suite.ctx.db)
}

const newExperiment = async (name: string) =>
  (await createExperiment({ ctx: suite.ctx, input: { name } })).experiment_id

async function newRun(): Promise<string> {
  runs += 1
  const run_id = String(runs).padStart(32, '0')
  const start = { experiment_id: experiment, start_time: 1, user_id: 'u', tags: [], run_id, run_name: `run ${runs}` }
  await createRun({ ctx: suite.ctx, input: start })
  return run_id
}

interface Logged {
  readonly name?: string
  readonly digest?: string
  readonly source?: string
  readonly context?: string
}

async function log(run_id: string, ...datasets: readonly Logged[]): Promise<void> {
  await logInputs({
    ctx: suite.ctx,
    input: {
      run_id,
      datasets: datasets.map(({ name = 'usage', digest = '1234abcd', source = '{}', context }) => ({
        dataset: { name, digest, source_type: 'http', source },
        tags: context === undefined ? [] : [{ key: 'mlflow.data.context', value: context }],
      })),
    },
  })
}

async function readBy(run_id: string): Promise<readonly string[]> {
  const graph = await getLineage({
    ctx: suite.ctx,
    input: { kind: 'run', id: run_id, direction: 'up', depth: 1 },
  }).catch(() => ({ links: [] }))
  return graph.links.map(({ from, relation }) => `${from.id} ${relation}`).sort()
}

describe('inputs of a run', () => {
  test.each<[string, Logged, readonly string[]]>([
    ['the id in its source', { source: '{"url": "http://h/api/v1/snapshots/snap_3/export"}' }, ['snap_3 read']],
    ['the beginning of its hash and its name', { digest: hash.slice(0, 36), name: 'copy' }, ['snap_2 read']],
    ['its hash alone, of two data sets', { digest: hash.slice(0, 16), name: 'z' }, ['snap_1 read', 'snap_2 read']],
    ['the id before the hash', { digest: hash.slice(0, 20), source: 'snap_3' }, ['snap_3 read']],
    ['a beginning that is too short', { digest: hash.slice(0, 8) }, []],
    ['a hash that no snapshot has', { digest: '0'.repeat(32) }, []],
    ['an id that no snapshot has', { source: 'snap_9' }, []],
    ['wildcards', { digest: '%'.repeat(20), name: '_' }, []],
    ['a context of training', { source: 'snap_1', context: 'training' }, ['snap_1 trained']],
    ['a context of evaluation', { source: 'snap_1', context: 'eval' }, ['snap_1 evaluated']],
  ])('%s', async (_, dataset, expected) => {
    const run = await newRun()
    await log(run, dataset)
    expect(await readBy(run)).toEqual(expected)
    await log(run, dataset)
    expect(await readBy(run)).toEqual(expected)
  })

  test('many at once are each linked', async () => {
    const run = await newRun()
    await log(
      run,
      { source: 'snap_1', digest: 'a' },
      { source: 'snap_3', digest: 'b', context: 'training' },
      { digest: 'c' },
    )
    expect(await readBy(run)).toEqual(['snap_1 read', 'snap_3 trained'])
  })

  test('of runs that are brought from elsewhere are linked as well', async () => {
    const run_id = 'f'.repeat(32)
    const run = {
      run_id,
      experiment_id: experiment,
      name: 'brought',
      status: 'FINISHED' as const,
      user_id: 'u',
      start_time: 1,
      params: {},
      tags: {},
      models: [],
      datasets: [
        {
          name: 'usage',
          digest: hash.slice(0, 32),
          source_type: 'local',
          source: '{}',
          tags: { 'mlflow.data.context': 'training' },
        },
      ],
    }
    await importRuns({ ctx: suite.ctx, input: { items: [run] } })
    expect(await readBy(run_id)).toEqual(['snap_1 trained'])
  })
})

test('a name that changes and an experiment that goes and comes back show in the lineage', async () => {
  const run = await newRun()
  await log(run, { source: 'snap_1' })
  const shown = async () =>
    (await getLineage({ ctx: suite.ctx, input: { kind: 'run', id: run } })).nodes.map(({ label, is_deleted }) => [
      label,
      is_deleted,
    ])[0]
  await editRun({ ctx: suite.ctx, input: { run_id: run, name: 'better' } })
  expect(await shown()).toEqual(['better', false])
  await deleteRuns({ ctx: suite.ctx, input: { run_ids: [run] } })
  expect(await shown()).toEqual(['better', true])
  const second = await newExperiment('second')
  experiment = second
  const lost = await newRun()
  await log(lost, { source: 'snap_1' })
  const lostIs = async () =>
    (await getLineage({ ctx: suite.ctx, input: { kind: 'run', id: lost } })).nodes[0]?.is_deleted
  await deleteExperiment({ ctx: suite.ctx, input: { experiment_id: second } })
  expect(await lostIs()).toBe(true)
  await restoreExperiment({ ctx: suite.ctx, input: { experiment_id: second } })
  expect(await lostIs()).toBe(false)
})
