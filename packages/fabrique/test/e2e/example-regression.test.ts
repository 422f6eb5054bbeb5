import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Endpoint, Training } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { differences, runShown, type ShownCommand, shownCommands } from '../support/readme-commands.js'
import {
  cleanUp,
  getJson,
  newProject,
  type RunningFabrique,
  runFabrique,
  startFabrique,
  until,
} from '../support/running-fabrique.js'

const readme = fileURLToPath(new URL('../../../../examples/regression/README.md', import.meta.url))
const commands = shownCommands(readme)
const commandWith = (text: string): ShownCommand => {
  const found = commands.find(({ command }) => command.includes(text))
  if (found === undefined) throw new Error(`The README has no command with ${text}`)
  return found
}

/** Six models take a minute: `npm run test:conformance` trains them. */
const isWanted = process.env.TEST_EXAMPLES === 'all'

let folder: string
let fabrique: RunningFabrique
beforeAll(async () => {
  if (!isWanted) return
  folder = await newProject('regression')
  fabrique = await startFabrique(folder)
})
afterAll(async () => {
  if (isWanted) await cleanUp(folder)
})

const trainings = async () =>
  (await getJson<{ items: Training[] }>(`${fabrique.url}/api/v1/projects/regression/trainings`)).items
const versionOf = async (name: string) => {
  const { items } = await getJson<{ items: Endpoint[] }>(`${fabrique.url}/api/v1/endpoints`)
  return items.find(({ model }) => model === name)?.version
}

describe.runIf(isWanted)('the README of the regression example', () => {
  test('shows the figures that its models have', async () => {
    const rows = [...readFileSync(readme, 'utf8').matchAll(/^\| `(\S+)` \|.*\| (\S+) \| (\S+) \| (\S+) \|$/gm)]
    const shown = rows.map(([, model, ...values]) => [model, values.map((value) => Number(value.replaceAll('*', '')))])
    expect(shown).toHaveLength(6)
    const found = new Map((await trainings()).map((one) => [one.model, one]))
    const actual = shown.map(([model]) => {
      const { r2, rmse, mae } = found.get(String(model))?.metrics ?? {}
      return [model, [r2, rmse, mae]]
    })
    expect(differences(shown, actual)).toEqual([])
    expect([...found.values()].map(({ status, aliases }) => [status, aliases])).toEqual(
      Array(6).fill(['FINISHED', ['champion']]),
    )
  })

  test.each(commands.filter(({ command }) => command.includes('/predict')).map((one) => [one.command, one] as const))(
    '%s',
    async (_command, shown) => {
      expect(differences(shown.answer, JSON.parse(await runShown(shown, fabrique.url)))).toEqual([])
    },
  )

  test('has a challenger that takes over, and one that does not', async () => {
    for (const text of ['demand@latest', 'diabetes@latest']) {
      const shown = commandWith(text)
      expect(differences(shown.answer, JSON.parse(await runShown(shown, fabrique.url)))).toEqual([])
    }
    await until(
      'both are trained',
      async () => (await trainings()).filter(({ version }) => version === '2').length === 2,
      60_000,
    )
    await until('boosting answers for the demand', async () => (await versionOf('demand')) === '2')
    expect(await versionOf('diabetes')).toBe('1')
    const client = await runFabrique(['models', 'client', 'demand', '--url', fabrique.url])
    expect(client.stdout).toMatch(/export interface Features \{[^}]*"temperature"/)
    const history = await runFabrique(['models', 'history', 'demand', '--url', fabrique.url])
    expect(history.stdout).toMatch(/1 → 2\s+Promoted: r2 0\.9\d+ against 0\.8\d+ of version 1/)
  })

  test('shows the gauges of Prometheus, and how to scrape them', async () => {
    const lines = (await runShown(commandWith('/metrics'), fabrique.url)).trim().split('\n')
    expect(lines).toContainEqual(
      expect.stringMatching(/^fabrique_training_metric\{project="regression",dataset="diabetes".*\} 0\.326/),
    )
    const config = parse(readFileSync(join(folder, 'prometheus.yml'), 'utf8')) as {
      global: { scrape_interval: string }
    }
    expect(config.global.scrape_interval).toBe('5s')
  })

  test('saves the history as CSV', async () => {
    await runShown(commandWith('export'), fabrique.url, folder)
    const [header = '', ...lines] = readFileSync(join(folder, 'history.csv'), 'utf8').trim().split(/\r?\n/)
    expect(header.split(',')).toEqual(expect.arrayContaining(['ended_at', 'model', 'version', 'mae', 'r2', 'rmse']))
    expect(lines).toHaveLength(8)
  })
})

test.runIf(isWanted)('models and hours survive a restart, without training again', async () => {
  const newest = () => getJson<{ request_id: string }>(`${fabrique.url}/predict?model=demand&rows=3`)
  const { request_id: _, ...before } = await newest()
  await fabrique.end('SIGINT')
  fabrique = await startFabrique(folder)
  expect(await newest()).toMatchObject(before)
  expect(await trainings()).toHaveLength(8)
})
