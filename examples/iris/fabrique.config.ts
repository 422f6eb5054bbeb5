import { category, cron, csv, dataset, defineProject, expect, flow, model, number, randomForest } from 'fabrique'

const iris = dataset('iris', csv('data/iris.csv'), {
  description: 'Fisher’s Iris: 150 flowers of three species, four lengths each',
  columns: {
    sepal_length: number({ unit: 'cm' }),
    sepal_width: number({ unit: 'cm' }),
    petal_length: number({ unit: 'cm' }),
    petal_width: number({ unit: 'cm' }),
    species: category(['setosa', 'versicolor', 'virginica']),
  },
  expect: [
    expect.columns(['sepal_length', 'sepal_width', 'petal_length', 'petal_width', 'species']),
    expect.rowCount(30),
    expect.column('sepal_length').between(3, 10),
    expect.column('sepal_width').between(1, 6),
    expect.column('petal_length').between(0.5, 9),
    expect.column('petal_width').between(0, 4),
    expect.column('species').inSet(['setosa', 'versicolor', 'virginica']),
    expect.column('species').notNull(),
  ],
})

const classifier = model('iris', {
  task: 'classification',
  description: 'Species of a flower from its sepal and petal lengths',
  label: iris.column('species'),
  features: iris.columns('sepal_length', 'sepal_width', 'petal_length', 'petal_width'),
  estimator: randomForest({ nEstimators: 100 }),
  test: 0.3,
  seed: 42,
  promoteWhen: ({ candidate, champion }) => candidate.accuracy >= champion.accuracy,
})

const nightly = flow(
  'nightly',
  {
    description: 'Reads the flowers again, checks them, trains, and promotes what is no worse',
    schedule: cron('0 3 * * *', { timezone: 'Europe/Paris' }),
    timeout: '1h',
  },
  async (step) => {
    const snapshot = await step.ingest(iris)
    const checks = await step.validate(snapshot)
    if (!checks.success) throw new Error(`${checks.failed} expectations do not hold: nothing is trained`)
    return step.train(classifier, { snapshot })
  },
)

export default defineProject({
  name: 'iris',
  description: 'The first loop: from a CSV file to a model that answers',
  datasets: [iris],
  models: [classifier],
  flows: [nightly],
})
