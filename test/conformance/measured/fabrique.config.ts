// A project that has a bit of everything that is measured: prometheus_suite.mjs asks it, and looks whether every query is answered.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  category,
  csv,
  dataset,
  defineProject,
  entity,
  featureView,
  flow,
  integer,
  linearRegression,
  logisticRegression,
  model,
  number,
  timestamp,
} from 'fabrique'

const folder = fileURLToPath(new URL('data', import.meta.url))
const rowsInAll = 600

/** Points near a line, in three kinds; every seventh weight is not known. */
function layOutPoints(): void {
  if (existsSync(`${folder}/points.csv`)) return
  const rows = Array.from({ length: rowsInAll }, (_, id) => {
    const x = (id * 37) % 100
    const noise = ((id * 7919) % 100) / 50 - 1
    const at = new Date(Date.UTC(2026, 0, 1, id)).toISOString()
    const kind = ['low', 'middle', 'high'][Math.min(2, Math.floor(x / 34))]
    return [id, at, x, id % 7 === 0 ? '' : (x * 2 + noise * 5).toFixed(2), kind, (3 * x + noise * 10).toFixed(3)].join()
  })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/points.csv`, `id,at,x,weight,kind,y\n${rows.join('\n')}\n`)
}
layOutPoints()

const points = dataset('points', csv('data/points.csv'), {
  columns: {
    id: integer(),
    at: timestamp(),
    x: number(),
    weight: number({ nullable: true }),
    kind: category(['low', 'middle', 'high']),
    y: number(),
  },
  key: 'id',
  time: 'at',
})

const point = entity('point', { key: 'id' })
const weights = featureView('weights', { from: points, entity: point, features: ['x', 'weight'] })

const kinds = model('kinds', {
  task: 'classification',
  label: points.column('kind'),
  features: points.columns('x', 'y'),
  estimator: logisticRegression(),
  seed: 1,
})

const heights = model('heights', {
  task: 'regression',
  label: points.column('y'),
  features: points.columns('x'),
  estimator: linearRegression(),
  seed: 1,
})

const steady = flow('steady', {}, async (step) => {
  await step.ingest(points)
  await step.materialize(weights)
})

const broken = flow('broken', {}, async (step) => {
  await step.run('fail', () => {
    throw new Error('This one always fails')
  })
})

/** Holds its place for a while, so that others wait. */
const slow = flow('slow', {}, async (step) => {
  await step.run('wait', () => new Promise<void>((resolve) => setTimeout(resolve, 3_000)))
})

export default defineProject({
  name: 'measured',
  datasets: [points],
  entities: [point],
  featureViews: [weights],
  models: [kinds, heights],
  flows: [steady, broken, slow],
})
