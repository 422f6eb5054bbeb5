import {
  dataset,
  defineProject,
  every,
  expect,
  flow,
  integer,
  logisticRegression,
  model,
  number,
  synthetic,
} from 'fabrique'

const points = dataset(
  'points',
  synthetic.classification({ rows: 2000, nFeatures: 5, nInformative: 3, nRedundant: 1, classSep: 1.5, seed: 42 }),
  {
    description: 'Points of two classes that nobody measured; POST /generate makes others',
    columns: {
      feature_0: number(),
      feature_1: number(),
      feature_2: number(),
      feature_3: number(),
      feature_4: number(),
      target: integer({ min: 0, description: 'The class' }),
    },
    expect: [expect.column('target').notNull()],
  },
)

const classifier = model('points', {
  task: 'classification',
  description: 'The class of a point',
  label: points.column('target'),
  features: points.columns('feature_0', 'feature_1', 'feature_2', 'feature_3', 'feature_4'),
  estimator: logisticRegression({ C: 1 }),
  seed: 42,
  promoteWhen: ({ candidate, champion }) => candidate.accuracy >= champion.accuracy,
})

/** How often the world is looked at: a duration as `30s`, or `off`. */
const watchEvery = process.env.SYNTHETIC_EVERY ?? '30s'

/** Below this accuracy on new points, the world has moved. */
const accuracyMin = 0.9

/** A request to the program itself, whose address scripts and flows find where MLflow clients look for it. */
async function ask<Reply>(path: string, body: unknown): Promise<Reply> {
  const reply = await fetch(`${process.env.MLFLOW_TRACKING_URI}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`)
  return (await reply.json()) as Reply
}

const watch = flow(
  'watch',
  {
    description: 'Draws new points, checks whether they have moved, and trains again where they have',
    schedule: watchEvery === 'off' ? [] : every(watchEvery),
    retries: { retries: 2, delay: '1s' },
    timeout: '10m',
  },
  async (step) => {
    const minute = Math.floor(step.context.scheduledFor.getTime() / 60_000)
    // The world moves every ten minutes, there and back. Another number of rows makes other points.
    const drift = Math.floor(minute / 10) % 2 === 0 ? 0 : 0.8
    const drawn = await step.run('draw', () =>
      ask<{ snapshot_id: string }>('/generate', { rows: 1000 + (minute % 1000), drift }),
    )
    const { version, metrics } = await step.evaluate(classifier, { snapshot: drawn })
    const accuracy = metrics.accuracy ?? 0
    if (accuracy >= accuracyMin) return { moved: false, version, accuracy }
    const trained = await step.train(classifier, { snapshot: drawn })
    await step.run('notify', async ({ log, artifact }) => {
      const text = `Accuracy of version ${version} fell to ${accuracy.toFixed(3)}: trained version ${trained.version}`
      log.warn(text)
      await artifact.markdown('news', text)
      const address = process.env.DISCORD_WEBHOOK_URL
      if (address === undefined) return
      await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: text }),
      })
    })
    return { moved: true, version: trained.version, accuracy }
  },
)

export default defineProject({
  name: 'synthetic',
  description: 'A small prediction API on data of its own: generate, retrain, predict',
  datasets: [points],
  models: [classifier],
  flows: [watch],
})
