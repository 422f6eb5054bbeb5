// A model whose versions share its requests: logged predictions with feedback, a shadow that was looked at, and a canary that runs.
import { ask, ended } from './seed-data.mjs'

export const servedModel = 'shared target'
const servedTimeoutMs = 120_000

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function train(base, project, estimator, promote) {
  const request = {
    snapshot: 'simulated@latest',
    target: 'target',
    task: 'classification',
    estimator,
    register: servedModel,
    promote,
  }
  const { job } = await ask(base, 'POST', `/projects/${project}/trainings`, request)
  await ended(base, job)
}

async function served(base) {
  const deadline = Date.now() + servedTimeoutMs
  for (;;) {
    const { items } = await ask(base, 'GET', '/endpoints')
    const found = items.find(({ model }) => model === servedModel)
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`${servedModel} is not served`)
    await pause(200)
  }
}

const path = `/models/${encodeURIComponent(servedModel)}`

async function predict(base, features, count) {
  const ids = []
  for (let index = 0; index < count; index += 1) {
    const reply = await fetch(`${base}/api/v1${path}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-assignment-key': `user-${index}` },
      body: JSON.stringify({ features }),
    })
    const answer = await reply.json()
    if (!reply.ok) throw new Error(JSON.stringify(answer))
    ids.push(answer.prediction_id)
  }
  return ids
}

async function feedback(base, ids) {
  const items = ids.map((prediction_id, index) => ({ prediction_id, reward: index % 3 === 0 ? 0 : 1, truth: '1' }))
  const reply = await fetch(`${base}/feedback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ items }),
  })
  if (!reply.ok) throw new Error(await reply.text())
}

/** Everything, made once for each server; the project of data has to be there. */
export async function seedServing(base, project) {
  const list = async () => (await ask(base, 'GET', `/rollouts?model=${encodeURIComponent(servedModel)}`)).items
  const known = await list()
  const of = (items, kind) => items.find((one) => one.kind === kind)?.id
  if (known.length > 0) return { model: servedModel, shadow: of(known, 'shadow'), canary: of(known, 'canary') }
  await train(base, project, { kind: 'logistic_regression' }, 'always')
  await train(base, project, { kind: 'dummy_classifier', params: { strategy: 'most_frequent' } }, 'never')
  const { signature } = await served(base)
  const start = (request) => ask(base, 'POST', `${path}/rollouts`, request)
  const shadow = await start({ kind: 'shadow', version: '2', reason: 'Is a guess as good?' })
  await settledIn(base, shadow, signature.example)
  await predict(base, signature.example, 40)
  await pause(6000)
  await ask(base, 'POST', `/rollouts/${shadow.id}/end`, { how: 'end', reason: 'It is not' })
  const canary = await start({
    kind: 'canary',
    version: '2',
    steps: [0.2, 0.5].map((share) => ({ share, seconds: 86_400 })),
    reason: 'To look at',
  })
  await settledIn(base, canary, signature.example)
  await feedback(base, await predict(base, signature.example, 60))
  return { model: servedModel, shadow: shadow.id, canary: canary.id }
}

/** Servers hear of a roll-out a moment after it began: until then its requests are no part of it. */
async function settledIn(base, { id }, features) {
  const deadline = Date.now() + servedTimeoutMs
  for (;;) {
    const [asked] = await predict(base, features, 1)
    const { items } = await logged(base, asked)
    if (items[0].variant?.startsWith(id)) return
    if (Date.now() > deadline) throw new Error(`The roll-out ${id} is not followed`)
    await pause(100)
  }
}

/** A prediction, once it is in the log. */
async function logged(base, id) {
  const deadline = Date.now() + servedTimeoutMs
  for (;;) {
    const reply = await fetch(`${base}/api/v1/predictions/${id}`)
    if (reply.ok) return reply.json()
    if (Date.now() > deadline) throw new Error(`Prediction ${id} is not in the log`)
    await pause(50)
  }
}
