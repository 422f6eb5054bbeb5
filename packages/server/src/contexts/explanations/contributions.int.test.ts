import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ExperimentDefinition,
  estimatorNamed,
  exportExperiment,
  runExperiment,
  type Table,
  table,
  takeTableRows,
  textColumn,
} from '@fabrique/ml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findContributions } from './contributions.js'
import { classCodesOf } from './explain-table.js'
import { type ExplainedModel, openExplained } from './explained-model.js'

let folder = ''
const open: ExplainedModel[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-contributions-'))
})
afterAll(async () => {
  await Promise.all(open.map((model) => model.release()))
  await rm(folder, { recursive: true, force: true })
})

const count = 240
const number = (name: string, make: (row: number) => number) => ({
  kind: 'number' as const,
  name,
  values: Float64Array.from({ length: count }, (_, row) => make(row)),
})
const hours = (row: number) => (row * 37) % 101
const calls = (row: number) => (row * 53) % 29
const plans = ['basic', 'plus', 'max']
const plan = (row: number) => plans[row % 3] ?? ''
const level = (row: number) => hours(row) + 12 * (row % 3) + ((row * 71) % 41)
const text = (name: string, make: (row: number) => string | null) =>
  textColumn(
    name,
    Array.from({ length: count }, (_, row) => make(row)),
  )
const rows = table([
  number('hours', (row) => (row % 17 === 0 ? Number.NaN : hours(row))),
  number('calls', calls),
  text('plan', (row) => (row % 23 === 0 ? null : plan(row))),
  text('state', (row) => (level(row) < 70 ? 'left' : 'stayed')),
  text('tier', (row) => (level(row) < 55 ? 'low' : level(row) < 95 ? 'middle' : 'high')),
  number('spent', (row) => level(row) / 10 + 0.5 * calls(row)),
])
const explained = takeTableRows(
  rows,
  Int32Array.from({ length: 12 }, (_, row) => 19 * row),
)
const background = takeTableRows(
  rows,
  Int32Array.from({ length: 60 }, (_, row) => 4 * row),
)

async function openTrained(target: string, kind: string, more: Partial<ExperimentDefinition> = {}, params = {}) {
  const definition: ExperimentDefinition = {
    target,
    features: ['hours', 'calls', 'plan'],
    estimator: { kind, params },
    split: { kind: 'random', testShare: 0.2 },
    seed: 3,
    ...more,
  }
  const experiment = await runExperiment(rows, definition, { estimators: estimatorNamed, threads: 0 })
  const file = join(folder, `${target}-${kind}-${open.length}.onnx`)
  await writeFile(file, exportExperiment(experiment, estimatorNamed, { target }))
  const task = target === 'spent' ? ('regression' as const) : ('classification' as const)
  const features = [
    { name: 'hours', type: 'number' as const },
    { name: 'calls', type: 'number' as const },
    { name: 'plan', type: 'text' as const },
  ]
  const signature = { task, features, target: { name: target, classes: [...experiment.classes] } }
  const model = await openExplained({ file, signature }, 1)
  open.push(model)
  return model
}

const logistic = (value: number) => 1 / (1 + Math.exp(-value))

/** What base and contributions add up to, by output and row. */
async function totals(model: ExplainedModel, given: Table = explained) {
  const own = model.rowsOf(given)
  const found = await findContributions(model, own, {
    background: model.rowsOf(background),
    classCodes: classCodesOf(undefined, model),
    seed: 1,
  })
  const sums = found.outputs.map(({ base, byInput }) =>
    Array.from({ length: given.rowCount }, (_, row) =>
      byInput.reduce((sum, values) => sum + (values[row] ?? Number.NaN), base),
    ),
  )
  return { ...found, sums, said: await model.outputs(own) }
}

function expectClose(found: readonly number[] | undefined, said: ArrayLike<number> | undefined, tolerance = 1e-6) {
  expect(found?.length).toBe(said?.length)
  for (const [row, value] of (found ?? []).entries()) {
    const other = said?.[row] ?? Number.NaN
    expect(Math.abs(value - other)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(other)))
  }
}

const few = { n_estimators: 10 }
const boosted = { max_iter: 12, min_samples_leaf: 5 }

describe('contributions that are exact', () => {
  test.each([
    ['random_forest_classifier', 'state', few],
    ['random_forest_classifier', 'tier', few],
    ['extra_trees_classifier', 'tier', few],
    ['decision_tree_classifier', 'state', {}],
  ])('%s of %s: they add up to the probabilities', async (kind, target, params) => {
    const { method, outputs, sums, said } = await totals(await openTrained(target, kind, {}, params))
    expect({ method, kinds: new Set(outputs.map(({ output }) => output)) }).toEqual({
      method: 'tree',
      kinds: new Set(['probability']),
    })
    for (const [index, { classCode = 0 }] of outputs.entries()) expectClose(sums[index], said[classCode])
  })

  test.each([
    ['random_forest_regressor', few, 'tree'],
    ['hist_gradient_boosting_regressor', boosted, 'tree'],
    ['ridge', {}, 'linear'],
    ['huber_regressor', {}, 'linear'],
  ])('%s: they add up to the value', async (kind, params, wanted) => {
    const { method, outputs, sums, said } = await totals(await openTrained('spent', kind, {}, params))
    expect([method, outputs[0]?.output, outputs[0]?.classCode]).toEqual([wanted, 'value', undefined])
    expectClose(sums[0], said[0])
  })

  test.each([
    ['hist_gradient_boosting_classifier', boosted, 'tree'],
    ['logistic_regression', {}, 'linear'],
  ])('%s of two classes: they add up to the log-odds of the second', async (kind, params, wanted) => {
    const { method, outputs, sums, said } = await totals(await openTrained('state', kind, {}, params))
    expect([method, outputs[0]?.output, outputs[0]?.classCode]).toEqual([wanted, 'log_odds', 1])
    expectClose(sums[0]?.map(logistic), said[1])
  })

  test.each([
    ['hist_gradient_boosting_classifier', boosted, 'tree'],
    ['logistic_regression', {}, 'linear'],
  ])('%s of three classes: a softmax makes the probabilities of their scores', async (kind, params, wanted) => {
    const { method, outputs, sums, said } = await totals(await openTrained('tier', kind, {}, params))
    expect([method, outputs[0]?.output, outputs.length]).toEqual([wanted, 'score', 3])
    const shares = (sums[0] ?? []).map((_, row) => {
      const powers = sums.map((own) => Math.exp(own[row] ?? Number.NaN))
      return (powers[0] ?? 0) / powers.reduce((sum, power) => sum + power, 0)
    })
    expectClose(shares, said[0])
  })

  test('counts of a Poisson loss: their logarithm; a support vector machine: its scores', async () => {
    const counts = await totals(
      await openTrained('spent', 'hist_gradient_boosting_regressor', {}, { ...boosted, loss: 'poisson' }),
    )
    expect([counts.method, counts.outputs[0]?.output]).toEqual(['tree', 'score'])
    expectClose(counts.sums[0]?.map(Math.exp), counts.said[0])
    const vectors = await totals(await openTrained('state', 'linear_svc'))
    expect([vectors.method, vectors.outputs[0]?.output]).toEqual(['linear', 'score'])
    expectClose(vectors.sums[0], vectors.said[1])
  })
})

describe('contributions that are estimated', () => {
  test.each([
    ['k_neighbors_classifier', 'state', {}],
    ['gaussian_nb', 'tier', {}],
    ['random_forest_classifier', 'state', { calibration: 'sigmoid' }],
    ['random_forest_classifier', 'state', { calibration: 'isotonic' }],
    ['ridge', 'spent', { featureSteps: [{ kind: 'pca', params: { n_components: 2 } }] }],
  ] as const)('%s of %s %j: they add up to what the file says', async (kind, target, more) => {
    const { method, outputs, sums, said } = await totals(
      await openTrained(target, kind, more as Partial<ExperimentDefinition>),
    )
    expect(method).toBe('sampling')
    expect(outputs[0]?.output).toBe(target === 'spent' ? 'value' : 'probability')
    for (const [index, { classCode = 0, errors }] of outputs.entries()) {
      expectClose(sums[index], said[classCode])
      expect(errors?.every((values) => values.every((error) => error >= 0))).toBe(true)
    }
  })

  test('of a linear model they are those that are exact', async () => {
    const exact = await openTrained('spent', 'ridge')
    const own = await totals(exact)
    const blind: ExplainedModel = { ...exact, exact: null }
    const sampled = await totals(blind)
    expect([own.method, sampled.method]).toEqual(['linear', 'sampling'])
    for (const [input, values] of (own.outputs[0]?.byInput ?? []).entries()) {
      expectClose([...(sampled.outputs[0]?.byInput[input] ?? [])], values, 1e-4)
    }
  })

  test('without a background they are refused, and trees are explained all the same', async () => {
    const near = await openTrained('state', 'k_neighbors_classifier')
    const asked = { background: undefined, classCodes: [1], seed: 1 }
    await expect(findContributions(near, near.rowsOf(explained), asked)).rejects.toMatchObject({
      code: 'explanation_refused',
    })
    const forest = await openTrained('state', 'random_forest_classifier', {}, few)
    expect(await findContributions(forest, forest.rowsOf(explained), asked)).toMatchObject({ method: 'tree' })
  })
})
