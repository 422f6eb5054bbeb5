import {
  chooseModel,
  type ExperimentDefinition,
  estimatorNamed,
  type ModelSearchDefinition,
  metricDirection,
  searchModel,
  table,
} from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { diabetes } from './data-sets.js'

const rows = table([
  ...diabetes.matrix.columns.map(({ name, values }) => ({
    kind: 'number' as const,
    name,
    values: Float64Array.from(values),
  })),
  { kind: 'number', name: 'progression', values: diabetes.target.values },
])
const definition: ExperimentDefinition = {
  target: 'progression',
  estimator: { kind: 'k_neighbors_regressor' },
  split: { kind: 'random', testShare: 0.25 },
  seed: 3,
}
const search = (given: Partial<ModelSearchDefinition> = {}, run: Partial<Parameters<typeof searchModel>[3]> = {}) =>
  searchModel(
    rows,
    definition,
    { method: 'random', trials: 8, metric: 'rmse', ...given },
    { estimators: estimatorNamed, ...run },
  )

describe('searchModel', () => {
  test('finds better parameters, and tests them on rows that no trial has seen', async () => {
    const { trials, best, experiment } = await search()
    expect(trials).toHaveLength(8)
    expect(best.value).toBe(Math.min(...trials.map(({ value }) => value ?? Infinity)))
    expect(experiment.definition.estimator.params).toMatchObject(best.parameters)
    expect(experiment.testRows).toHaveLength(111)
    expect(experiment.metrics.rmse).not.toBe(best.value)
  })

  test('a search that goes on gives what one without a break gives', async () => {
    const whole = await search()
    const rest = await search({}, { earlier: whole.trials.slice(0, 5) })
    expect(rest.trials).toEqual(whole.trials)
  })

  test('halving gives first trials a part of the rows', async () => {
    const { trials } = await search({
      method: 'halving',
      trials: 9,
      space: { n_neighbors: { kind: 'choice', values: [1, 5, 20, 40] } },
    })
    expect(trials.map(({ resource }) => resource.toFixed(2)).join(' ')).toBe(
      '0.11 0.11 0.11 0.11 0.11 0.11 0.11 0.11 0.11 0.33 0.33 0.33 1.00',
    )
  })

  test('a metric that there is not, and an estimator without parameters to search', async () => {
    await expect(search({ metric: 'f1_macro' })).rejects.toMatchObject({
      code: 'search_failed',
      message: expect.stringContaining('There is no metric f1_macro'),
    })
    const dummy = { ...definition, estimator: { kind: 'dummy_regressor' } }
    const running = searchModel(rows, dummy, { method: 'tpe', trials: 2, metric: 'r2' }, { estimators: estimatorNamed })
    await expect(running).rejects.toMatchObject({ code: 'invalid_space' })
  })
})

describe('chooseModel', () => {
  const choose = (budgetSeconds: number, tick: number) => {
    let now = 0
    const seconds = () => {
      now += tick
      return now
    }
    return chooseModel(rows, definition, { estimators: estimatorNamed, budgetSeconds, seconds })
  }

  test('the best candidate is first, and none is worse than saying the mean', async () => {
    const { leaderboard, experiment, metric } = await choose(600, 0)
    expect(metric).toBe('r2')
    const values = leaderboard
      .filter(({ state }) => state === 'finished')
      .map(({ metrics }) => metrics.r2 ?? Number.NaN)
    expect(values).toEqual(values.toSorted((a, b) => b - a))
    const dummy = leaderboard.find(({ estimator }) => estimator.kind === 'dummy_regressor')
    expect(leaderboard[0]?.metrics.r2).toBeGreaterThan(0.2 + (dummy?.metrics.r2 ?? Number.NaN))
    expect(experiment.definition.estimator.kind).toBe(leaderboard[0]?.estimator.kind)
    expect(experiment.metrics.r2).toBeGreaterThan(0.3)
  })

  test('when the time is over the rest is skipped', async () => {
    const { leaderboard } = await choose(2.5, 1)
    expect(leaderboard.filter(({ state }) => state === 'finished').length).toBeGreaterThan(0)
    expect(leaderboard.filter(({ state }) => state === 'skipped').length).toBeGreaterThan(0)
  })
})

test('directions', () => {
  expect(['rmse', 'cv_rmse_mean', 'log_loss'].map(metricDirection)).toEqual(['minimise', 'minimise', 'minimise'])
  expect(['r2', 'cv_accuracy_mean', 'roc_auc'].map(metricDirection)).toEqual(['maximise', 'maximise', 'maximise'])
})
