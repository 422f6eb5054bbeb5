import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MlflowClient, mlflowClient } from '../../src/mlflow/index.js'
import { cleanUp, copyOfIris, getJson, processesOf, startFabrique } from '../support/running-fabrique.js'

/** A short drill by default; the foreign-client suite runs the long one. */
const seconds = Number(process.env.TEST_DRILL_SECONDS ?? 8)
const writersCount = Number(process.env.TEST_DRILL_WRITERS ?? 8)
const killEveryMs = seconds >= 60 ? 10_000 : 3_500

let folder: string
let url: string
let mlflow: MlflowClient
beforeAll(async () => {
  folder = copyOfIris()
  url = (await startFabrique(folder)).url
  mlflow = mlflowClient({ url, attemptMs: 5_000 })
})
afterAll(() => cleanUp(folder))

/** Logs single points and batches, step by step, and gives the steps that the server acknowledged. */
async function write(runId: string, until: number): Promise<ReadonlySet<number>> {
  const acknowledged = new Set<number>()
  for (let step = 0; performance.now() < until; ) {
    // Alone, a few, and enough for a chunk.
    const size = [1, 20, 40][step % 3] ?? 1
    const points = Array.from({ length: size }, (_, index) => ({
      key: 'loss',
      value: (step + index) / 7,
      timestamp: 1_700_000_000_000 + step + index,
      step: step + index,
    }))
    const [point] = points
    if (size === 1 && point !== undefined) await mlflow.runs.logMetric(runId, point)
    else await mlflow.runs.logBatch(runId, { metrics: points, params: { [`p${step % 50}`]: 'x' } })
    for (const { step: written } of points) acknowledged.add(written)
    step += size
  }
  return acknowledged
}

test(
  `${writersCount} writers for ${seconds} s, the server killed again and again: each acknowledged point is there once`,
  async () => {
    const { experimentId } = await mlflow.experiments.ensure('drill')
    const runs = await Promise.all(Array.from({ length: writersCount }, () => mlflow.runs.create({ experimentId })))
    const until = performance.now() + seconds * 1000
    const writers = runs.map(({ runId }) => write(runId, until))
    let kills = 0
    while (performance.now() + killEveryMs < until) {
      await sleep(killEveryMs)
      const server = processesOf(folder).part('server')
      if (server === undefined) continue
      process.kill(server, 'SIGKILL')
      kills += 1
    }
    expect(kills).toBeGreaterThanOrEqual(2)
    let total = 0
    for (const [index, run] of runs.entries()) {
      const acknowledged = await writers[index]
      const steps: number[] = []
      for await (const { step, value } of mlflow.runs.metricHistory(run.runId, 'loss')) {
        steps.push(step)
        expect(value).toBe(step / 7)
      }
      expect(new Set(steps).size).toBe(steps.length)
      // The figures over all points are those of the points that are there.
      const { metrics } = await getJson<Run>(`${url}/api/v1/runs/${run.runId}`)
      expect(metrics.loss).toMatchObject({ count: steps.length, max: Math.max(...steps) / 7, min: 0 })
      const there = new Set(steps)
      expect([...(acknowledged ?? [])].filter((step) => !there.has(step))).toEqual([])
      total += steps.length
    }
    expect(total).toBeGreaterThan(writersCount * 20)
    console.log(`${total} points, ${kills} kills`)
  },
  (seconds + 90) * 1000,
)
