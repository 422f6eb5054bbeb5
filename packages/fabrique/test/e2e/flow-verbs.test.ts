import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FlowRun, FlowStep, Job } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseOf } from '../support/project-database.js'
import { cleanUp, copyOfIris, getJson, type RunningFabrique, startFabrique } from '../support/running-fabrique.js'

const flows = `
const verbs = flow('verbs', {}, async (step) => {
  const snapshot = await step.ingest(iris)
  const checks = await step.validate(snapshot)
  const plain = await step.train(unruled, { snapshot })
  const moved = await step.promote(unruled, { version: plain.version ?? '', alias: 'tried' })
  const scored = await step.evaluate(unruled, { version: plain.version ?? '', snapshot })
  const answers = await step.predict(unruled, { version: plain.version ?? '', snapshot, columns: ['species'] })
  return { snapshot, checks, plain, moved, scored, answers, ruled: await step.train('iris', { snapshot }) }
})
`

let folder: string
let fabrique: RunningFabrique
beforeAll(async () => {
  folder = copyOfIris()
  const path = join(folder, 'fabrique.config.ts')
  const text = readFileSync(path, 'utf8')
  const unruled = text.slice(text.indexOf('const classifier'), text.indexOf('const nightly'))
  const copy = unruled
    .replace("const classifier = model('iris'", "const unruled = model('unruled'")
    .replace(/ {2}promoteWhen: .*\n/, '')
  writeFileSync(
    path,
    text
      .replace('export default', `${copy}\n${flows}\nexport default`)
      .replace('models: [classifier]', 'models: [classifier, unruled]')
      .replace('flows: [nightly]', 'flows: [nightly, verbs]'),
  )
  fabrique = await startFabrique(folder, ['--port', '0'], await databaseOf(folder))
})
afterAll(async () => {
  await cleanUp(folder)
})

test('steps do what the platform does: they ingest, check, train and promote, once', async () => {
  const asked = await fetch(`${fabrique.url}/api/v1/projects/iris/flows/verbs/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(asked.status).toBeLessThan(300)
  const { id } = (await asked.json()) as FlowRun
  const get = () => getJson<FlowRun>(`${fabrique.url}/api/v1/flow-runs/${id}`)
  await expect.poll(async () => (await get()).state.type).toMatch(/COMPLETED|FAILED|CRASHED/)
  const run = await get()
  const steps = await getJson<{ items: FlowStep[] }>(`${fabrique.url}/api/v1/flow-runs/${id}/steps`)
  const trained = { run_id: expect.stringMatching(/^[0-9a-f]{32}$/), version: expect.any(String), promoted: true }
  expect(run).toMatchObject({
    state: { name: 'Completed' },
    result: {
      snapshot: { snapshot_id: expect.stringMatching(/^snap_/) },
      checks: { success: true, failed: 0 },
      plain: { ...trained, metrics: { accuracy: expect.any(Number) } },
      moved: { alias: 'tried', version: expect.any(String) },
      // On all rows, most of which it has learnt from.
      scored: { version: expect.any(String), metrics: { accuracy: expect.closeTo(1, 1) } },
      answers: { snapshot_id: expect.stringMatching(/^snap_/), rows: 150, predicted: 150, rejected: 0 },
      ruled: { run_id: trained.run_id, version: expect.any(String), metrics: { accuracy: expect.any(Number) } },
    },
  })
  expect(steps.items.map(({ kind, state }) => [kind, state.name])).toEqual([
    ['ingest', 'Completed'],
    ['validate', 'Completed'],
    ['train', 'Completed'],
    ['promote', 'Completed'],
    ['evaluate', 'Completed'],
    ['predict', 'Completed'],
    ['train', 'Completed'],
  ])
  const jobs = await getJson<{ items: Job[] }>(`${fabrique.url}/api/v1/jobs`)
  const own = jobs.items.filter(({ requested_by }) => requested_by === `system:${id}`)
  expect(own.map(({ kind }) => kind).sort()).toEqual(['data.ingest', 'models.predict', 'training.train'])
})
