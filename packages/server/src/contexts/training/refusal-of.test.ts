import { errorMessage } from '@fabrique/contract'
import {
  type ExperimentDefinition,
  estimatorNamed,
  MlError,
  runExperiment,
  type Table,
  table,
  textColumn,
} from '@fabrique/ml'
import { expect, test } from 'vitest'
import { refusalOf } from './refusal-of.js'

const count = 12
const numbers = (name: string, values: readonly number[]) => ({
  kind: 'number' as const,
  name,
  values: Float64Array.from(values),
})
const rowsOf = (values: readonly (string | number)[], a: (row: number) => number = Math.sin): Table =>
  table([
    numbers('a', Array.from(values.keys(), a)),
    typeof values[0] === 'number' ? numbers('y', values.map(Number)) : textColumn('y', values.map(String)),
  ])
const classes = Array.from({ length: count }, (_, row) => (row % 2 === 0 ? 'yes' : 'no'))
const many = Array.from({ length: count }, (_, row) => `c${row % 6}`)
const values = Array.from({ length: count }, (_, row) => row / 7)
const ridge = { estimator: { kind: 'ridge' } }
const nb = (params: Record<string, unknown>) => ({ estimator: { kind: 'gaussian_nb', params } })

/** What the numerics refuse, as people read it. */
async function refused(rows: Table, given: Partial<ExperimentDefinition>) {
  const definition: ExperimentDefinition = {
    target: 'y',
    estimator: { kind: 'gaussian_nb' },
    split: { kind: 'random', testShare: 0.25 },
    seed: 1,
    ...given,
  }
  const error = await runExperiment(rows, definition, { estimators: estimatorNamed }).catch((thrown: unknown) => thrown)
  if (!(error instanceof MlError)) throw new Error('It was trained')
  return refusalOf(error, definition.estimator.kind)
}

test.each<[string, Table, Partial<ExperimentDefinition>]>([
  ['the target is missing', rowsOf([1.5, Number.NaN, 2]), ridge],
  ['the target is infinite', rowsOf([1.5, 2.5, Infinity]), ridge],
  ['the target is text', rowsOf(classes), { ...ridge, task: 'regression' }],
  ['the target is a feature', rowsOf(classes), { features: ['a', 'y'] }],
  ['one class', rowsOf(classes.map(() => 'yes')), {}],
  ['a class of one row', rowsOf(['rare', ...classes]), {}],
  ['one value', rowsOf(values.map(() => 4.5)), ridge],
  ['no rows', rowsOf([]), {}],
  ['one row', rowsOf(['yes']), {}],
  ['no feature', rowsOf(classes), { features: [] }],
  ['a feature twice', rowsOf(classes), { features: ['a', 'a'] }],
  ['no column that varies', rowsOf(classes, () => 1), {}],
  ['an infinite value', rowsOf(classes, (row) => (row === 3 ? Infinity : row)), {}],
  ['too many classes for the test', rowsOf(many), {}],
  ['too many classes for the training', rowsOf(many), { split: { kind: 'random', testShare: 0.6 } }],
  ['more folds than rows', rowsOf(values), { ...ridge, folds: 50 }],
  ['more folds than rows of a class', rowsOf(classes), { folds: 8 }],
  ['an unknown step', rowsOf(classes), { columns: [{ columns: ['a'], steps: [{ kind: 'oracle' }] }] }],
  ['no such column', rowsOf(classes), { features: ['z'] }],
  ['weights of text', rowsOf(classes), { weight: 'y', features: ['a'] }],
  ['times of text', rowsOf(classes), { split: { kind: 'time', column: 'y', testShare: 0.2 } }],
  ['a calibration of numbers', rowsOf(values), { ...ridge, calibration: 'sigmoid' }],
  ['a threshold of numbers', rowsOf(values), { ...ridge, threshold: { kind: 'f1' } }],
  ['a threshold of six classes', rowsOf([...many, ...many, ...many]), { threshold: { kind: 'f1' } }],
  [
    'a threshold without probabilities',
    rowsOf(classes),
    { estimator: { kind: 'linear_svc' }, threshold: { kind: 'fixed', value: 0.5 } },
  ],
  [
    'a calibration of a class with one row',
    rowsOf(['rare', 'rare', ...classes, ...classes]),
    { calibration: 'sigmoid', split: { kind: 'random', testShare: 0.5 } },
  ],
  [
    'a calibration of few groups',
    rowsOf(classes, (row) => row % 4),
    { calibration: 'sigmoid', features: ['a'], split: { kind: 'group', column: 'a', testShare: 0.25 } },
  ],
  ['another task', rowsOf(classes), ridge],
  ['a regression of classes', rowsOf(values), {}],
  ['an unknown parameter', rowsOf(classes), nb({ trees: 1 })],
  ['a value out of range', rowsOf(classes), nb({ var_smoothing: -1 })],
  [
    'a value of another kind',
    rowsOf(values),
    { estimator: { kind: 'random_forest_regressor', params: { max_features: 'x' } } },
  ],
])('%s is told in French too', async (_, rows, given) => {
  const error = await refused(rows, given)
  const french = errorMessage(error, 'fr')
  expect(error.params.reason_fr).toBeTypeOf('string')
  expect(french).not.toMatch(/\$\d|\{\w+\}| [:;!?]|'/)
  expect(french).not.toMatch(/\b(?:the|rows?|must|give|leave|holds|there|whole|number)\b/i)
  // The same values in both.
  const told = (text: string) => new Set(text.match(/"[^"]*"|\d+(?:\.\d+)?/g))
  for (const value of told(String(error.params.reason_fr))) expect(String(error.params.reason)).toContain(value)
})

test('what cannot be decided is an error of its own', async () => {
  expect(await refused(rowsOf(values), { ...ridge, calibration: 'isotonic' })).toMatchObject({
    code: 'calibration_needs_classifier',
  })
  expect(await refused(rowsOf(values), { ...ridge, threshold: { kind: 'f1' } })).toMatchObject({
    code: 'threshold_needs_two_classes',
  })
})

test('only what a parameter is about is an error of a parameter', async () => {
  expect(await refused(rowsOf(classes), nb({ var_smoothing: -1 }))).toMatchObject({
    code: 'estimator_param_invalid',
    params: { param: 'var_smoothing' },
  })
  expect(await refused(rowsOf(classes), nb({ trees: 1 }))).toMatchObject({ params: { param: 'trees' } })
  for (const message of ['There is no metric r2: there are accuracy', 'Folds go with a split by chance, not by time']) {
    expect(refusalOf(new MlError('invalid_parameter', message), 'ridge')).toMatchObject({ code: 'training_refused' })
  }
})
