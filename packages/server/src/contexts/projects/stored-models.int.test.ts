import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { migrationsFolder } from '../../../test/support/test-database.js'
import { getProject } from './get-project.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const dataset = {
  name: 'd',
  source: { kind: 'csv', paths: ['d.csv'] },
  // Columns keep the order in which they were declared.
  columns: { zebra: { type: 'number', nullable: false }, ant: { type: 'number', nullable: false } },
  key: [],
  bad_rows: { mode: 'block' },
  expectations: [],
}
const model = (name: string) => ({
  name,
  task: 'classification',
  dataset: 'd',
  label: 'zebra',
  features: ['ant'],
  estimator: { kind: 'random_forest_classifier', params: { n_estimators: 3 } },
  test_share: 0.3,
  seed: 42,
  promotion_rule: true,
})

test('models that an earlier version stored are split by chance as they were', async () => {
  const definition = { name: 'old', datasets: [dataset], models: [model('b'), model('a')] }
  const none = { name: 'none', datasets: [dataset], models: [] }
  for (const given of [definition, none]) {
    await suite.database.pool.query(
      `insert into projects (name, folder, definition, digest, applied_at) values ($1, '/p', $2, 'd', now())`,
      [given.name, JSON.stringify(given)],
    )
  }
  const migration = await readFile(join(migrationsFolder, '0026_models.sql'), 'utf8')
  // A second time changes nothing more.
  await suite.database.pool.query(migration)
  await suite.database.pool.query(migration)
  const stored = (await getProject({ ctx: suite.ctx, input: { project: 'old' } })).definition
  expect(ProjectDefinition.parse(stored).models).toEqual(stored.models)
  expect(stored.models.map(({ name }) => name)).toEqual(['b', 'a'])
  expect(stored.models[0]).toMatchObject({
    split: { kind: 'random', test_share: 0.3, stratify: true },
    estimator: { kind: 'random_forest_classifier', params: { n_estimators: 3 } },
    seed: 42,
    promotion_rule: true,
  })
  expect(stored.models[0]).not.toHaveProperty('test_share')
  expect(Object.keys(stored.datasets[0]?.columns ?? {})).toEqual(['zebra', 'ant'])
  expect((await getProject({ ctx: suite.ctx, input: { project: 'none' } })).definition).toEqual(none)
})
