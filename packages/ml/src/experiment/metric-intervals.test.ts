import { describe, expect, test } from 'vitest'
import { diabetes, iris } from '../../test/data-sets.js'
import { int32At, itemAt } from '../data/element.js'
import { type Table, table, textColumn } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import { deriveSeed } from '../random/derive-seed.js'
import { bootstrapInterval } from '../statistics/bootstrap.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { differenceIntervals, intervalRowsMax, metricIntervals } from './metric-intervals.js'
import { readTarget } from './read-target.js'
import { type Experiment, evaluate, runExperiment } from './run-experiment.js'
import { takeTarget } from './target-rows.js'

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
  ])('%s are those of the general bootstrap', async (_, rows, definition, metrics) => {
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
  })

  test('are left out where rows have weights, and where there are very many', async () => {
    const definition = define('progression', 'ridge')
    const experiment = await run(patients, definition)
    expect(metricIntervals(patients, { ...definition, weight: 'bmi' }, experiment)).toBeUndefined()
    const many = { ...experiment, testRows: new Int32Array(intervalRowsMax + 1) }
    expect(metricIntervals(patients, definition, many)).toBeUndefined()
  })
})

describe('differenceIntervals', () => {
  const of = async (rows: Table, definitions: readonly ExperimentDefinition[]) => {
    const [first, second] = await Promise.all(definitions.map((definition) => run(rows, definition)))
    const [definition] = definitions
    if (first === undefined || second === undefined || definition === undefined) throw new Error('two are compared')
    const target = takeTarget(readTarget(rows, definition.target, first.task), first.testRows)
    const truth =
      target.kind === 'classes'
        ? { kind: target.kind, codes: target.labels.codes }
        : { kind: target.kind, values: target.values }
    return { target, truth, first, second }
  }

  test('are those of the general bootstrap of both models on the same samples', async () => {
    const { target, truth, first, second } = await of(flowers, [
      define('species', 'gaussian_nb'),
      define('species', 'dummy_classifier'),
    ])
    const given = { first: first.predicted, second: second.predicted, seed: 5 }
    const found = differenceIntervals(truth, given)
    const accuracy = (predicted: Experiment['predicted'], sample: Int32Array) =>
      evaluate(takeTarget(target, sample), drawnPredictions(predicted, sample)).metrics.accuracy ?? Number.NaN
    const general = bootstrapInterval(
      first.testRows.length,
      (sample) => accuracy(second.predicted, sample) - accuracy(first.predicted, sample),
      { seed: 5, resamples: found.resamples },
    )
    expect(found.metrics.accuracy?.low).toBeCloseTo(general.low, 9)
    expect(found.metrics.accuracy?.high).toBeCloseTo(general.high, 9)
    expect(found.metrics.accuracy?.high).toBeLessThan(0)
    expect(found.metrics.log_loss?.low).toBeGreaterThan(0)
  })

  test('of a model with itself are nothing, and what one of them has not is absent', async () => {
    const { truth, first, second } = await of(patients, [
      define('progression', 'ridge'),
      define('progression', 'lasso'),
    ])
    const same = differenceIntervals(truth, { first: first.predicted, second: first.predicted, seed: 1 })
    expect(same.metrics.r2).toEqual({ low: 0, high: 0 })
    const other = differenceIntervals(truth, { first: first.predicted, second: second.predicted, seed: 1 })
    expect(Object.keys(other.metrics).sort()).toEqual(['mae', 'r2', 'rmse'])
    const classes = await of(flowers, [define('species', 'gaussian_nb'), define('species', 'linear_svc')])
    const mixed = { first: classes.first.predicted, second: classes.second.predicted, seed: 1 }
    expect(differenceIntervals(classes.truth, mixed).metrics.log_loss).toBeUndefined()
  })
})
