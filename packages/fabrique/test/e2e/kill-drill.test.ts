import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MlflowClient, mlflowClient } from '../../src/mlflow/index.js'
import { databaseOf } from '../support/project-database.js'
import {
  cleanUp,
  emptyProject,
  getJson,
  killHard,
  processesOf,
  startFabrique,
  until,
} from '../support/running-fabrique.js'

/** For how long the server is killed: in the suite of foreign clients. */
const seconds = Number(process.env.TEST_DRILL_SECONDS ?? 0)
const writersCount = Number(process.env.TEST_DRILL_WRITERS ?? 8)
/** Six in a minute, spread, or in less time four: more, and the program gives the server up. */
const killEveryMs = seconds >= 60 ? 10_000 : 5_000

let folder: string
let url: string
let mlflow: MlflowClient
beforeAll(async () => {
  folder = emptyProject()
  url = (await startFabrique(folder, ['--port', '0'], await databaseOf(folder))).url
  mlflow = mlflowClient({ url, attemptMs: 5_000 })
})
afterAll(() => cleanUp(folder))

/** How many points the server acknowledged. */
let written = 0

/** Logs single points and batches, step by step, and gives the steps that the server acknowledged: more than 20, and until it is over. */
async function write(runId: string, isOver: () => boolean): Promise<ReadonlySet<number>> {
  const acknowledged = new Set<number>()
  for (let step = 0; step <= 20 || !isOver(); ) {
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
    for (const { step: known } of points) acknowledged.add(known)
    written += size
    step += size
  }
  return acknowledged
}

test.skipIf(seconds === 0)(
  `${writersCount} writers, the server killed again and again: each acknowledged point is there once`,
  async () => {
    const { experimentId } = await mlflow.experiments.ensure('drill')
    const runs = await Promise.all(Array.from({ length: writersCount }, () => mlflow.runs.create({ experimentId })))
    const end = performance.now() + seconds * 1000
    const server = () => processesOf(folder).part('server')
    let kills = 0
    const isOver = () => kills >= 2 && performance.now() > end
    const writers = runs.map(({ runId }) => write(runId, isOver))
    while (kills < 2 || performance.now() + killEveryMs < end) {
      const before = written
      await sleep(killEveryMs)
      // What the last server acknowledged may be heard of when it is gone.
      await until('the next server answers', () => written > before && server() !== undefined)
      killHard(server())
      kills += 1
    }
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
  (seconds + 300) * 1000,
)
