import { describe, expect, test } from 'vitest'
import { diabetes, iris } from '../../test/data-sets.js'
import { int32At, itemAt } from '../data/element.js'
import { type Table, table, textColumn } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import { deriveSeed } from '../random/derive-seed.js'
import { bootstrapInterval } from '../statistics/bootstrap.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { intervalRowsMax, metricIntervals } from './metric-intervals.js'
import { readTarget } from './read-target.js'
import { type Experiment, evaluate, runExperiment, takeTarget } from './run-experiment.js'

const numbers = (columns: readonly { readonly name: string; readonly values: ArrayLike<number> }[]) =>
  columns.map(({ name, values }) => ({ kind: 'number' as const, name, values: Float64Array.from(values) }))
const flowers = table([
  ...numbers(iris.matrix.columns),
  textColumn(
    'species',
    Array.from(iris.target.labels.codes, (code) => iris.target.labels.classes[code] ?? ''),
  ),
])
const patients = table([
  ...numbers(diabetes.matrix.columns),
  { kind: 'number', name: 'progression', values: diabetes.target.values },
])
const define = (target: string, kind: string): ExperimentDefinition => ({
  target,
  estimator: { kind },
  split: { kind: 'random', testShare: 0.3 },
  seed: 3,
})
const run = (rows: Table, definition: ExperimentDefinition) =>
  runExperiment(rows, definition, { estimators: estimatorNamed })

const resamples = 200

const drawn = <Column extends Float32Array | Float64Array>(column: Column, rows: Int32Array) =>
  column instanceof Float32Array
    ? Float32Array.from(rows, (row) => itemAt(column, row))
    : Float64Array.from(rows, (row) => itemAt(column, row))

function drawnPredictions(predicted: Experiment['predicted'], rows: Int32Array): Experiment['predicted'] {
  if (predicted.kind === 'values') return { ...predicted, values: drawn(predicted.values, rows) }
  return {
    ...predicted,
    codes: Int32Array.from(rows, (row) => int32At(predicted.codes, row)),
    probabilities: predicted.probabilities?.map((column) => drawn(column, rows)) ?? null,
    scores: predicted.scores?.map((column) => drawn(column, rows)) ?? null,
  }
}

/** The intervals as the general bootstrap has them: the metrics of each sample by the code that reports them. */
function expected(rows: Table, definition: ExperimentDefinition, { task, predicted, testRows }: Experiment) {
  const target = takeTarget(readTarget(rows, definition.target, task), testRows)
  const samples: Readonly<Record<string, number>>[] = []
  const seed = deriveSeed(definition.seed, 11)
  const collect = (sample: Int32Array) =>
    samples.push(evaluate(takeTarget(target, sample), drawnPredictions(predicted, sample)).metrics)
  bootstrapInterval(testRows.length, collect, { seed, resamples })
  return (metric: string) => {
    let at = 0
    return bootstrapInterval(testRows.length, () => samples[at++]?.[metric] ?? Number.NaN, { seed, resamples })
  }
}

describe('metricIntervals', () => {
  test.each([
    ['of numbers', patients, define('progression', 'ridge'), ['r2', 'rmse', 'mae']],
    ['of three classes', flowers, define('species', 'gaussian_nb'), ['accuracy', 'f1_macro', 'roc_auc', 'log_loss']],
    ['of scores without probabilities', flowers, define('species', 'linear_svc'), ['accuracy', 'f1_macro', 'roc_auc']],
  ])(
    '%s are those of the general bootstrap',
    async (_, rows, definition, metrics) => {
      const experiment = await run(rows, definition)
      const found = metricIntervals(rows, definition, { ...experiment, resamples })
      expect(Object.keys(found?.metrics ?? {}).sort()).toEqual([...metrics].sort())
      expect([found?.level, found?.resamples]).toEqual([0.95, resamples])
      const general = expected(rows, definition, experiment)
      for (const metric of metrics) {
        const { low, high } = general(metric)
        expect(found?.metrics[metric]?.low, metric).toBeCloseTo(low, 9)
        expect(found?.metrics[metric]?.high, metric).toBeCloseTo(high, 9)
        expect(experiment.metrics[metric]).toBeGreaterThanOrEqual(low)
        expect(experiment.metrics[metric]).toBeLessThanOrEqual(high)
      }
    },
    30_000,
  )

  test('are left out where rows have weights, and where there are very many', async () => {
    const definition = define('progression', 'ridge')
    const experiment = await run(patients, definition)
    expect(metricIntervals(patients, { ...definition, weight: 'bmi' }, experiment)).toBeUndefined()
    const many = { ...experiment, testRows: new Int32Array(intervalRowsMax + 1) }
    expect(metricIntervals(patients, definition, many)).toBeUndefined()
  })
})
