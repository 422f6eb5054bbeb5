import { dataset, defineProject, expect, integer, logisticRegression, model, number, synthetic } from 'fabrique'

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

export default defineProject({
  name: 'synthetic',
  description: 'A small prediction API on data of its own: generate, retrain, predict',
  datasets: [points],
  models: [classifier],
})
