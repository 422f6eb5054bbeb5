import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Expectation, type LoopRun, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLoop } from '../../../test/support/run-loop.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { getSnapshot } from '../datasets/index.js'
import { applyProject } from '../projects/index.js'
import { getRun } from '../tracking/index.js'
import { putSuite, quarantineCondition } from '../validation/index.js'
import { trainingRegistry } from './training-registry.js'

let suite: TestContext
let projects = 0
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const below = (max: number, severity: Expectation['severity']): Expectation => ({
  type: 'expect_column_values_to_be_between',
  kwargs: { column: 'size', max_value: max },
  severity,
})

async function projectWith(expectations: readonly Expectation[], more: object = {}): Promise<string> {
  projects += 1
  const name = `loop${projects}`
  const folder = join(suite.folder, name)
  await mkdir(folder)
  const rows = Array.from({ length: 40 }, (_, index) => `${index},${index % 2 === 0 ? 'even' : 'odd'}`)
  await writeFile(join(folder, 'data.csv'), `size,kind\n${rows.join('\n')}\n`)
  const definition = ProjectDefinition.parse({
    name,
    datasets: [
      {
        name: 'data',
        source: { kind: 'csv', paths: ['data.csv'], dialect: { header: true } },
        columns: { size: { type: 'number' }, kind: { type: 'category', values: ['even', 'odd'] } },
        expectations,
        ...more,
      },
    ],
    models: [
      {
        name,
        task: 'classification',
        dataset: 'data',
        label: 'kind',
        features: ['size'],
        estimator: { kind: 'random_forest_classifier', params: { n_estimators: 2 } },
      },
    ],
  })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  return name
}

/** Runs the loop once. */
function loop(project: string): Promise<LoopRun> {
  return runLoop(suite, {
    project,
    model: project,
    options: {
      promotionRule: () => undefined,
      ingestTools: { rowCondition: quarantineCondition },
      trainingTools: { ...trainingRegistry, environment: () => ({}), threads: 0 },
    },
  })
}

test('warnings go on, and are shown with the run', async () => {
  const flow = await loop(await projectWith([below(30, 'warning'), below(5, 'info')]))
  expect(flow).toMatchObject({ state: 'succeeded' })
  const { data } = await getRun({ ctx: suite.ctx, input: { run_id: flow.result.run_id ?? '' } })
  const tag = (key: string) => data.tags.find((known) => known.key === key)?.value
  expect(tag('fabrique.validations')).toMatch(/^val_\w+$/)
  expect(tag('fabrique.warnings')).toMatch(/^1\nexpect_column_values_to_be_between size: 9 of 40, as /)
})

test('what is critical ends the loop, and says which expectation', async () => {
  const flow = await loop(await projectWith([below(30, 'warning'), below(38, 'critical'), below(100, 'critical')]))
  expect(flow).toMatchObject({
    state: 'failed',
    stage: 'checks',
    error: { code: 'expectations_failed', params: { evaluated: 3, failed: 1 } },
  })
  expect(flow.result.run_id).toBeUndefined()
})

test('a suite that is kept counts like what is declared; what cannot be evaluated blocks when it is critical', async () => {
  const project = await projectWith([below(100, 'critical')])
  const gone: Expectation = { ...below(1, 'critical'), kwargs: { column: 'weight', max_value: 1 } }
  const input = { project, dataset: 'data', suite: 'incoming', expectations: [gone] }
  await putSuite({ ctx: suite.ctx, input })
  const flow = await loop(project)
  expect(flow).toMatchObject({ state: 'failed', stage: 'checks', error: { code: 'expectations_failed' } })
  expect(flow.error?.params.first).toContain('not evaluated')
})

test('rows that an expectation sets aside are not in the snapshot, and the loop goes on', async () => {
  const setAside: Expectation = { ...below(35, 'critical'), action: 'quarantine' }
  const flow = await loop(await projectWith([setAside], { bad_rows: { mode: 'warn' } }))
  expect(flow).toMatchObject({ state: 'succeeded' })
  const snapshot = await getSnapshot({ ctx: suite.ctx, input: { snapshot: flow.result.snapshot_id ?? '' } })
  expect(snapshot.row_count).toBe(36)
})
