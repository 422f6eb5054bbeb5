import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FeedbackReply, Job, PredictionData, Snapshot } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { irisServer } from '../support/iris-server.js'
import { databaseOf } from '../support/project-database.js'
import { getJson, killHard, processesOf, runFabrique, until } from '../support/running-fabrique.js'

const fabrique = irisServer(databaseOf)

const post = async <Reply>(path: string, body: object, headers: Readonly<Record<string, string>> = {}) => {
  const reply = await fetch(fabrique.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  expect([path, reply.status]).toEqual([path, 200])
  return { headers: reply.headers, body: (await reply.json()) as Reply }
}

const row = [5.1, 3.5, 1.4, 0.2]
const commands = (...args: string[]) => runFabrique([...args, '--url', fabrique.url])
const data = async () =>
  (await getJson<{ items: PredictionData[] }>(`${fabrique.url}/api/v1/prediction-data?model=iris`)).items[0]
const snapshot = async () => getJson<Snapshot>(`${fabrique.url}/api/v1/snapshots/${(await data())?.snapshot_id}`)
const logged = async () => {
  const { items } = await getJson<{ items: object[] }>(`${fabrique.url}/api/v1/predictions?model=iris&limit=1000`)
  return items.length
}

test('predictions of several protocols become rows of a snapshot, with the truth that came for a key', async () => {
  const since = new Date(Date.now() - 1000).toISOString()
  await post('/predict', { features: [row, row, row] }, { 'x-assignment-key': 'anna' })
  const { body: spec } = { body: await getJson<{ inputs: object[] }>(`${fabrique.url}/v2/models/iris`) }
  const inputs = (spec.inputs as { name: string; shape: number[] }[]).map((input, at) => ({
    ...input,
    shape: input.shape.map((size) => Math.abs(size)),
    data: input.shape.at(-1) === 4 ? row : [row[at]],
  }))
  const tensors = await post('/v2/models/iris/infer', { inputs })
  expect(tensors.headers.get('x-prediction-id')).toMatch(/^pred_/)
  await post('/v1/models/iris:predict', { instances: [row] })
  await post('/invocations', { inputs: [row] })
  await until('they are in the log', async () => (await logged()) === 6)
  const told = await post<FeedbackReply>('/feedback', { model: 'iris', key: 'anna', since, truth: 'setosa' })
  expect(told.body.items).toEqual([{ state: 'recorded', rows: 3 }])

  const compacted = await commands('predictions', 'compact', '--model', 'iris', '--open', '--json')
  expect([compacted.status, compacted.stderr]).toEqual([0, ''])
  expect(JSON.parse(compacted.stdout)).toMatchObject([{ model: 'iris', dataset: 'predictions_iris', days: 1, rows: 6 }])
  expect(await data()).toMatchObject({ project: 'iris', dataset: 'predictions_iris', rows: 6, waiting_days: 0 })

  const file = join(fabrique.folder, 'predictions.csv')
  const exported = await commands('predictions', 'export', 'iris', '--out', file)
  expect([exported.status, exported.stderr]).toEqual([0, ''])
  const [header = '', ...lines] = (await readFile(file, 'utf8')).trim().split('\n')
  const names = header.split(',')
  const found = lines.map((line) => Object.fromEntries(line.split(',').map((value, at) => [names[at], value])))
  expect(found).toHaveLength(6)
  expect(found.filter(({ truth }) => truth === 'setosa')).toHaveLength(3)
  expect(
    new Set(found.map(({ prediction, model_version, weight }) => [prediction, model_version, weight].join())),
  ).toEqual(new Set(['setosa,1,1.0']))
  const listed = await commands('predictions', 'data')
  expect(listed.stdout).toContain('iris/predictions_iris')
})

test('a server and a worker that are killed meanwhile: no prediction is there twice, and none is lost', async () => {
  for (let request = 0; request < 5; request += 1) {
    await post('/predict', { features: Array.from({ length: 100 }, () => row) })
  }
  await until('they are in the log', async () => (await logged()) === 506)
  const { body } = await post<{ items: Job[] }>('/api/v1/prediction-data/compact', { model: 'iris', open: true })
  const [job] = body.items
  const killed = processesOf(fabrique.folder)
  killHard(killed.part('worker'))
  killHard(killed.part('server'))
  await until('it is up again', () =>
    fetch(`${fabrique.url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  await until('the job is over', async () => {
    const { state } = await getJson<Job>(`${fabrique.url}/api/v1/jobs/${job?.id}`)
    expect(['queued', 'running', 'succeeded']).toContain(state)
    return state === 'succeeded'
  })
  const { id, row_count, parts } = await snapshot()
  expect([row_count, parts.length]).toEqual([506, 1])
  const query = await commands(
    'data',
    'query',
    id,
    'select count(distinct (prediction_id, prediction_row)) as n from data',
    '--json',
  )
  expect(query.stdout).toContain('506')
})
