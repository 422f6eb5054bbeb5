import { category, csv, dataset, defineProject, expect, model, number, randomForest } from 'fabrique'

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

export default defineProject({
  name: 'iris',
  description: 'The first loop: from a CSV file to a model that answers',
  datasets: [iris],
  models: [classifier],
})
