import type { PredictNewestReply } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { differences, runShown, shownCommands } from '../support/readme-commands.js'
import {
  cleanUp,
  getJson,
  newProject,
  type RunningFabrique,
  startFabrique,
  until,
} from '../support/running-fabrique.js'

/** With two drifts and their retraining it takes a while, and each verb has tests of its own: `npm run test:conformance` runs it. */
const isWanted = process.env.TEST_EXAMPLES === 'all'

let folder: string
let fabrique: RunningFabrique
beforeAll(async () => {
  if (!isWanted) return
  folder = await newProject('synthetic')
  fabrique = await startFabrique(folder)
})
afterAll(async () => {
  if (isWanted) await cleanUp(folder)
})

const commands = shownCommands(new URL('../../../../examples/synthetic/README.md', import.meta.url).pathname)

describe.runIf(isWanted)('the README of the synthetic example', () => {
  test('has a command for each verb', () => {
    const text = commands.map(({ command }) => command).join('\n')
    for (const verb of [
      '/generate',
      '/retrain',
      '/retrain-debug',
      '/predict?rows=2',
      '/predict -H',
      '/mlflow-status',
    ]) {
      expect(text).toContain(verb)
    }
    expect(commands.filter(({ answer }) => answer === undefined)).toEqual([])
  })

  test.each(commands.map((shown) => [shown.command, shown] as const))('%s', async (_command, shown) => {
    expect(differences(shown.answer, JSON.parse(await runShown(shown, fabrique.url)))).toEqual([])
  })
})

test.runIf(isWanted)('the champion and the data survive a restart, without training again', async () => {
  // What was promoted last is loaded a moment later.
  const newest = () => getJson<PredictNewestReply>(`${fabrique.url}/predict?rows=3`)
  await until('version 2 answers', async () => (await newest()).version === '2')
  const { request_id: _, ...before } = await newest()
  await fabrique.end('SIGINT')
  fabrique = await startFabrique(folder)
  expect(await newest()).toMatchObject(before)
  const runs = await getJson<{ items: unknown[] }>(`${fabrique.url}/api/v1/projects/synthetic/runs`)
  expect(runs.items).toHaveLength(2)
})
