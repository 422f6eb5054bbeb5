import { fileURLToPath } from 'node:url'
import { type Job, ProjectDefinition } from '@fabrique/contract'
import { expect } from 'vitest'
import { jobHandlers } from '../../src/app/job-handlers.js'
import { trainingToolsOf } from '../../src/app/training-tools.js'
import { getJob, startJobWorker } from '../../src/contexts/jobs/index.js'
import { applyProject } from '../../src/contexts/projects/index.js'
import { mountTrainingRoutes } from '../../src/contexts/training/index.js'
import { openEventStream } from '../../src/platform/index.js'
import { type Mount, openTestApp, type TestApp } from './test-app.js'

/** A test app with a worker that trains, and a project `p`. */
export interface TrainingApp extends TestApp {
  /** The job, once it succeeded or failed. */
  over(job: string): Promise<Job>
}

const iris = fileURLToPath(new URL('../../../../examples/iris/data/iris.csv', import.meta.url))

/** The rows of the Iris example as a select of the data engine. */
export const irisRows = `select * from read_csv('${iris}')`
export const irisColumns = {
  sepal_length: 'number',
  sepal_width: 'number',
  petal_length: 'number',
  petal_width: 'number',
  species: 'text',
} as const

/** For `beforeAll`, with the names of the datasets of the project; call `close` in `afterAll`. */
export async function openTrainingApp(datasets: readonly string[], mount: Mount = () => {}): Promise<TrainingApp> {
  const suite = await openTestApp((app, ctx) => {
    mountTrainingRoutes(app, () => ctx)
    mount(app, ctx)
  })
  const { ctx, database, folder } = suite
  const events = openEventStream({ db: ctx.db, url: database.url, applicationName: 'test trainings', log: ctx.log })
  const trainingTools = trainingToolsOf({ threads: 1, environment: () => ({}) })
  const handlers = jobHandlers({ ingestTools: {}, trainingTools })
  const worker = await startJobWorker({ ctx, url: database.url, events, handlers, pollMs: 50 })
  const definition = ProjectDefinition.parse({
    name: 'p',
    datasets: datasets.map((name) => ({ name, source: { kind: 'csv', paths: [`${name}.csv`] } })),
    models: [],
  })
  await applyProject({ ctx, input: { folder, definition } })
  return {
    ...suite,
    async over(job) {
      const find = () => getJob({ ctx, input: { job } })
      await expect.poll(async () => (await find()).state).toMatch(/succeeded|failed/)
      return find()
    },
    async close() {
      await worker.close()
      await events.close()
      await suite.close()
    },
  }
}
