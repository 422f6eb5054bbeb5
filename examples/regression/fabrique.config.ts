import {
  boolean,
  csv,
  dataset,
  defineProject,
  expect,
  gradientBoosting,
  integer,
  linearRegression,
  model,
  number,
  randomForest,
  timestamp,
} from 'fabrique'
import { hourlyDemand } from './hourly-demand.js'

const diabetes = dataset('diabetes', csv('data/diabetes.csv'), {
  description: '442 patients: ten measurements, and how far the disease had gone a year later',
  columns: {
    age: integer({ unit: 'years', min: 0, max: 120 }),
    sex: integer({ min: 1, max: 2 }),
    bmi: number({ unit: 'kg/m²', description: 'Body mass index' }),
    bp: number({ unit: 'mmHg', description: 'Mean blood pressure' }),
    s1: number({ description: 'Total cholesterol' }),
    s2: number({ description: 'Low-density lipoproteins' }),
    s3: number({ description: 'High-density lipoproteins' }),
    s4: number({ description: 'Total cholesterol by high-density lipoproteins' }),
    s5: number({ description: 'Logarithm of triglycerides' }),
    s6: number({ description: 'Blood sugar' }),
    progression: number({ description: 'How far the disease had gone after a year' }),
  },
  expect: [expect.rowCount(100), expect.column('bmi').between(10, 70), expect.column('progression').between(0, 500)],
})

const demand = dataset('demand', hourlyDemand({ hours: 20_000, seed: 7 }), {
  description: 'The electricity that an invented town uses, by hour',
  columns: {
    at: timestamp({ description: 'Start of the hour, in UTC' }),
    temperature: number({ unit: '°C', min: -60, max: 60 }),
    holiday: boolean({ description: 'Whether it is a public holiday' }),
    demand: number({ unit: 'MWh', min: 0 }),
  },
  key: 'at',
  time: 'at',
  expect: [expect.rowCount(1000), expect.column('demand').between(0, 200)],
})

/** What the three models of the disease share. The rule decides whether a later version takes over from the champion. */
const aboutDiabetes = {
  task: 'regression',
  label: diabetes.column('progression'),
  features: diabetes.columns('age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'),
  seed: 42,
  promoteWhen: ({ candidate, champion }: { candidate: { rmse: number }; champion: { rmse: number } }) =>
    candidate.rmse <= champion.rmse,
} as const

/** What the three models of the town share: they learn from the past, and are tested on the newest 4,000 hours. */
const aboutDemand = {
  task: 'regression',
  label: demand.column('demand'),
  features: demand.columns('at', 'temperature', 'holiday'),
  split: { kind: 'time', column: demand.column('at') },
  test: 0.2,
  seed: 42,
} as const

/** For trees: the hour, the weekday and the month as numbers that they cut where it helps. */
const hourAsNumbers = [
  {
    columns: demand.columns('at'),
    steps: [{ kind: 'date_parts', params: { year: false, day: false } }],
  },
  { columns: demand.columns('temperature', 'holiday'), steps: [{ kind: 'simple_imputer' }] },
]

/** For a line: a column for each hour, weekday and month, and a curve for the temperature, since people heat and cool. */
const hourAsColumns = [
  {
    columns: demand.columns('at'),
    steps: [{ kind: 'date_parts', params: { year: false, day: false } }, { kind: 'one_hot_encoder' }],
  },
  {
    columns: demand.columns('temperature'),
    steps: [{ kind: 'polynomial_features', params: { degree: 2 } }, { kind: 'standard_scaler' }],
  },
  { columns: demand.columns('holiday'), steps: [{ kind: 'simple_imputer' }] },
]

export default defineProject({
  name: 'regression',
  description: 'Numbers instead of classes: a line, a forest and boosting compared on two data sets',
  datasets: [diabetes, demand],
  sources: [hourlyDemand],
  models: [
    model('diabetes', { ...aboutDiabetes, estimator: linearRegression() }),
    model('diabetes-forest', { ...aboutDiabetes, estimator: randomForest({ nEstimators: 200, minSamplesLeaf: 5 }) }),
    model('diabetes-boosting', {
      ...aboutDiabetes,
      estimator: gradientBoosting({ learningRate: 0.05, maxIter: 80, maxLeafNodes: 7 }),
    }),
    model('demand', { ...aboutDemand, columns: hourAsColumns, estimator: linearRegression() }),
    model('demand-forest', {
      ...aboutDemand,
      columns: hourAsNumbers,
      estimator: randomForest({ nEstimators: 50, minSamplesLeaf: 10 }),
    }),
    model('demand-boosting', {
      ...aboutDemand,
      columns: hourAsNumbers,
      estimator: gradientBoosting({ learningRate: 0.1, maxIter: 200 }),
    }),
  ],
})
