import { readdirSync, readFileSync } from 'node:fs'
import type { FlowLogLine, FlowRun } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanUp, getJson, projectOf, type RunningFabrique, startFabrique, until } from '../support/running-fabrique.js'

/** A Python with the real `mlflow`: given by the suite of foreign clients. */
const python = process.env.TEST_MLFLOW_PYTHON ?? ''

const config = `
import { defineProject, flow, z } from 'fabrique'

const fit = flow('fit', { params: z.object({ rounds: z.int().default(3) }) }, async (step, { rounds }) => {
  await step.python('train', 'train.py', { args: [String(rounds)] })
})

export default defineProject({ name: 'scripts', datasets: [], flows: [fit] })
`

/** Logs a point for each round; a child of its own waits as long as it does. */
const script = `
import subprocess, sys, time
import mlflow

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
with mlflow.start_run() as run:
    print("run", run.info.run_id, flush=True)
    for step in range(int(sys.argv[1])):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
        print("round", step, flush=True)
        time.sleep(0.2)
child.kill()
`

/** Processes that carry a text in their command line. */
const processesWith = (text: string) =>
  readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text)
    } catch {
      return false
    }
  })

describe.skipIf(python === '')('a Python script as a step', () => {
  let folder: string
  let fabrique: RunningFabrique
  beforeAll(async () => {
    folder = projectOf({
      'fabrique.config.ts': config,
      'package.json': '{"name":"scripts","type":"module"}',
      'train.py': script,
    })
    fabrique = await startFabrique(folder, ['--port', '0'], { FABRIQUE_PYTHON: python })
  })
  afterAll(() => cleanUp(folder))

  const start = async (rounds: number) => {
    const reply = await fetch(`${fabrique.url}/api/v1/projects/scripts/flows/fit/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ params: { rounds } }),
    })
    expect(reply.status).toBe(200)
    return ((await reply.json()) as FlowRun).id
  }
  const stateOf = async (id: string) => (await getJson<FlowRun>(`${fabrique.url}/api/v1/flow-runs/${id}`)).state
  const lines = async (id: string) =>
    (await getJson<{ items: FlowLogLine[] }>(`${fabrique.url}/api/v1/flow-runs/${id}/logs?limit=1000`)).items
  const trackedRun = async (id: string) => {
    const told = (await lines(id)).find(({ text }) => text.startsWith('run '))
    return told?.text.slice(4)
  }
  const metricsOf = async (run: string) =>
    (await getJson<{ metrics: Record<string, { count: number }> }>(`${fabrique.url}/api/v1/runs/${run}`)).metrics

  test('logs to tracking with an unchanged client, and its output is in the logs of the step', async () => {
    const id = await start(3)
    await until('it is over', async () => (await stateOf(id)).type === 'COMPLETED')
    const logged = await lines(id)
    expect(logged.filter(({ step }) => step === 'train').map(({ text }) => text)).toContain('round 2')
    const run = await trackedRun(id)
    expect((await metricsOf(run ?? '')).loss).toMatchObject({ count: 3 })
  })

  test('cancelled half-way, it leaves no process, and what it logged stays', async () => {
    const id = await start(10_000)
    await until('it is under way', async () => (await lines(id)).some(({ text }) => text === 'round 3'))
    const run = await trackedRun(id)
    expect(processesWith('train.py').length).toBeGreaterThan(0)
    const reply = await fetch(`${fabrique.url}/api/v1/flow-runs/${id}/cancel`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(reply.status).toBe(200)
    await until('it is cancelled', async () => (await stateOf(id)).type === 'CANCELLED')
    await until(
      'its processes are gone',
      () => [...processesWith('train.py'), ...processesWith('time.sleep(3600)')].length === 0,
    )
    expect((await metricsOf(run ?? '')).loss?.count).toBeGreaterThan(3)
  })
})
